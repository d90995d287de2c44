"""Generate the contents of a card: the holder, numbers, dates and the answer expected for one side."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.permits import PermitType, Side
from specimens.cards import document_numbers, holders, mrz
from specimens.cards.card import EDITIONS, RESIDENCE_TITLES, TITLES, Card, CardSide, Edition

REFERENCE_DAY: Final = date(2026, 11, 15)
"""The day around which validity periods are drawn. It is fixed so that a seed always gives the same card."""

_PLACES_OF_ISSUE: Final = ("北京", "上海", "广东", "福建", "浙江", "江苏", "四川", "湖北")
_RESIDENCE_PREFIXES: Final = {"HK": "810000", "MO": "820000", "TW": "830000"}
_SECOND_AUTHORITY_SINCE: Final = date(2019, 1, 1)
_ADULT: Final = 18
"""Age in years from which a Hong Kong or Macao resident's permit has the longer validity."""
_EXIT_ENTRY_ADULT: Final = 16
"""The same for the exit-entry permit."""


@dataclass(frozen=True, slots=True)
class Period:
    """A validity period, both days inclusive."""

    start: date
    end: date

    def __str__(self) -> str:
        """Return the period as printed: ``2018.10.09-2028.10.08``."""
        return f"{self.start:%Y.%m.%d}-{self.end:%Y.%m.%d}"


def travel_period(start: date, years: int) -> Period:
    """Return the validity of a travel permit: it ends one day before the anniversary."""
    return Period(start, date(start.year + years, start.month, start.day) - timedelta(days=1))


def residence_period(start: date) -> Period:
    """Return the validity of a residence permit: five years, ending on the anniversary."""
    return Period(start, date(start.year + 5, start.month, start.day))


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSpec:
    """What is fixed about a card; the rest is drawn at random."""

    card_side: CardSide
    edition: Edition | None = None
    """``None`` draws one of ``EDITIONS``."""
    start: date | None = None
    """First day of validity."""


def generate_card(random: Random, spec: CardSpec) -> Card:
    """Generate one card side."""
    match spec.card_side.permit_type:
        case PermitType.RESIDENCE_PERMIT:
            return _residence(random, spec, _edition(random, spec))
        case PermitType.HK_MACAO_PERMIT:
            return _hk_macao(random, spec, _edition(random, spec))
        case PermitType.TAIWAN_PERMIT:
            return _taiwan(random, spec, _edition(random, spec))
        case PermitType.EXIT_ENTRY_PERMIT:
            return _exit_entry(random, spec)


def _edition(random: Random, spec: CardSpec) -> Edition:
    editions = EDITIONS[spec.card_side.permit_type]
    return spec.edition or random.choices(tuple(editions), weights=tuple(editions.values()))[0]


def _start(random: Random, spec: CardSpec, *, years: int, first: date, last: date = REFERENCE_DAY) -> date:
    """Return the first day of validity: the specified day or a random one, never 29 February.

    Two in three permits are valid on the reference day. ``first`` and ``last`` bound the days on which the edition was
    issued.
    """
    if spec.start is not None:
        return spec.start
    since = last - timedelta(days=365 * (years if random.random() < 0.67 else years + 4))
    earliest = max(first, since)
    day = earliest + timedelta(days=random.randrange((last - earliest).days))
    return day if (day.month, day.day) != (2, 29) else day - timedelta(days=1)


def _central_authority(random: Random, issued: date) -> str:
    """Return the issuing authority of a travel permit; the second one exists since the 2018 administrative reform."""
    if issued < _SECOND_AUTHORITY_SINCE:
        return "公安部出入境管理局"
    return random.choice(("公安部出入境管理局", "中华人民共和国出入境管理局"))


def _age(random: Random) -> int:
    """Draw an age in years; one holder in seven is a child."""
    return random.randint(1, 17) if random.random() < 0.14 else random.randint(18, 84)


def _residence(random: Random, spec: CardSpec, edition: Edition) -> Card:
    region = random.choice(("HK", "HK", "MO", "TW"))
    period = residence_period(_start(random, spec, years=5, first=date(2018, 9, 1)))
    home = holders.residence(random)
    if spec.card_side.side is Side.BACK:
        number, issues = _travel_permit_fields(random, edition, region)
        back = ResidencePermitAnswer(
            CardType=1, ValidDate=str(period), Authority=home.authority, PassNo=number, VisaNum=issues
        )
        return Card(card_side=spec.card_side, edition=edition, answer=back, title=RESIDENCE_TITLES[region])
    born = holders.birth_date(random, age=_age(random), on=period.start)
    person = holders.chinese_holder(random, birth=born, region=region)
    prefix = _RESIDENCE_PREFIXES[region]
    front = ResidencePermitAnswer(
        Name=person.simplified if random.random() < 0.75 else person.traditional,
        Sex=person.sex,
        Birth=f"{born.year}/{born.month}/{born.day}",
        Address=home.address,
        IdCardNo=document_numbers.resident_number(random, prefix=prefix, birth=born, sex=person.sex),
        CardType=0,
    )
    return Card(card_side=spec.card_side, edition=Edition.CURRENT, answer=front)


def _travel_permit_fields(random: Random, edition: Edition, region: str) -> tuple[str, str]:
    """Return the travel permit number and issue count that the back of a residence permit shows."""
    if edition is Edition.NO_PERMIT:
        return "", ""
    digits = f"{random.randrange(100_000_000):08d}"
    return digits if region == "TW" else region[0] + digits, f"{_issue_count(random):02d}"


def _issue_count(random: Random) -> int:
    """Draw an issue count; 0 is the first issue."""
    return random.randint(0, 12) if random.random() < 0.4 else random.randint(0, 3)


def _hk_macao(random: Random, spec: CardSpec, edition: Edition) -> Card:
    region, age = random.choice(("HK", "HK", "MO")), _age(random)
    period = _hk_macao_period(random, spec, edition, age)
    born = holders.birth_date(random, age=age, on=period.start)
    issues, number = _issue_count(random), f"{region[0]}{random.randrange(100_000_000):08d}"
    title = TITLES[PermitType.HK_MACAO_PERMIT]
    if edition is Edition.NON_CHINESE:
        number, title = f"{region[0]}A{number[2:]}", f"{title}（非中国籍）"
        person = holders.foreign_holder(random, birth=born)
    else:
        person = holders.chinese_holder(random, birth=born, region=region)
    if edition is Edition.OF_1999:
        number += f"{issues:02d}"
    if spec.card_side.side is Side.BACK:
        identity = document_numbers.local_identity(random, region)
        data = mrz.PermitData(number=number, issues=issues, expiry=period.end, person=person, identity=identity)
        return _hk_macao_back(random, edition, title, data)
    front = MainlandPermitAnswer(
        Name=_front_name(random, person),
        EnglishName=person.romanised,
        Sex=person.sex,
        Birthday=f"{born:%Y.%m.%d}",
        IssueAuthority=_central_authority(random, period.start),
        ValidDate=str(period),
        Number=number,
        IssueNumber="" if edition is Edition.OF_1999 else f"{issues:02d}",
        Type=title,
        Nationality=person.nationality,
        MainlandTravelPermitBackInfos=MainlandPermitBack(Type=title),
    )
    return Card(card_side=spec.card_side, edition=edition, answer=front, title=title)


def _front_name(random: Random, person: holders.Holder) -> str:
    """Return the Chinese name as a front prints it; the non-Chinese edition may have it only on the back."""
    if person.nationality and random.random() < 0.5:
        return ""
    return person.simplified if random.random() < 0.6 else person.traditional


def _hk_macao_period(random: Random, spec: CardSpec, edition: Edition, age: int) -> Period:
    """Return the validity: 1999 edition 10 years (3 under 18); current 10 (5 under 18); non-Chinese 5, since 2024."""
    if edition is Edition.OF_1999:
        start = _start(random, spec, years=12, first=date(1999, 1, 15), last=date(2012, 12, 28))
        return travel_period(start, 3 if age < _ADULT else 10)
    if edition is Edition.NON_CHINESE:
        return travel_period(_start(random, spec, years=5, first=date(2024, 7, 10)), 5)
    years = 5 if age < _ADULT else 10
    return travel_period(_start(random, spec, years=years, first=date(2013, 1, 2)), years)


_MRZ_CODES: Final = {Edition.CURRENT: "CR", Edition.NON_CHINESE: "CF"}


def _hk_macao_back(random: Random, edition: Edition, title: str, data: mrz.PermitData) -> Card:
    person = data.person
    if edition is Edition.OF_1999:
        lines = mrz.permit_back_lines_1999(data)
    else:
        lines = mrz.permit_back_lines(_MRZ_CODES[edition], data)
    if edition is Edition.NON_CHINESE:
        name = person.traditional or person.romanised
    else:
        name = person.traditional if random.random() < 0.7 else person.simplified
    infos = MainlandPermitBack(
        Type=title, Name=name, IDNumber=data.identity, HistoryNumber=_earlier_number(random, edition, data)
    )
    return Card(
        card_side=CardSide.HK_MACAO_BACK,
        edition=edition,
        answer=MainlandPermitAnswer(Type=title, MainlandTravelPermitBackInfos=infos),
        title=title if edition is Edition.NON_CHINESE or random.random() < 0.8 else "",
        mrz=lines,
    )


def _earlier_number(random: Random, edition: Edition, data: mrz.PermitData) -> str:
    """Return the number of the permit before this one; the first issue has none."""
    if edition is not Edition.CURRENT or data.issues == 0:
        return ""
    if random.random() < 0.5:
        return f"{data.number}{data.issues - 1:02d}"
    return f"{data.number[0]}{random.randrange(100_000_000):08d}"


def _taiwan(random: Random, spec: CardSpec, edition: Edition) -> Card:
    if edition is Edition.TEN_DIGITS:
        start = _start(random, spec, years=8, first=date(2008, 1, 15), last=date(2015, 9, 18))
        number = f"{random.randrange(10_000_000_000):010d}"
        number += f"({random.choice('ABCDEFGH')})" if random.random() < 0.4 else ""
    else:
        start = _start(random, spec, years=5, first=date(2015, 9, 21))
        number = f"{random.randrange(100_000_000):08d}"
    period = travel_period(start, 5)
    born = holders.birth_date(random, age=_age(random), on=period.start)
    person = holders.chinese_holder(random, birth=born, region="TW")
    title = TITLES[PermitType.TAIWAN_PERMIT]
    front = MainlandPermitAnswer(
        Name=person.traditional if random.random() < 0.6 else person.simplified,
        EnglishName=person.romanised,
        Sex=person.sex,
        Birthday=f"{born:%Y.%m.%d}",
        IssueAuthority=_central_authority(random, period.start),
        ValidDate=str(period),
        Number=number,
        IssueAddress=random.choice(_PLACES_OF_ISSUE),
        IssueNumber=f"{_issue_count(random):02d}",
        Type=title,
        MainlandTravelPermitBackInfos=MainlandPermitBack(Type=title),
    )
    return Card(card_side=spec.card_side, edition=edition, answer=front, title=title)


def _exit_entry(random: Random, spec: CardSpec) -> Card:
    age = _age(random)
    years = 5 if age < _EXIT_ENTRY_ADULT else 10
    period = travel_period(_start(random, spec, years=years, first=date(2014, 9, 15)), years)
    born = holders.birth_date(random, age=age, on=period.start)
    person = holders.chinese_holder(random, birth=born, region="CN")
    number = document_numbers.exit_entry_number(random, issued=period.start)
    title = TITLES[PermitType.EXIT_ENTRY_PERMIT]
    front = MainlandPermitAnswer(
        Name=person.simplified,
        EnglishName=person.romanised,
        Sex=person.sex,
        Birthday=f"{born:%Y.%m.%d}",
        IssueAuthority=_central_authority(random, period.start),
        ValidDate=str(period),
        Number=number,
        IssueAddress=random.choice(_PLACES_OF_ISSUE),
        Type=title,
        MainlandTravelPermitBackInfos=MainlandPermitBack(Type=title),
    )
    line = mrz.exit_entry_line(number=number, expiry=period.end, birth=born)
    return Card(card_side=spec.card_side, edition=Edition.CURRENT, answer=front, title=title, mrz=(line,))

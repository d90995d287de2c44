"""What a card says: the answer an OCR action should give for one face, and what is printed there besides."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Final

from permit_ocr.domain.card.answers import Answer, MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.permits import Kind, PermitType, Side
from specimens import holder, numbers
from specimens.chance import happens

REFERENCE_DAY: Final = date(2026, 11, 15)
"""The day around which periods are drawn. Fixed, so that a seed gives the same card for ever."""


class Face(StrEnum):
    """The six combinations of document and side that the two actions read."""

    RESIDENCE_FRONT = "residence-permit-front"
    RESIDENCE_BACK = "residence-permit-back"
    HK_MACAO_FRONT = "hk-macao-permit-front"
    HK_MACAO_BACK = "hk-macao-permit-back"
    TAIWAN_FRONT = "taiwan-permit-front"
    EXIT_ENTRY_FRONT = "exit-entry-permit-front"

    @property
    def kind(self) -> Kind:
        """The action's family."""
        return Kind.RESIDENCE_PERMIT if self.value.startswith(PermitType.RESIDENCE_PERMIT) else Kind.MAINLAND_PERMIT

    @property
    def side(self) -> Side:
        """The side of the card."""
        return Side(self.value.rpartition("-")[2])

    @property
    def permit_type(self) -> PermitType:
        """The document."""
        return PermitType(self.value.rpartition("-")[0])


class Edition(StrEnum):
    """Editions that differ in what is printed."""

    CURRENT = "current"
    OF_1999 = "1999"
    """Hong Kong and Macao: the count of issues is the end of the number."""
    NON_CHINESE = "non-chinese"
    """Hong Kong and Macao: prints a nationality."""
    TEN_DIGITS = "ten-digits"
    """Taiwan: numbers from before the card of 2015, at times with a sign in parentheses."""
    NO_PERMIT = "no-permit"
    """Residence permit: the holder has no travel permit, and zeros or nothing stand on the back in its place."""


EDITIONS: Final = {
    PermitType.RESIDENCE_PERMIT: {Edition.CURRENT: 12, Edition.NO_PERMIT: 1},
    PermitType.HK_MACAO_PERMIT: {Edition.CURRENT: 7, Edition.OF_1999: 2, Edition.NON_CHINESE: 2},
    PermitType.TAIWAN_PERMIT: {Edition.CURRENT: 5, Edition.TEN_DIGITS: 1},
    PermitType.EXIT_ENTRY_PERMIT: {Edition.CURRENT: 1},
}
"""The editions of each document and how often they are drawn, one against the other."""


HK_MACAO_TITLE: Final = "港澳居民来往内地通行证"
TITLES: Final = {
    PermitType.RESIDENCE_PERMIT: "港澳台居民居住证",
    PermitType.HK_MACAO_PERMIT: HK_MACAO_TITLE,
    PermitType.TAIWAN_PERMIT: "台湾居民来往大陆通行证",
    PermitType.EXIT_ENTRY_PERMIT: "往来港澳通行证",
}
_PLACES_OF_ISSUE: Final = ("北京", "上海", "广东", "福建", "浙江", "江苏", "四川", "湖北")
_RESIDENCE_PREFIXES: Final = {"HK": "810000", "MO": "820000", "TW": "830000"}
_SECOND_AUTHORITY_SINCE: Final = date(2019, 1, 1)
_ADULT: Final = 18
"""Age in years from which a Hong Kong or Macao resident's permit runs for the longer term."""
_EXIT_ENTRY_ADULT: Final = 16
"""The same for the exit-entry permit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One face of one card. What is printed is taken from the answer: the truth cannot differ from the picture."""

    face: Face
    edition: Edition
    answer: Answer
    mrz: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """A validity period, both days inclusive."""

    start: date
    end: date

    def __str__(self) -> str:
        """Return the period as printed: ``2018.10.09-2028.10.08``."""
        return f"{self.start:%Y.%m.%d}-{self.end:%Y.%m.%d}"


def travel_period(start: date, years: int) -> Period:
    """Return the period of a travel permit: so many years less a day."""
    return Period(start, date(start.year + years, start.month, start.day) - timedelta(days=1))


def residence_period(start: date) -> Period:
    """Return the period of a residence permit: five years, ending on the same day of the year."""
    return Period(start, date(start.year + 5, start.month, start.day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a card shall be, as far as chance does not decide it."""

    face: Face
    edition: Edition | None = None
    """None draws one of ``EDITIONS``."""
    start: date | None = None
    """First day of validity."""


def draw_card(random: Random, order: Order) -> Card:
    """Draw the facts of one face."""
    match order.face.permit_type:
        case PermitType.RESIDENCE_PERMIT:
            return _residence(random, order, _edition(random, order))
        case PermitType.HK_MACAO_PERMIT:
            return _hk_macao(random, order, _edition(random, order))
        case PermitType.TAIWAN_PERMIT:
            return _taiwan(random, order, _edition(random, order))
        case PermitType.EXIT_ENTRY_PERMIT:
            return _exit_entry(random, order)


def _edition(random: Random, order: Order) -> Edition:
    editions = EDITIONS[order.face.permit_type]
    return order.edition or random.choices(tuple(editions), weights=tuple(editions.values()))[0]


def _start(random: Random, order: Order, *, years: int, first: date, last: date = REFERENCE_DAY) -> date:
    """Return the day ordered, or draw one, never 29 February; two in three permits are valid on the reference day.

    ``first`` and ``last`` bound the days on which the edition was issued.
    """
    if order.start is not None:
        return order.start
    since = last - timedelta(days=365 * (years if happens(random, 0.67) else years + 4))
    earliest = max(first, since)
    day = earliest + timedelta(days=random.randrange((last - earliest).days))
    return day if (day.month, day.day) != (2, 29) else day - timedelta(days=1)


def _central_authority(random: Random, issued: date) -> str:
    """Return the authority of a travel permit; the second one came with the immigration administration of 2018."""
    if issued < _SECOND_AUTHORITY_SINCE:
        return "公安部出入境管理局"
    return random.choice(("公安部出入境管理局", "中华人民共和国出入境管理局"))


def _age(random: Random) -> int:
    """Draw an age in years: one holder in seven is a child."""
    return random.randint(1, 17) if happens(random, 0.14) else random.randint(18, 84)


def _residence(random: Random, order: Order, edition: Edition) -> Card:
    region = random.choice(("HK", "HK", "MO", "TW"))
    period = residence_period(_start(random, order, years=5, first=date(2018, 9, 1)))
    home = holder.residence(random)
    if order.face.side is Side.BACK:
        number, issues = _permit_shown(random, edition, region)
        back = ResidencePermitAnswer(
            CardType=1, ValidDate=str(period), Authority=home.authority, PassNo=number, VisaNum=issues
        )
        return Card(face=order.face, edition=edition, answer=back)
    born = holder.birth_of(random, age=_age(random), on=period.start)
    person = holder.chinese_holder(random, birth=born, region=region)
    prefix = _RESIDENCE_PREFIXES[region]
    front = ResidencePermitAnswer(
        Name=person.simplified if happens(random, 0.75) else person.traditional,
        Sex=person.sex,
        Birth=f"{born.year}/{born.month}/{born.day}",
        Address=home.address,
        IdCardNo=numbers.resident_number(random, prefix=prefix, birth=born, sex=person.sex),
        CardType=0,
    )
    return Card(face=order.face, edition=Edition.CURRENT, answer=front)


def _permit_shown(random: Random, edition: Edition, region: str) -> tuple[str, str]:
    """Return number and count of issues of the travel permit, as the back of a residence permit shows them."""
    if edition is Edition.NO_PERMIT:
        return random.choice((("000", "0"), ("", "")))
    digits, issues = f"{random.randrange(100_000_000):08d}", random.randint(1, 9)
    return digits if region == "TW" else region[0] + digits, random.choice((f"{issues}", f"{issues:02d}"))


def _hk_macao(random: Random, order: Order, edition: Edition) -> Card:
    region, age = random.choice(("HK", "HK", "MO")), _age(random)
    period = _hk_macao_period(random, order, edition, age)
    born = holder.birth_of(random, age=age, on=period.start)
    if edition is Edition.NON_CHINESE:
        issue, number = 1, f"{region[0]}A{random.randrange(10_000_000):07d}"
        person = holder.foreign_holder(random, birth=born)
    else:
        issue, number = random.randint(1, 6), f"{region[0]}{random.randrange(100_000_000):08d}"
        person = holder.chinese_holder(random, birth=born, region=region)
    if edition is Edition.OF_1999:
        number += f"{issue:02d}"
    title = HK_MACAO_TITLE + ("（非中国籍）" if edition is Edition.NON_CHINESE else "")
    if order.face.side is Side.BACK:
        code = "C" if edition is Edition.OF_1999 else "CR"
        optional = "" if edition is Edition.OF_1999 else f"{issue:02d}"
        lines = numbers.card_lines(code, number, person, period.end, optional)
        back = _hk_macao_back(random, title, person, region, issue)
        return Card(face=order.face, edition=edition, answer=back, mrz=lines)
    front = MainlandPermitAnswer(
        Name=person.simplified if happens(random, 0.6) else person.traditional,
        EnglishName=person.romanised,
        Sex=person.sex,
        Birthday=f"{born:%Y.%m.%d}",
        IssueAuthority=_central_authority(random, period.start),
        ValidDate=str(period),
        Number=number,
        IssueNumber="" if edition is Edition.OF_1999 else f"{issue:02d}",
        Type=title,
        Nationality=person.nationality,
        MainlandTravelPermitBackInfos=MainlandPermitBack(Type=title),
    )
    return Card(face=order.face, edition=edition, answer=front)


def _hk_macao_period(random: Random, order: Order, edition: Edition, age: int) -> Period:
    """Terms: 1999 edition 10 years, 3 under 18; current 10, 5 under 18; not Chinese citizens 5, since 2024-07-10."""
    if edition is Edition.OF_1999:
        start = _start(random, order, years=12, first=date(1999, 1, 15), last=date(2012, 12, 28))
        return travel_period(start, 3 if age < _ADULT else 10)
    if edition is Edition.NON_CHINESE:
        return travel_period(_start(random, order, years=5, first=date(2024, 7, 10)), 5)
    years = 5 if age < _ADULT else 10
    return travel_period(_start(random, order, years=years, first=date(2013, 1, 2)), years)


def _hk_macao_back(random: Random, title: str, person: holder.Holder, region: str, issue: int) -> MainlandPermitAnswer:
    identity = numbers.hong_kong_identity(random) if region == "HK" else numbers.macao_identity(random)
    before = f"{region[0]}{random.randrange(100_000_000):08d}{issue - 1:02d}"
    infos = MainlandPermitBack(
        Type=title,
        Name=person.traditional or person.romanised,
        IDNumber=identity,
        HistoryNumber="" if issue == 1 else before,
    )
    return MainlandPermitAnswer(Type=title, MainlandTravelPermitBackInfos=infos)


def _taiwan(random: Random, order: Order, edition: Edition) -> Card:
    if edition is Edition.TEN_DIGITS:
        start = _start(random, order, years=8, first=date(2008, 1, 15), last=date(2015, 9, 18))
        number = f"{random.randrange(10_000_000_000):010d}"
        number += f"({random.choice('ABCDEFGH')})" if happens(random, 0.4) else ""
    else:
        start = _start(random, order, years=5, first=date(2015, 9, 21))
        number = f"{random.randrange(100_000_000):08d}"
    period = travel_period(start, 5)
    born = holder.birth_of(random, age=_age(random), on=period.start)
    person = holder.chinese_holder(random, birth=born, region="TW")
    title = TITLES[PermitType.TAIWAN_PERMIT]
    front = MainlandPermitAnswer(
        Name=person.traditional if happens(random, 0.6) else person.simplified,
        EnglishName=person.romanised,
        Sex=person.sex,
        Birthday=f"{born:%Y.%m.%d}",
        IssueAuthority=_central_authority(random, period.start),
        ValidDate=str(period),
        Number=number,
        IssueAddress=random.choice(_PLACES_OF_ISSUE),
        IssueNumber=f"{random.randint(1, 12):02d}",
        Type=title,
        MainlandTravelPermitBackInfos=MainlandPermitBack(Type=title),
    )
    return Card(face=order.face, edition=edition, answer=front)


def _exit_entry(random: Random, order: Order) -> Card:
    age = _age(random)
    years = 5 if age < _EXIT_ENTRY_ADULT else 10
    period = travel_period(_start(random, order, years=years, first=date(2014, 9, 15)), years)
    born = holder.birth_of(random, age=age, on=period.start)
    person = holder.chinese_holder(random, birth=born, region="CN")
    number = numbers.exit_entry_number(random, issued=period.start)
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
    line = numbers.exit_entry_line(number=number, expiry=period.end, birth=born)
    return Card(face=order.face, edition=Edition.CURRENT, answer=front, mrz=(line,))

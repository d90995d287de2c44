"""The fields of a card in one form for both actions: dates, plain numbers, None where there is nothing."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from permit_ocr.domain.card.answers import Answer, MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.card.chinese_script import half_width
from permit_ocr.domain.card.valid_date import parse_date
from permit_ocr.domain.permits import PermitType, Sex

_COUNT: Final = re.compile(r"0{0,3}([1-9][0-9]{0,2})|(00)")
"""``00`` is the count of a first Hong Kong and Macao permit. A single ``0`` is the provider's placeholder."""
_SPACE_IN_CHINESE: Final = re.compile(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")
_BETWEEN_NUMBERS: Final = re.compile(r"[\s,;/、]+")
_SEXES: Final = {
    **dict.fromkeys(("男", "m", "male", "男/m", "男m", "m/男", "男/male", "男male"), Sex.MALE),
    **dict.fromkeys(("女", "f", "female", "女/f", "女f", "f/女", "女/female", "女female"), Sex.FEMALE),
}
_SIMPLIFIED: Final = str.maketrans("來內證臺灣陸華國", "来内证台湾陆华国")
_TITLES: Final = {
    # Complete titles, not parts of them: 大陆居民往来台湾通行证 is a different document.
    "港澳居民来往内地通行证": PermitType.HK_MACAO_PERMIT,
    "台湾居民来往大陆通行证": PermitType.TAIWAN_PERMIT,
    "往来港澳通行证": PermitType.EXIT_ENTRY_PERMIT,
    "mainlandtravelpermitforhongkongandmacaoresidents": PermitType.HK_MACAO_PERMIT,
    "mainlandtravelpermitforhongkongandmacauresidents": PermitType.HK_MACAO_PERMIT,
    "mainlandtravelpermitfortaiwanresidents": PermitType.TAIWAN_PERMIT,
    "exitentrypermitfortravellingtoandfromhongkongandmaca": PermitType.EXIT_ENTRY_PERMIT,
    "exitentrypermitfortravelingtoandfromhongkongandmaca": PermitType.EXIT_ENTRY_PERMIT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedFields:
    """The fields of one side of a card; null if a field is missing or unreadable."""

    name: str | None
    """Name in Chinese."""
    english_name: str | None
    """Romanised name."""
    sex: Sex
    """Sex as in ISO/IEC 5218; ``not known`` if the side does not carry it."""
    birth_date: date | None
    """Date of birth."""
    number: str | None
    """The card's own number: a residence permit's citizen identity number, a travel permit's permit number."""
    permit_number: str | None
    """The travel permit's number on the back of a residence permit."""
    address: str | None
    """Address in the mainland."""
    authority: str | None
    """Issuing authority."""
    place_of_issue: str | None
    """Place of issue."""
    issue_count: int | None
    """How many times the card has been issued."""
    nationality: str | None
    """Nationality; only on the edition for non-Chinese citizens."""
    id_card_number: str | None
    """Number of the Hong Kong or Macao identity card, on the back of a Hong Kong and Macao permit."""
    earlier_numbers: tuple[str, ...]
    """Numbers of the holder's earlier permits, on the back of a Hong Kong and Macao permit."""


def normalize(answer: Answer) -> NormalizedFields:
    """Return the fields of ``answer``. Placeholders (``VisaNum`` 0, ``PassNo`` 000) become None."""
    return _residence_permit(answer) if isinstance(answer, ResidencePermitAnswer) else _mainland_permit(answer)


def permit_type_of(answer: Answer) -> PermitType | None:
    """Return the document type by the ``Type`` in ``answer``, in Chinese (either script) or English, or None."""
    if isinstance(answer, ResidencePermitAnswer):
        return PermitType.RESIDENCE_PERMIT
    title = answer.Type if answer.Type.strip() else _back_of(answer).Type
    plain = re.sub(r"[\W_]+", "", half_width(title).casefold()).translate(_SIMPLIFIED)
    return next((permit_type for known, permit_type in _TITLES.items() if known in plain), None)


def compact_number(raw: str) -> str | None:
    """Return a number in ASCII capitals without spaces; None if it is empty or a placeholder of zeros."""
    number = "".join(half_width(raw).split()).upper()
    return number if number.strip("0") else None


def _residence_permit(answer: ResidencePermitAnswer) -> NormalizedFields:
    return NormalizedFields(
        name=_text(answer.Name),
        english_name=None,
        sex=_sex(answer.Sex),
        birth_date=parse_date(answer.Birth),
        number=compact_number(answer.IdCardNo),
        permit_number=compact_number(answer.PassNo),
        address=_text(answer.Address),
        authority=_text(answer.Authority),
        place_of_issue=None,
        issue_count=_count(answer.VisaNum) or None,
        nationality=None,
        id_card_number=None,
        earlier_numbers=(),
    )


def _mainland_permit(answer: MainlandPermitAnswer) -> NormalizedFields:
    back = _back_of(answer)
    earlier = (compact_number(number) for number in _BETWEEN_NUMBERS.split(half_width(back.HistoryNumber)))
    return NormalizedFields(
        name=_text(answer.Name) or _text(back.Name),
        english_name=_text(half_width(answer.EnglishName)),
        sex=_sex(answer.Sex),
        birth_date=parse_date(answer.Birthday),
        number=compact_number(answer.Number),
        permit_number=None,
        address=None,
        authority=_text(answer.IssueAuthority),
        place_of_issue=_text(answer.IssueAddress),
        issue_count=_count(answer.IssueNumber),
        nationality=_text(answer.Nationality),
        id_card_number=compact_number(back.IDNumber),
        earlier_numbers=tuple(number for number in earlier if number),
    )


def _back_of(answer: MainlandPermitAnswer) -> MainlandPermitBack:
    return answer.MainlandTravelPermitBackInfos or MainlandPermitBack()


def _text(raw: str) -> str | None:
    # A space between two Chinese characters comes from wide printing.
    return _SPACE_IN_CHINESE.sub("", " ".join(raw.split())) or None


def _count(raw: str) -> int | None:
    match = _COUNT.fullmatch(half_width(raw).strip())
    return int(match[1] or 0) if match else None


def _sex(raw: str) -> Sex:
    return _SEXES.get("".join(half_width(raw).casefold().split()), Sex.NOT_KNOWN)

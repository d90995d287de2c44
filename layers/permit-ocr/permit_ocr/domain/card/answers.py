"""The answers of the two OCR actions. Every field is named exactly as on the API pages.

Source: the API pages of ``HmtResidentPermitOCR`` and ``MainlandPermitOCR`` (version 2018-11-19). A key that is missing
or null becomes the field's empty value: no field is guaranteed for every side of every card.
"""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitPlace:
    """Position of the portrait in the image, in pixels from the upper left corner."""

    X: int = 0
    Y: int = 0
    Width: int = 0
    Height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """The portrait of a residence permit; sent only if ``CropPortrait`` was set."""

    PortraitImage: str = ""
    """The portrait in Base64. Never published; see ``portrait_key``."""
    ImageCoordinates: PortraitPlace = field(default_factory=PortraitPlace)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidencePermitAnswer:
    """Answer of ``HmtResidentPermitOCR``."""

    Name: str = ""
    """Name."""
    Sex: str = ""
    """Gender."""
    Birth: str = ""
    """Date of birth, such as ``1997/6/2``."""
    Address: str = ""
    """Address."""
    IdCardNo: str = ""
    """Citizen identity number of 18 characters (GB 11643)."""
    CardType: int = 0
    """0: the side with the portrait. 1: the side with the national emblem."""
    ValidDate: str = ""
    """Period of validity, such as ``2018.09.06-2023.09.06``; empty on a side that does not carry it."""
    Authority: str = ""
    """Issuing authority."""
    VisaNum: str = ""
    """Issue count; ``0`` or empty on a side that does not carry it."""
    PassNo: str = ""
    """Travel permit number; ``000`` or empty on a side that does not carry it."""
    PortraitImageInfo: Portrait | None = None
    """The portrait and its position; only with ``CropPortrait``."""
    WarnCardInfos: tuple[int, ...] | None = None
    """Warning codes; None if the site does not send any (the domestic one)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MainlandPermitBack:
    """The back of a Mainland Travel Permit for Hong Kong and Macao Residents."""

    Type: str = ""
    Name: str = ""
    IDNumber: str = ""
    """Number of the holder's Hong Kong or Macao identity card."""
    HistoryNumber: str = ""
    """Numbers of the holder's earlier permits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MainlandPermitAnswer:
    """Answer of ``MainlandPermitOCR``."""

    Name: str = ""
    """Name in Chinese."""
    EnglishName: str = ""
    """Romanised name."""
    Sex: str = ""
    """Gender."""
    Birthday: str = ""
    """Date of birth, such as ``1981.08.03``."""
    IssueAuthority: str = ""
    """Issuing authority."""
    ValidDate: str = ""
    """Period of validity, such as ``2018.10.09-2028.10.08``."""
    Number: str = ""
    """Permit number."""
    IssueAddress: str = ""
    """Place of issue."""
    IssueNumber: str = ""
    """Issue count."""
    Type: str = ""
    """Document type, in Chinese or English."""
    Profile: str = ""
    """The portrait in Base64; only with ``RetProfile``. Never published; see ``portrait_key``."""
    Nationality: str = ""
    """Nationality, on the edition for non-Chinese citizens."""
    MainlandTravelPermitBackInfos: MainlandPermitBack | None = None
    """The fields of the back; on a front, only ``Type`` is filled."""
    WarnCardInfos: tuple[int, ...] | None = None
    """Warning codes; None if the site does not send any (the domestic one)."""


type Answer = ResidencePermitAnswer | MainlandPermitAnswer


def portrait_of(answer: Answer) -> str:
    """Return the portrait in ``answer`` in Base64; empty if there is none."""
    if isinstance(answer, ResidencePermitAnswer):
        return answer.PortraitImageInfo.PortraitImage if answer.PortraitImageInfo else ""
    return answer.Profile


def without_portrait[AnswerT: Answer](answer: AnswerT) -> AnswerT:
    """Return ``answer`` without the portrait image."""
    if isinstance(answer, MainlandPermitAnswer):
        return replace(answer, Profile="")
    if answer.PortraitImageInfo:
        return replace(answer, PortraitImageInfo=replace(answer.PortraitImageInfo, PortraitImage=""))
    return answer

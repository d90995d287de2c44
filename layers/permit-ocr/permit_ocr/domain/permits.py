"""The documents and their sides, in the words used everywhere in this project."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The family a card belongs to: one OCR action reads each."""

    RESIDENCE_PERMIT = "residence-permit"
    MAINLAND_PERMIT = "mainland-permit"


class Side(StrEnum):
    """The face of a card: ``front`` carries the portrait, ``back`` does not."""

    FRONT = "front"
    BACK = "back"


class PermitType(StrEnum):
    """The document itself, as told by the kind and by the ``Type`` of a travel permit."""

    RESIDENCE_PERMIT = "residence-permit"
    HK_MACAO_PERMIT = "hk-macao-permit"
    TAIWAN_PERMIT = "taiwan-permit"
    EXIT_ENTRY_PERMIT = "exit-entry-permit"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionOptions:
    """What the sender said of a photograph. ``kind`` of None means *auto*: find out by asking."""

    kind: Kind | None = None
    side: Side | None = None
    return_portrait: bool = False


class Sex(StrEnum):
    """The four values of ISO/IEC 5218, by their English names."""

    NOT_KNOWN = "not known"
    """Not on this side, or not read."""
    MALE = "male"
    FEMALE = "female"
    NOT_APPLICABLE = "not applicable"
    """Part of the standard; every holder of a permit is a person, so it is never given."""

"""The vocabulary: the kinds of permits, their sides and types."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A card family; each has its own OCR action."""

    RESIDENCE_PERMIT = "residence-permit"
    MAINLAND_PERMIT = "mainland-permit"


class Side(StrEnum):
    """The side of a card: ``front`` carries the portrait, ``back`` does not."""

    FRONT = "front"
    BACK = "back"


def carries_validity(kind: Kind, side: Side) -> bool:
    """Tell whether this side has the period of validity: a residence permit's back, a travel permit's front."""
    return (kind is Kind.RESIDENCE_PERMIT) == (side is Side.BACK)


class PermitType(StrEnum):
    """The document type, from the kind and, for a travel permit, its ``Type``."""

    RESIDENCE_PERMIT = "residence-permit"
    HK_MACAO_PERMIT = "hk-macao-permit"
    TAIWAN_PERMIT = "taiwan-permit"
    EXIT_ENTRY_PERMIT = "exit-entry-permit"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionOptions:
    """What the sender specified for a photo. ``kind`` None means *auto*: try one action after the other."""

    kind: Kind | None = None
    side: Side | None = None
    return_portrait: bool = False


class Sex(StrEnum):
    """The four values of ISO/IEC 5218."""

    NOT_KNOWN = "not known"  # not on this side, or not read
    MALE = "male"
    FEMALE = "female"
    NOT_APPLICABLE = "not applicable"  # part of the standard; never used, since every holder is a person

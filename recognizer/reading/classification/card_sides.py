"""The six card sides that the two actions read, and the labels on each of them."""

from enum import Enum, auto
from typing import Final

from permit_ocr.domain.permits import PermitType
from recognizer.reading.layout.labels import Label


class CardSide(Enum):
    """One side of one of the documents."""

    RESIDENCE_FRONT = auto()
    RESIDENCE_BACK = auto()
    HK_MACAO_FRONT = auto()
    HK_MACAO_BACK = auto()
    TAIWAN_FRONT = auto()
    EXIT_ENTRY_FRONT = auto()


PERMIT_BY_FRONT: Final = {
    CardSide.HK_MACAO_FRONT: PermitType.HK_MACAO_PERMIT,
    CardSide.TAIWAN_FRONT: PermitType.TAIWAN_PERMIT,
    CardSide.EXIT_ENTRY_FRONT: PermitType.EXIT_ENTRY_PERMIT,
}
"""The travel permits' sides with the portrait."""
PERMIT_BY_SIDE: Final = {
    **PERMIT_BY_FRONT,
    CardSide.HK_MACAO_BACK: PermitType.HK_MACAO_PERMIT,
    CardSide.RESIDENCE_FRONT: PermitType.RESIDENCE_PERMIT,
    CardSide.RESIDENCE_BACK: PermitType.RESIDENCE_PERMIT,
}
_TRAVEL_FRONT_LABELS: Final = frozenset(
    {Label.NAME, Label.SEX, Label.BIRTH, Label.VALIDITY, Label.AUTHORITY, Label.PERMIT_NUMBER}
)
LABELS_BY_SIDE: Final = {
    CardSide.RESIDENCE_FRONT: frozenset({Label.NAME, Label.SEX, Label.BIRTH, Label.ADDRESS, Label.RESIDENT_NUMBER}),
    CardSide.RESIDENCE_BACK: frozenset({Label.AUTHORITY, Label.VALIDITY, Label.PASS_NUMBER, Label.ISSUE_COUNT}),
    CardSide.HK_MACAO_FRONT: _TRAVEL_FRONT_LABELS | {Label.ISSUE_COUNT, Label.NATIONALITY},
    CardSide.HK_MACAO_BACK: frozenset({Label.NAME, Label.IDENTITY_NUMBER, Label.HISTORY_NUMBER}),
    CardSide.TAIWAN_FRONT: _TRAVEL_FRONT_LABELS | {Label.ISSUE_COUNT, Label.ISSUE_PLACE},
    CardSide.EXIT_ENTRY_FRONT: _TRAVEL_FRONT_LABELS | {Label.ISSUE_PLACE},
}

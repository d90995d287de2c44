"""A card side: what is printed on it and the answer that an OCR action should give for it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from permit_ocr.domain.card.answers import Answer
from permit_ocr.domain.permits import Kind, PermitType, Side


class CardSide(StrEnum):
    """The six combinations of permit type and side that the two OCR actions read."""

    RESIDENCE_FRONT = "residence-permit-front"
    RESIDENCE_BACK = "residence-permit-back"
    HK_MACAO_FRONT = "hk-macao-permit-front"
    HK_MACAO_BACK = "hk-macao-permit-back"
    TAIWAN_FRONT = "taiwan-permit-front"
    EXIT_ENTRY_FRONT = "exit-entry-permit-front"

    @property
    def kind(self) -> Kind:
        """The OCR action that reads it."""
        return Kind.RESIDENCE_PERMIT if self.value.startswith(PermitType.RESIDENCE_PERMIT) else Kind.MAINLAND_PERMIT

    @property
    def side(self) -> Side:
        """Front or back."""
        return Side(self.value.rpartition("-")[2])

    @property
    def permit_type(self) -> PermitType:
        """The permit that the side belongs to."""
        return PermitType(self.value.rpartition("-")[0])


class Edition(StrEnum):
    """Editions of a permit that print different fields or number formats."""

    CURRENT = "current"
    OF_1999 = "1999"
    """Hong Kong and Macao: the number ends with the issue count."""
    NON_CHINESE = "non-chinese"
    """Hong Kong and Macao: prints a nationality."""
    TEN_DIGITS = "ten-digits"
    """Taiwan: the number format before the 2015 card, sometimes with a letter in parentheses."""
    NO_PERMIT = "no-permit"
    """Residence permit: the holder has no travel permit, so the back shows nothing in its place."""


EDITIONS: Final = {
    PermitType.RESIDENCE_PERMIT: {Edition.CURRENT: 12, Edition.NO_PERMIT: 1},
    PermitType.HK_MACAO_PERMIT: {Edition.CURRENT: 7, Edition.OF_1999: 2, Edition.NON_CHINESE: 2},
    PermitType.TAIWAN_PERMIT: {Edition.CURRENT: 5, Edition.TEN_DIGITS: 1},
    PermitType.EXIT_ENTRY_PERMIT: {Edition.CURRENT: 1},
}
"""The editions of each permit and the relative weight with which each is drawn."""


TITLES: Final = {
    PermitType.HK_MACAO_PERMIT: "港澳居民来往内地通行证",
    PermitType.TAIWAN_PERMIT: "台湾居民来往大陆通行证",
    PermitType.EXIT_ENTRY_PERMIT: "往来港澳通行证",
}
RESIDENCE_TITLES: Final = {"HK": "港澳居民居住证", "MO": "港澳居民居住证", "TW": "台湾居民居住证"}
"""Titles of residence permits by the holder's region; there is no card for all three."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One side of one card. The printed text is taken from the answer, so the truth always matches the picture."""

    card_side: CardSide
    edition: Edition
    answer: Answer
    title: str = ""
    """The printed title; empty if this side has none."""
    mrz: tuple[str, ...] = ()

"""The editions of the permits: the format of their numbers, and for how many years they are issued."""

import re
from calendar import isleap
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from permit_ocr.domain.permits import PermitType


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of a permit."""

    permit_type: PermitType
    number: re.Pattern[str]
    years: int  # for which it is issued
    child_years: int  # if the holder is younger than ``adult_age`` on the first day of validity
    adult_age: int = 0


NON_CHINESE: Final = Edition(PermitType.HK_MACAO_PERMIT, re.compile(r"[HM]A[0-9]{7}"), 5, 5)
"""For residents of Hong Kong and Macao who are not Chinese citizens, since July 2024; the format is inferred."""

EDITIONS: Final = (
    Edition(PermitType.HK_MACAO_PERMIT, re.compile(r"[HM][0-9]{10}"), 10, 3, 18),  # of 1999; ends in the issue count
    Edition(PermitType.HK_MACAO_PERMIT, re.compile(r"[HM][0-9]{8}"), 10, 5, 18),  # since 2013
    NON_CHINESE,
    Edition(PermitType.TAIWAN_PERMIT, re.compile(r"[0-9]{10}(?:\([0-9A-Z]\))?"), 5, 5),  # booklet
    Edition(PermitType.TAIWAN_PERMIT, re.compile(r"[0-9]{8}"), 5, 5),  # card since 2015
    Edition(PermitType.EXIT_ENTRY_PERMIT, re.compile(r"C[0-9]{8}"), 10, 5, 16),  # since 2014
    Edition(PermitType.EXIT_ENTRY_PERMIT, re.compile(r"C[A-HJ-NP-Z][0-9]{7}"), 10, 5, 16),  # since 2018
    Edition(PermitType.RESIDENCE_PERMIT, re.compile(r"8[123]0000[0-9]{11}[0-9X]"), 5, 5),  # see ``resident_number``
)


def editions_of_type(permit_types: Collection[PermitType]) -> tuple[Edition, ...]:
    """Return all editions of ``permit_types``."""
    return tuple(edition for edition in EDITIONS if edition.permit_type in permit_types)


def editions_of_number(number: str, permit_types: Collection[PermitType]) -> tuple[Edition, ...]:
    """Return the editions of ``permit_types`` whose number format matches ``number`` (capitals, no spaces)."""
    return tuple(edition for edition in editions_of_type(permit_types) if edition.number.fullmatch(number))


def terms_of(editions: Collection[Edition], *, age: int | None) -> set[int]:
    """Return for how many years ``editions`` are issued at ``age``; at any age if that is None."""
    adult = {edition.years for edition in editions if age is None or age >= edition.adult_age}
    child = {edition.child_years for edition in editions if age is None or age < edition.adult_age}
    return adult | child


def age_on(day: date, *, birth: date) -> int:
    """Return the age in years on ``day`` of a person born on ``birth``; negative before birth.

    A person born on 29 February is a year older on 1 March of a common year.
    """
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def lasts(start: date, end: date, *, years: int) -> bool:
    """Tell whether the period, both days inclusive, lasts ``years`` years.

    Travel permits end on the day before the anniversary, residence permits on the anniversary itself; both are accepted
    for either. If the start is 29 February, the anniversary in a common year may be 28 February or 1 March.
    """
    year = start.year + years
    if (start.month, start.day) == (2, 29) and not isleap(year):
        anniversaries = [date(year, 2, 28), date(year, 3, 1)]
    else:
        anniversaries = [start.replace(year=year)]
    return any(end in (day, day - timedelta(days=1)) for day in anniversaries)

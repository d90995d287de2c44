"""Dates as the cards and the provider write them, and the status of a period of validity on a given day.

A period is two dates with a separator between them, or ``长期`` (long-term), with or without a date before it. Anything
else is *unreadable*. Dates are never guessed: a guess could make an expired card valid.

    date        2018.09.06  2018/9/6  2018-09-06  2018 09 06  20180906  2018年9月6日
                with or without leading zeros or full-width digits; years 1900 to 2199
    separator   -  –  —  ——  ~  ～  至
                with or without spaces around it
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from permit_ocr.domain.card.chinese_script import half_width

# A fixed offset: a Lambda image need not contain a time zone database, and Shanghai has been UTC+8 without daylight
# saving time since 1991.
_SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")

_YEAR: Final = r"(?:19|20|21)\d\d"  # any other year is a misreading
_DATE: Final = "|".join(
    f"{_YEAR}{rest}"
    for rest in (r"\.\d\d?\.\d\d?", r"/\d\d?/\d\d?", r"-\d\d?-\d\d?", r" \d\d? \d\d?", r"年\d\d?月\d\d?日", r"\d\d\d\d")
)
_SEPARATOR: Final = r"(?:--?|~|至)"
_ONE_DATE: Final = re.compile(_DATE, re.ASCII)
_PERIOD: Final = re.compile(rf"({_DATE}){_SEPARATOR}({_DATE})", re.ASCII)
_LONG_TERM: Final = re.compile(rf"(?:({_DATE}){_SEPARATOR}?)?[长長]期", re.ASCII)
_DASHES_AND_TILDES: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("〜∼", "~"))
_SPACE_NOT_BETWEEN_DIGITS: Final = re.compile(r"(?<![0-9]) | (?![0-9])")


class ValidityStatus(StrEnum):
    """The status of a period of validity on one day."""

    VALID = "valid"  # valid for more than the configured number of days
    EXPIRING = "expiring"  # valid for at most the configured number of days
    EXPIRED = "expired"  # the last day has passed
    NOT_YET_VALID = "not_yet_valid"  # the first day is in the future
    LONG_TERM = "long_term"  # valid without an end date
    NOT_ON_THIS_SIDE = "not_on_this_side"  # the card's other side carries the period
    UNREADABLE = "unreadable"  # none was read where one is printed, or an impossible one


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """A card's period of validity, judged on one day."""

    status: ValidityStatus
    """The status on that day."""
    valid_from: date | None
    """First day of validity."""
    valid_until: date | None
    """Last day of validity; the card is valid on it."""
    days_remaining: int | None
    """Days from ``as_of`` to ``valid_until``: 0 on the last day, negative after it; null without an end date."""
    raw: str
    """``ValidDate`` as the provider sent it."""
    as_of: date
    """The day it was judged on, in Shanghai's time zone."""


type _Period = tuple[date | None, date | None]


def today_in_shanghai(now: datetime) -> date:
    """Return the date of ``now`` in Shanghai, by which permits are valid. Raises ``ValueError`` without a time zone."""
    if now.tzinfo is None:
        raise ValueError("now has no time zone")
    return now.astimezone(_SHANGHAI).date()


def start_of_day_in_shanghai(day: date) -> datetime:
    """Return when a day begins in Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=_SHANGHAI)


def parse_date(raw: str | None) -> date | None:
    """Return the date in ``raw``, such as ``1997/6/2``; None if it is anything else."""
    text = _normalize(raw or "")
    return _to_date(text) if _ONE_DATE.fullmatch(text) else None


def judge_validity(
    raw: str | None, *, as_of: date, expiring_within_days: int, is_on_this_side: bool = True
) -> Validity:
    """Judge a ``ValidDate`` on the day ``as_of``. Never raises: anything else is *unreadable*.

    An empty text is *not on this side* if the side carries no period of validity (``is_on_this_side``). A card is
    *expiring* if its last day is at most ``expiring_within_days`` days away; with 0, only on its last day.
    """
    period = _parse_period(_normalize(raw or ""))
    start, end = period or (None, None)
    if not is_on_this_side and (not raw or raw.isspace()):
        status = ValidityStatus.NOT_ON_THIS_SIDE
    elif period is None:
        status = ValidityStatus.UNREADABLE
    else:
        status = _status(start, end, as_of, expiring_within_days)
    return Validity(
        status=status,
        valid_from=start,
        valid_until=end,
        days_remaining=(end - as_of).days if end else None,
        raw=raw or "",
        as_of=as_of,
    )


def _status(start: date | None, end: date | None, as_of: date, expiring_within_days: int) -> ValidityStatus:
    if start and as_of < start:
        return ValidityStatus.NOT_YET_VALID
    if end is None:
        return ValidityStatus.LONG_TERM
    if end < as_of:
        return ValidityStatus.EXPIRED
    return ValidityStatus.EXPIRING if (end - as_of).days <= expiring_within_days else ValidityStatus.VALID


def _normalize(raw: str) -> str:
    """Return ``raw`` with one kind of dash, tilde and space, and with spaces only between digits."""
    text = " ".join(half_width(raw).translate(_DASHES_AND_TILDES).split())
    return _SPACE_NOT_BETWEEN_DIGITS.sub("", text)


def _parse_period(text: str) -> _Period | None:
    if match := _LONG_TERM.fullmatch(text):
        start = _to_date(match[1]) if match[1] else None
        return (start, None) if start or not match[1] else None
    if match := _PERIOD.fullmatch(text):
        start, end = _to_date(match[1]), _to_date(match[2])
        return (start, end) if start and end and start <= end else None
    return None


def _to_date(text: str) -> date | None:
    """Return the date in a text that matches ``_DATE``; None if the calendar has no such day."""
    year, month, day = (text[:4], text[4:6], text[6:]) if text.isdecimal() else re.findall("[0-9]+", text)
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None

"""Which reminders a card gets, and on which day.

A *notice* is a number of days before a card's last day of validity: 30 days before it, or 0, which is that day itself.
On the day after it, the card has expired, and that is reported, too. A reminder is due on the day of its notice, for
cards that were watched before that day: a card that was read later had its remaining days in its result.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from permit_ocr.domain.permits import Kind

MOST_NOTICES: Final = 10
MOST_DAYS: Final = 3650
EXPIRED: Final = -1
"""The notice on the day after the last day of validity: the card has expired."""
_RULE: Final = (
    f"ExpiryNoticeDays must be up to {MOST_NOTICES} whole numbers from 0 to {MOST_DAYS:,}, separated by "
    "commas, such as 60,30,0"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A card for which reminders are sent. Nothing in it is from the card but its kind and its last day of validity."""

    document_id: str
    case: str | None
    kind: Kind
    valid_until: date
    watched_on: date
    """The day in Shanghai on which the card was read."""
    sort_key: str
    """Of two cards of a kind in a case, the one with the greater key is watched."""
    revision: int = 0
    """How often a review has decided about the card; the last decision counts."""


def parse_notice_days(text: str) -> tuple[int, ...]:
    """Return the notices in ``ExpiryNoticeDays``, the earliest first; none for an empty text. Raises ``ValueError``."""
    if not text:
        return ()
    parts = text.split(",")
    if len(parts) > MOST_NOTICES or not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError(_RULE)
    days = sorted({int(part) for part in parts}, reverse=True)
    if days[0] > MOST_DAYS:
        raise ValueError(_RULE)
    return tuple(days)


def last_days_due(day: date, notices: Sequence[int]) -> list[date]:
    """Return the last days of validity of which a reminder is due on ``day``, in order."""
    return sorted(day + timedelta(days=notice) for notice in (*notices, EXPIRED))


def notice_due(watch: Watch, notices: Sequence[int], *, day: date, today: date) -> int | None:
    """Return the notice that a card gets for ``day``, when reminders are sent on ``today``; None if it gets none.

    ``today`` is later than ``day`` where days were missed. A card of which a later notice has become due meanwhile gets
    only the latest one, on the day of that: both would say the same on the same day.
    """
    if watch.watched_on >= day:
        return None
    later_days = (watch.valid_until - timedelta(days=notice) for notice in (*notices, EXPIRED))
    is_superseded = any(day < later <= today for later in later_days)
    return None if is_superseded else (watch.valid_until - day).days

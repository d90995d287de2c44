"""List the watched cards by their last day of validity, in pages of bounded work."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from permit_ocr.application.reminders.ports import WatchedCards
from permit_ocr.domain.card.notices import Watch

MOST_CARDS: Final = 100
"""Cards in a page."""
_MOST_READS: Final = 50
"""Days that are read for a page, at most: it may be empty where few cards expire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a page begins: a last day of validity, and the position in it."""

    day: date
    position: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryPage:
    """A page of cards; ``following`` is where the next one begins, None at the end."""

    watches: tuple[Watch, ...]
    following: Cursor | None


def list_expiries(cards: WatchedCards, *, start: Cursor, until: date) -> ExpiryPage:
    """Return the watched cards from ``start`` to the last day ``until``. Raises ``RetryableError``."""
    found: list[Watch] = []
    cursor = start
    for _ in range(_MOST_READS):
        page = cards.with_last_day(cursor.day, after=cursor.position, limit=MOST_CARDS - len(found))
        found += page.watches
        if page.following is None and cursor.day >= until:
            return ExpiryPage(watches=tuple(found), following=None)
        day = cursor.day if page.following else cursor.day + timedelta(days=1)
        cursor = Cursor(day=day, position=page.following)
        if len(found) >= MOST_CARDS:
            break
    return ExpiryPage(watches=tuple(found), following=cursor)

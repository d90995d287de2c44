"""Watch a card: from now on, reminders of its last day of validity are due.

A card that was not rejected and has a last day is watched, with one write. That precedes its result, so no card whose
result is published is missed; a repeated delivery changes nothing. Any other card costs no write.
"""

from dataclasses import dataclass
from datetime import date, datetime

from permit_ocr.application.pair_sides import photo_sort_key
from permit_ocr.application.reminders.ports import WatchedCards
from permit_ocr.domain.card.notices import Watch
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import Kind
from permit_ocr.domain.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchExpiry:
    """The use case."""

    cards: WatchedCards

    def __call__(
        self,
        document: Document,
        *,
        kind: Kind,
        verdict: Verdict,
        valid_until: date | None,
        as_of: date,
        judged: datetime,
        revision: int = 0,
    ) -> bool:
        """Watch a document's card if that is to be done, and return whether it is. Raises ``RetryableError``.

        The card was judged on the day ``as_of``: what is due later, its result could not tell. ``judged`` is the time
        of the document's result, ``revision`` the number of the review's decision.
        """
        if verdict is Verdict.REJECTED or valid_until is None:
            return False
        self.cards.put(
            Watch(
                document_id=document.id,
                case=document.case,
                kind=kind,
                valid_until=valid_until,
                watched_on=as_of,
                sort_key=photo_sort_key(document.received or judged, document.id),
                revision=revision,
            ),
            # Until a review has accepted it, an accepted card stays in its place.
            replaces=verdict is not Verdict.REVIEW,
        )
        return True

    def correct(
        self,
        document: Document,
        *,
        kind: Kind,
        verdict: Verdict,
        valid_until: date | None,
        as_of: date,
        judged: datetime,
        revision: int,
    ) -> None:
        """Watch a card by what a review decided: with another last day, or not any more. Raises ``RetryableError``."""
        if not self(
            document,
            kind=kind,
            verdict=verdict,
            valid_until=valid_until,
            as_of=as_of,
            judged=judged,
            revision=revision,
        ):
            self.cards.remove(document)

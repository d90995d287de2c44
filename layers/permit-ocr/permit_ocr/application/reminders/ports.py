"""The ports of the reminders. All raise ``RetryableError``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from permit_ocr.domain.card.notices import Watch
from permit_ocr.domain.events import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPage:
    """Some of the cards with one last day of validity; ``following`` is where the next page begins, None at the end."""

    watches: tuple[Watch, ...]
    following: str | None


class WatchedCards(Protocol):
    """The cards that are watched, until some time after they have expired."""

    def put(self, watch: Watch, *, replaces: bool) -> None:
        """Watch a card; if it ``replaces`` others, in place of an older one of its kind in its case.

        Changes nothing if another one is watched there that is not replaced, or if this document's own is, in this
        revision or a later one.
        """

    def watched(self, document_ids: Sequence[str]) -> Sequence[str]:
        """Return those of up to 100 documents whose cards are watched."""

    def remove(self, document: Document) -> None:
        """Stop watching the card of a document."""

    def remove_case(self, case: str, *, until: str) -> Sequence[str]:
        """Stop watching a case's cards with a sort key of at most ``until``; return their documents."""

    def with_last_day(self, valid_until: date, *, after: str | None, limit: int) -> WatchPage:
        """Return up to ``limit`` cards with this last day of validity, from where ``after`` says.

        A page may have fewer cards than ``limit``, or none, although another one follows.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the reminders are: everything before ``day`` is sent.

    Of that day itself, the reminders of the last days of validity before ``valid_until`` are sent, and of that one
    those of the pages before ``position``; those of that page itself to the first ``queues`` of the queues.
    """

    day: date
    valid_until: date | None = None
    position: str | None = None
    queues: int = 0


class ReminderProgress(Protocol):
    """How far the reminders are. One invocation at a time may send them: the one with the lease."""

    def get(self) -> Progress | None:
        """Return the progress, None before the first one is stored."""

    def acquire_lease(self, owner: str, *, seconds: float) -> Progress | None:
        """Take the lease and return the progress, None before the first is stored. Raises ``InProgress``."""

    def store(self, owner: str, progress: Progress) -> bool:
        """Store the progress if ``owner`` still has the lease, and return whether it has."""

    def release_lease(self, owner: str) -> None:
        """End the lease, so that the next invocation need not wait for its end."""


class ReminderPublisher(Protocol):
    """Where reminders go: the results queue, then the webhook queue if there is one."""

    queues: int
    """How many there are."""

    def publish_all(self, events: Sequence[tuple[str, str]], *, queue: int) -> None:
        """Send events to one queue, each with its id first; sending one again within five minutes changes nothing.

        Some of them may have been sent if it raises.
        """

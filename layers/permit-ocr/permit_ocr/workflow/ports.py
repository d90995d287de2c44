"""What one recognition needs of the world outside. Each port has the real adapter and a fake in the tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from permit_ocr.domain.answers import Answer
from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.domain.results import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """One document as it came in: its image, or the address of one, and what the sender said of it.

    ``content`` is the file's bytes (None where only ``url`` was handed in). ``url`` is what the provider shall
    download: the sender's address,
    or a short-lived one of ours for the same content.
    """

    document: Document
    options: RecognitionOptions
    content: bytes | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One action to be called for one image."""

    kind: Kind
    side: Side | None
    return_portrait: bool
    content: bytes | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the provider answered to a ``Question``; ``endpoint`` is the host that did."""

    answer: Answer
    endpoint: str
    request_id: str
    attempts: int
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReply:
    """A paid answer as it is kept: the portrait has gone to the bucket, its key is here."""

    reply: Reply
    portrait_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to make one paid reading. ``owner`` is a token of this try alone."""

    recognition_id: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEvent:
    """A document's event as JSON, and whether the results queue has taken it."""

    event: str
    published: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSide:
    """One side in a case. Of two photographs of it the one with the greater ``place`` counts."""

    kind: Kind
    side: Side
    document_id: str
    place: str
    event: str
    """The document's event as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a case holds: at most one of each side of each kind, and the id of each kind's last completed event."""

    sides: tuple[CaseSide, ...]
    completed: Mapping[Kind, str]


type KeptOutcome = KeptReply | RejectDocument


class Ocr(Protocol):
    """The provider."""

    site: str

    def ask(self, question: Question, *, deadline: float) -> Reply:
        """Return the answer; ``deadline`` is on ``time.monotonic``'s clock.

        Raises ``PermitOcrError``; attempts again only as the error table says.
        """
        ...


class WorkTable(Protocol):
    """What was paid for and what was published, kept for some days."""

    def claim(self, recognition_id: str, kind: Kind, *, lease_seconds: float) -> "KeptOutcome | Claim":
        """Return what an earlier reading came to, or the claim to read now: no one else gets one until the lease ends.

        Raises ``Claimed`` while another's lease runs, and ``RetryLater``.
        """
        ...

    def keep_outcome(self, claim: Claim, outcome: KeptOutcome) -> None:
        """Keep what a reading came to, unless an outcome is kept already: that one was paid for first."""
        ...

    def give_back(self, claim: Claim) -> None:
        """End a claim whose reading failed, so that the next try need not wait for the lease."""
        ...

    def kept_event(self, document_id: str) -> KeptEvent | None:
        """Return the event a document came to."""
        ...

    def keep_event(self, document_id: str, kept: KeptEvent) -> None:
        """Keep the event a document came to."""
        ...


class Cases(Protocol):
    """Which sides of a case are in, kept for some days."""

    def note(self, case: str, side: CaseSide) -> Case:
        """Note a side, unless a newer photograph of it is there, and return the case as it is then.

        One step: of two sides that are noted at the same time, the second sees the first. Raises ``RetryLater``.
        """
        ...

    def keep_completed(self, case: str, front: CaseSide, back: CaseSide, *, event_id: str, event: str) -> None:
        """Keep a pair's event in place of an earlier one's, unless another photograph has come by now.

        Raises ``RetryLater``.
        """
        ...

    def look(self, case: str) -> Case | None:
        """Return a case. Raises ``RetryLater``."""
        ...

    def completed_event(self, event_id: str) -> str | None:
        """Return a pair's event. Raises ``RetryLater``."""
        ...

    def withdraw(self, case: str, side: CaseSide) -> None:
        """Forget a document's side, and its pair's event, unless another photograph has its place by now.

        Raises ``RetryLater``.
        """
        ...


class ResultsQueue(Protocol):
    """Where results go."""

    def publish(self, event: str, *, document_id: str) -> None:
        """Send one event; sending the same document's event again within five minutes changes nothing.

        Raises ``RetryLater``.
        """
        ...


class Portraits(Protocol):
    """Where portraits lie."""

    def store(self, portrait_base64: str, *, recognition_id: str) -> str | None:
        """Store a portrait and return its key, the same on every try; None if it cannot be stored.

        Never raises: an answer that is paid for is not given up for its portrait.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the operator has decided."""

    expiring_within_days: int
    base64_limit: int
    event_source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything outside that a recognition uses."""

    ocr: Ocr
    work: WorkTable
    cases: Cases
    results: ResultsQueue
    portraits: Portraits
    policy: Policy
    now: Callable[[], datetime]

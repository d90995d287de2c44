"""What one recognition needs of the world outside. Each port has the real adapter and a fake in the tests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from permit_ocr.domain.card.answers import Answer
from permit_ocr.domain.confidence import Confidences
from permit_ocr.domain.errors import CircuitOpen, RejectDocument
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
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
class OcrRequest:
    """One action to be called for one image."""

    kind: Kind
    side: Side | None
    return_portrait: bool
    content: bytes | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OcrResponse:
    """What the provider answered to a ``OcrRequest``; ``endpoint`` is the host that did.

    ``fallback`` says that it is not the preferred one; ``confidences`` are its own, where it gives them.
    """

    answer: Answer
    endpoint: str
    request_id: str
    attempts: int
    milliseconds: int
    fallback: bool = False
    confidences: Confidences = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponse:
    """A paid answer as it is kept: the portrait has gone to the bucket, its key is here."""

    reply: OcrResponse
    portrait_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to make one paid reading for a document. ``owner`` is a token of this try alone."""

    recognition_id: str
    owner: str
    document_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """A document's event as JSON, and whether the results queue has taken it."""

    event: str
    published: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentState:
    """What is known of one document.

    ``recognition_ids`` are all recognitions it may use, ``pages`` how many documents a multi-page upload became,
    ``upload_until`` (seconds since 1970) how long a photo that has not arrived may still be uploaded.
    """

    document: Document | None = None
    """What was begun; none before."""
    recognition_ids: tuple[str, ...] = ()
    event: StoredEvent | None = None
    upload_until: float | None = None
    pages: int | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """One version of an object of ours."""

    bucket: str
    key: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSide:
    """One side in a case. Of two photographs of it the one with the greater ``sort_key`` counts."""

    kind: Kind
    side: Side
    document_id: str
    sort_key: str
    event: str
    """The document's event as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a case holds: at most one of each side of each kind, and the id of each kind's last completed event."""

    sides: tuple[CaseSide, ...]
    completed: Mapping[Kind, str]


type StoredOutcome = StoredResponse | RejectDocument


class Ocr(Protocol):
    """The provider."""

    site: str

    def recognize(self, question: OcrRequest, *, deadline: float) -> OcrResponse:
        """Return the answer; ``deadline`` is on ``time.monotonic``'s clock.

        Raises ``PermitOcrError``; attempts again only as the error table says.
        """
        ...

    def open_circuits(self) -> Mapping[Kind, CircuitOpen]:
        """Return why calls are stopped, by kind, as far as it is known here.

        Empty on a healthy line, where nobody is asked, and for a kind whose next call is a probe.
        """
        ...


class RecognitionStore(Protocol):
    """What was paid for, kept for some days. A reading is kept for the documents that use it."""

    def acquire_lease(
        self, recognition_id: str, kind: Kind, *, document_id: str, lease_seconds: float
    ) -> "StoredOutcome | Lease":
        """Return what an earlier reading came to, or the claim to read now: no one else gets one until the lease ends.

        Either way the document counts as one that uses it. Raises ``InProgress`` while another's lease runs, and
        ``RetryableError``.
        """
        ...

    def store_outcome(self, claim: Lease, outcome: StoredOutcome) -> None:
        """Keep what a reading came to, unless an outcome is kept already: that one was paid for first."""
        ...

    def release_lease(self, claim: Lease) -> None:
        """End a claim whose reading failed, so that the next try need not wait for the lease."""
        ...

    def remove_reference(self, recognition_id: str, *, document_id: str) -> bool:
        """Forget a reading unless another document uses it; return whether there is none now.

        Raises ``RetryableError``.
        """
        ...


class Documents(Protocol):
    """What each document came to, kept for some days. All raise ``RetryableError``."""

    def register(self, document_id: str, *, upload_until: float | None = None) -> DocumentState | None:
        """Note a document before it is read; return what is known of it if it is no new one."""
        ...

    def begin(self, document: Document, *, recognition_ids: Sequence[str]) -> StoredEvent | None:
        """Note that a document is read now, with the ``recognition_ids`` it may use; return its event if there is one.

        Raises ``Deleted``.
        """
        ...

    def record_pages(self, document_id: str, *, pages: int) -> None:
        """Note that an upload is ``pages`` documents, before any of them is begun. Raises ``Deleted``."""
        ...

    def store_event(self, document_id: str, kept: StoredEvent) -> None:
        """Keep the event a document came to. Raises ``Deleted``."""
        ...

    def get(self, document_id: str) -> DocumentState | None:
        """Return what is known of a document."""
        ...

    def mark_deleted(self, document_id: str, *, unknown_too: bool = False) -> DocumentState | None:
        """Leave a mark that stops whoever would begin or keep this document; its event is gone.

        Returns what must be known to erase the rest, every time until ``forget``; None for a document that is not
        known, unless those are buried too.
        """
        ...

    def purge(self, document_id: str, *, case: str | None) -> None:
        """Leave nothing of a buried document but the mark, and its case."""
        ...


class PresignedUploads(Protocol):
    """Photographs whose document's id is known before they are uploaded. All raise ``RetryableError``."""

    def store(self, document_id: str, content: bytes, metadata: Mapping[str, str]) -> None:
        """Upload a photograph on the sender's behalf."""
        ...

    def has_arrived(self, document_id: str) -> bool:
        """Tell whether the photograph has been uploaded."""
        ...


class Erasure(Protocol):
    """Deletes what is stored of documents, in every version. All raise ``RetryableError``."""

    def photo_versions(self, document: Document) -> Sequence[StoredVersion]:
        """Return what is stored of a document alone: of a page, not the upload that other pages are of."""
        ...

    def portrait_versions(self, recognition_id: str) -> Sequence[StoredVersion]:
        """Return what is stored of a reading's portrait."""
        ...

    def delete_versions(self, stored: Sequence[StoredVersion]) -> None:
        """Delete these versions; what is gone already does no harm."""
        ...


class Cases(Protocol):
    """Which sides of a case are in, kept for some days."""

    def add_side(self, case: str, side: CaseSide) -> Case:
        """Note a side, unless a newer photograph of it is there, and return the case as it is then.

        One step: of two sides that are noted at the same time, the second sees the first. Raises ``RetryableError``.
        """
        ...

    def store_completed(self, case: str, front: CaseSide, back: CaseSide, *, event_id: str, event: str) -> None:
        """Keep a pair's event in place of an earlier one's, unless another photograph has come by now.

        Raises ``RetryableError``.
        """
        ...

    def get(self, case: str) -> Case | None:
        """Return a case. Raises ``RetryableError``."""
        ...

    def completed_event(self, event_id: str) -> str | None:
        """Return a pair's event. Raises ``RetryableError``."""
        ...

    def remove_side(self, case: str, *, document_id: str) -> None:
        """Forget a document's side, and its pair's event, unless another photograph has its place by now.

        Raises ``RetryableError``.
        """
        ...


class ResultsQueue(Protocol):
    """Where results go."""

    def publish(self, event: str, *, event_id: str) -> None:
        """Send one event. Sending the same event again within five minutes changes nothing.

        Raises ``RetryableError``.
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
    work: RecognitionStore
    documents: Documents
    erasure: Erasure
    cases: Cases
    results: ResultsQueue
    portraits: Portraits
    policy: Policy
    count_rejection: Callable[[], None]
    now: Callable[[], datetime]

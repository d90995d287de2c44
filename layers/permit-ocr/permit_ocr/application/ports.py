"""The ports that several use cases share, and the types that pass through them.

Each port has an adapter and a fake in the tests. A port of a single use case is declared beside it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from permit_ocr.application.intake_messages import DocumentMessage
from permit_ocr.domain.card.answers import Answer
from permit_ocr.domain.errors import CircuitOpen, RejectDocument
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.domain.reader_report import ReaderReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One document to be recognised, with the sender's options.

    ``content`` is the image, None where only its URL was submitted. ``url`` is what the provider should download: the
    sender's URL, or a presigned one of the same content.
    """

    document: Document
    options: RecognitionOptions
    content: bytes | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unready:
    """An upload that is not recognised as it is: without a ``rejection`` it has to be converted first."""

    document: Document
    rejection: RejectDocument | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OcrRequest:
    """A call of one OCR action for one image."""

    kind: Kind
    side: Side | None
    return_portrait: bool
    content: bytes | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OcrResponse:
    """The provider's response to an ``OcrRequest``; ``endpoint`` is the host that sent it.

    ``fallback`` tells that this is not the preferred endpoint; ``report`` is the recogniser's, empty from the provider.
    It is stored without the portrait: that is in the bucket, under ``portrait_key``.
    """

    answer: Answer
    endpoint: str
    request_id: str
    attempts: int
    milliseconds: int
    fallback: bool = False
    report: ReaderReport = field(default_factory=ReaderReport)
    portrait_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to pay for one recognition. ``owner`` is a random token."""

    recognition_id: str
    owner: str
    document_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """A document's event as JSON, and whether the results queue has taken it."""

    event: str
    published: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReview:
    """What the list of open reviews says about a document."""

    kind: Kind
    side: Side
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentState:
    """The stored state of one document.

    ``recognition_ids`` are all recognitions it may use, ``pages`` how many documents a multi-page upload became,
    ``upload_until`` (seconds since 1970) how long a photo that has not arrived may still be uploaded.
    """

    document: Document | None = None
    """None until it is started."""
    recognition_ids: tuple[str, ...] = ()
    event: StoredEvent | None = None
    upload_until: float | None = None
    pages: int | None = None
    deleted: bool = False
    sending_seconds: float = 0.0
    """How much longer a reviewer's decision on it may be on its way to the results queue."""
    decision: StoredEvent | None = None
    """The event of the last decision on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """One version of an object in S3."""

    bucket: str
    key: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSide:
    """One side in a case. Of two photos of the same side, the one with the greater ``sort_key`` replaces the other.

    One that a reviewer has rejected replaces no other photo, and any other photo replaces it.
    """

    kind: Kind
    side: Side
    document_id: str
    sort_key: str
    event: str
    """The document's event as JSON."""
    is_rejected: bool = False
    """Whether a reviewer has rejected it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The sides of a case, at most one per side and kind, and the id of each kind's last completed event."""

    sides: tuple[CaseSide, ...]
    completed: Mapping[Kind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDocument:
    """A document of a case, and all recognitions it may use: enough to erase it after its own state has expired."""

    document: Document
    recognition_ids: tuple[str, ...] = ()


type StoredRecognition = OcrResponse | RejectDocument


class Ocr(Protocol):
    """The provider."""

    site: str

    def recognize(self, request: OcrRequest, *, deadline: float) -> OcrResponse:
        """Return the response. Raises ``PermitOcrError``, after the retries that the error table allows."""

    def open_circuits(self) -> Mapping[Kind, CircuitOpen]:
        """Return the errors of circuits known here to be open and not due for a probe. Makes no call while none is."""


class RecognitionStore(Protocol):
    """Paid recognitions, stored for some days for the documents that use them. All raise ``RetryableError``."""

    def acquire_lease(
        self, recognition_id: str, kind: Kind, *, document_id: str, lease_seconds: float
    ) -> "StoredRecognition | Lease":
        """Return the stored outcome, or a lease to call the provider: nobody else gets one until it ends.

        Either way the document now references the recognition. Raises ``InProgress`` while another lease runs.
        """

    def store_outcome(self, lease: Lease, outcome: StoredRecognition) -> None:
        """Store an outcome, unless there is one already: that one was paid for first."""

    def release_lease(self, lease: Lease) -> None:
        """End the lease of a failed call, so that the next try need not wait for it."""

    def remove_reference(self, recognition_id: str, *, document_id: str) -> bool:
        """Remove a document's reference, and the recognition with the last one; return whether it is gone."""


class Documents(Protocol):
    """The state of each document, kept for some days. All raise ``RetryableError``."""

    def register(self, document_id: str, *, upload_until: float | None = None) -> DocumentState | None:
        """Store a new document before it is started; return the state of one that is known already."""

    def begin(self, document: Document, *, recognition_ids: Sequence[str]) -> StoredEvent | None:
        """Store that a document is started, and the recognitions it may use.

        Return any event, which is that of the last decision on it if there is one. Raises ``Deleted``.
        """

    def record_pages(self, document_id: str, *, pages: int) -> None:
        """Store how many documents an upload becomes, before any of them is started. Raises ``Deleted``."""

    def store_event(self, document_id: str, event: StoredEvent, review: OpenReview | None = None) -> None:
        """Store the event of a document, and put it on the list of open reviews if it has a ``review``.

        Does nothing once a reviewer has decided on it. Raises ``Deleted``.
        """

    def get(self, document_id: str) -> DocumentState | None:
        """Return the state of a document, None if it is unknown."""

    def mark_deleted(self, document_id: str, *, include_unknown: bool = False) -> DocumentState | None:
        """Write a tombstone and remove the event. Later writes raise ``Deleted``.

        Returns the state that is needed to erase the rest, every time until ``purge``. Returns None for an unknown
        document, and writes no tombstone for it unless ``include_unknown``.
        """

    def purge(self, document_id: str, *, case: str | None) -> None:
        """Remove everything from a tombstone but the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadForm:
    """A form to be POSTed to ``url`` as multipart/form-data: these ``fields``, then the file as ``file``."""

    url: str
    fields: Mapping[str, str]


FORM_SECONDS: Final = 15 * 60
"""How long an upload form is valid: enough for a large scan on a slow connection, and no longer than the credentials of
the function that signed it."""


class PresignedUploads(Protocol):
    """Uploads whose document id is known beforehand. All raise ``RetryableError``."""

    def form(self, document_id: str, metadata: Mapping[str, str], *, content_type: str | None) -> UploadForm:
        """Return a form that allows one upload with this metadata and type. It makes no call to S3."""

    def store(self, document_id: str, content: bytes, metadata: Mapping[str, str]) -> None:
        """Upload a photo on the sender's behalf."""

    def has_arrived(self, document_id: str) -> bool:
        """Return whether the photo has been uploaded."""


class Erasure(Protocol):
    """Finds and deletes the stored objects of documents. All raise ``RetryableError``."""

    def photo_versions(self, document: Document) -> Sequence[StoredVersion]:
        """Return the versions that belong to this document only: for a page not the upload it shares with others."""

    def portrait_versions(self, recognition_id: str) -> Sequence[StoredVersion]:
        """Return the versions of a recognition's portrait."""

    def delete_versions(self, versions: Sequence[StoredVersion]) -> None:
        """Delete versions; those that are already gone are skipped."""


class Cases(Protocol):
    """The sides of each case, kept for some days. All raise ``RetryableError``."""

    def add_side(self, case: str, side: CaseSide) -> Case:
        """Store a side, unless a photo that it does not replace is stored; return the case after that, in one step."""

    def store_completed(self, case: str, front: CaseSide, back: CaseSide, *, event_id: str, event: str) -> None:
        """Store the event of a pair in place of an earlier one, unless either side has been replaced meanwhile."""

    def get(self, case: str) -> Case | None:
        """Return a case."""

    def completed_event(self, event_id: str) -> str | None:
        """Return the event of a pair."""

    def remove_side(self, case: str, *, document_id: str) -> None:
        """Remove a document's side and the event of its pair, unless another photo has replaced it."""


class CaseIndex(Protocol):
    """The documents of each case, as long as anything of them is kept. All raise ``RetryableError``."""

    def enlist(self, document: Document, recognition_ids: Sequence[str] = ()) -> bool:
        """Store a document with its case, if it has one, before anything else of it is stored.

        Without ``recognition_ids`` an entry that is there stays: it may have them. Return whether one was stored.
        """

    def deleted_at(self, case: str) -> float | None:
        """Return when a case was last deleted, in seconds since 1970, for as long as a message may wait."""

    def mark_deleted(self, case: str) -> None:
        """Store that a case is deleted now."""

    def documents(self, case: str) -> Iterator[CaseDocument]:
        """Yield the documents of a case."""

    def remove(self, case: str, *, document_id: str) -> None:
        """Remove a document of which nothing is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """Who did what with a document or a case. Nothing in it is from a card, a key or a case's name."""

    caller: str
    """An IAM identity's ARN or a token's subject; a function's role for what it does by itself."""
    action: str
    """A route of the API, or what a function does."""
    request_id: str
    document_id: str | None = None
    case: str | None = None
    """The digest of its name."""
    status: int | None = None
    """Status of the response; none for a deletion, whose line is written before it."""


class AuditTrail(Protocol):
    """A record of who has seen and deleted what."""

    def record(self, lines: Sequence[AuditLine]) -> None:
        """Write lines. Raises ``RetryableError``: nothing that they are about may be answered or read then."""


class EventPublisher(Protocol):
    """Where events go: the results queue and the webhook queue."""

    def publish(self, event: str, *, event_id: str) -> None:
        """Send an event; sending it again within five minutes changes nothing. Raises ``RetryableError``."""


class MessageQueue(Protocol):
    """The intake queue or the images queue."""

    def enqueue(self, message: DocumentMessage) -> None:
        """Send a message. Raises ``RetryableError``."""


class Portraits(Protocol):
    """The portraits in the upload bucket."""

    def store(self, portrait_base64: str, *, recognition_id: str) -> str | None:
        """Store a portrait and return its key. If that fails, return None, so that the paid response is not lost."""

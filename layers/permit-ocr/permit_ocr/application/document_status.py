"""The processing status of a document.

| stage           | what it means                                                                       |
|-----------------|-------------------------------------------------------------------------------------|
| awaiting_upload | an upload form was issued and nothing was uploaded with it                          |
| queued          | the photo has arrived, and its processing has not started                           |
| reading         | it has started; it may wait for quota, for the circuit to close or for the results  |
|                 | queue                                                                               |
"""

from dataclasses import dataclass
from enum import StrEnum

from permit_ocr.application.ports import Documents, DocumentState, PresignedUploads
from permit_ocr.domain.errors import Deleted
from permit_ocr.domain.identity import document_id_of_page


class Stage(StrEnum):
    """The stages in their order."""

    AWAITING_UPLOAD = "awaiting_upload"
    QUEUED = "queued"
    READING = "reading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Not done; of a file of several pages, ``pages_done`` of ``pages`` are."""

    stage: Stage
    pages: int | None = None
    pages_done: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Done: the published event, or that of the last decision on it, as JSON."""

    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DonePages:
    """Done: a file of several pages, each of which is a document; their ids in order."""

    page_ids: tuple[str, ...]


type DocumentStatus = Pending | Done | DonePages


def document_status(
    document_id: str, documents: Documents, uploads: PresignedUploads, *, now: float
) -> DocumentStatus | None:
    """Return the status of a document; None if it is unknown, or was never uploaded and its form has expired.

    ``now`` is in seconds since 1970. Raises ``Deleted`` and ``RetryableError``.
    """
    state = documents.get(document_id)
    if state is None:
        return None
    if state.deleted:
        raise Deleted
    if state.decision:
        return Done(event=state.decision.event)
    if state.event:
        return Done(event=state.event.event) if state.event.published else _READING
    if state.pages:
        return _of_pages(document_id, state.pages, documents)
    return _not_started(document_id, state, uploads, now=now) if state.document is None else _READING


def _not_started(document_id: str, state: DocumentState, uploads: PresignedUploads, *, now: float) -> Pending | None:
    if state.upload_until is None or uploads.has_arrived(document_id):
        return Pending(stage=Stage.QUEUED)
    return Pending(stage=Stage.AWAITING_UPLOAD) if now <= state.upload_until else None


def _of_pages(document_id: str, pages: int, documents: Documents) -> DocumentStatus:
    ids = tuple(document_id_of_page(document_id, page) for page in range(1, pages + 1))
    done = sum(_is_done(documents.get(page_id)) for page_id in ids)
    if done == pages:
        return DonePages(page_ids=ids)
    return Pending(stage=Stage.READING, pages=pages, pages_done=done)


def _is_done(page: DocumentState | None) -> bool:
    return page is not None and (page.deleted or (page.event is not None and page.event.published))


_READING = Pending(stage=Stage.READING)

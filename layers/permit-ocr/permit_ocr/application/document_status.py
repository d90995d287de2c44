"""How far a document is: what whoever handed it in is told while it is not done.

| stage           | what it means                                                              |
|-----------------|----------------------------------------------------------------------------|
| awaiting_upload | a ticket was given out and nothing was uploaded with it                    |
| queued          | it is there, nobody has begun with it                                      |
| reading         | it was begun; where the provider's quota or account is in the way, or the  |
|                 | results queue, it waits                                                    |
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
    """Not done. Of a file of several pages ``pages_done`` of ``pages`` are."""

    stage: Stage
    pages: int | None = None
    pages_done: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Done: the published event, as JSON."""

    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DonePages:
    """Done: a file of several pages, each a document of its own; their ids in order."""

    page_ids: tuple[str, ...]


type Progress = Pending | Done | DonePages


def progress(document_id: str, documents: Documents, tickets: PresignedUploads, *, now: float) -> Progress | None:
    """Return how far a document is; None for one that is not known, or whose time to be uploaded is over.

    ``now`` is in seconds since 1970. Raises ``Deleted`` and ``RetryableError``.
    """
    record = documents.get(document_id)
    if record is None:
        return None
    if record.deleted:
        raise Deleted
    if record.event:
        return Done(event=record.event.event) if record.event.published else _READING
    if record.pages:
        return _of_pages(document_id, record.pages, documents)
    return _not_begun(document_id, record, tickets, now=now) if record.document is None else _READING


def _not_begun(document_id: str, record: DocumentState, tickets: PresignedUploads, *, now: float) -> Pending | None:
    if record.upload_until is None or tickets.has_arrived(document_id):
        return Pending(stage=Stage.QUEUED)
    return Pending(stage=Stage.AWAITING_UPLOAD) if now <= record.upload_until else None


def _of_pages(document_id: str, pages: int, documents: Documents) -> Progress:
    ids = tuple(document_id_of_page(document_id, page) for page in range(1, pages + 1))
    done = sum(_is_done(documents.get(page_id)) for page_id in ids)
    if done == pages:
        return DonePages(page_ids=ids)
    return Pending(stage=Stage.READING, pages=pages, pages_done=done)


def _is_done(page: DocumentState | None) -> bool:
    return page is not None and (page.deleted or (page.event is not None and page.event.published))


_READING = Pending(stage=Stage.READING)

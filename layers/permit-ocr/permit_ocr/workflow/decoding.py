"""Around the decoding of what is no plain image: what must be known of a document so that it can be deleted meanwhile.

upload ─ begin ─▶ decoded elsewhere ─▶ each page ─ note how many ─▶ read like any photograph
"""

from permit_ocr.domain.errors import Deleted
from permit_ocr.domain.results import Document
from permit_ocr.workflow.deletion import erase
from permit_ocr.workflow.ports import Services


def begin_decoding(upload: Document, services: Services) -> bool:
    """Note that an upload has to be decoded; return whether it still has: not if its result is published.

    Raises ``Deleted``: nothing of it is left then. Raises ``RetryLater``.
    """
    try:
        kept = services.documents.begin(upload, readings=())
    except Deleted:
        erase(upload, (), services)
        raise
    return not (kept and kept.published)


def note_page(page: Document, services: Services, *, upload_id: str) -> None:
    """Note how many pages an upload has, before one of several is read.

    Raises ``Deleted`` if the upload was deleted: nothing of the page is left then. Raises ``RetryLater``.
    """
    if page.id == upload_id or page.pages is None:
        return
    try:
        services.documents.note_pages(upload_id, pages=page.pages)
    except Deleted:
        erase(page, (), services)
        raise

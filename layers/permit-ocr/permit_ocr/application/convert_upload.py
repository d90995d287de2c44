"""Around the decoding of what is no plain image: what must be known of a document so that it can be deleted meanwhile.

upload ─ begin ─▶ decoded elsewhere ─▶ each page ─ note how many ─▶ read like any photograph
"""

from permit_ocr.application.delete_document import erase
from permit_ocr.application.ports import Services
from permit_ocr.domain.errors import Deleted
from permit_ocr.domain.events import Document


def begin_conversion(upload: Document, services: Services) -> bool:
    """Note that an upload has to be decoded; return whether it still has: not if its result is published.

    Raises ``Deleted``: nothing of it is left then. Raises ``RetryableError``.
    """
    try:
        kept = services.documents.begin(upload, recognition_ids=())
    except Deleted:
        erase(upload, (), services)
        raise
    return not (kept and kept.published)


def note_page(page: Document, services: Services, *, upload_id: str) -> None:
    """Note how many pages an upload has, before one of several is read.

    Raises ``Deleted`` if the upload was deleted: nothing of the page is left then. Raises ``RetryableError``.
    """
    if page.id == upload_id or page.pages is None:
        return
    try:
        services.documents.record_pages(upload_id, pages=page.pages)
    except Deleted:
        erase(page, (), services)
        raise

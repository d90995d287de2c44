"""A document is deleted: what was read of it, its photograph and its portrait are gone; what others share stays.

mark it as deleted ─ whoever works on it, or is given it again, sees the mark and publishes nothing
      │
its pages likewise, each by itself
      │
let go of its readings; the last document that used one takes it and its portrait along
      │
its photograph, its side of its case
      │
forget where all that was: nothing but the mark is left, and the case, where a publishing that was on its way may
note the side once more

Each step may be repeated, so a deletion that was cut short is finished by asking for it again. An event that is on the
results queue already cannot be called back.
"""

from collections.abc import Iterable

from permit_ocr.application.ports import DocumentState, Services
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import document_id_of_page


def delete(document_id: str, services: Services) -> bool:
    """Delete a document and return whether there was one, now or before. Raises ``RetryableError``."""
    record = services.documents.mark_deleted(document_id)
    if record is None and services.erasure.photo_versions(Document(id=document_id)):
        # It outlived what is known of it, or waits to be read for longer: where an upload of ours lies, its id tells.
        record = services.documents.mark_deleted(document_id, unknown_too=True)
    if record is None:
        return False
    for page in range(1, (record.pages or 0) + 1):
        _delete_page(document_id_of_page(document_id, page), services)
    _erase_recorded(document_id, record, services)
    return True


def erase(document: Document, recognition_ids: Iterable[str], services: Services) -> None:
    """Erase everything that is kept for a deleted document. Raises ``RetryableError``."""
    for reading in recognition_ids:
        # Looked for before: a portrait that is stored after the reading is let go is somebody else's.
        portraits = services.erasure.portrait_versions(reading)
        if services.work.remove_reference(reading, document_id=document.id):
            services.erasure.delete_versions(portraits)
    services.erasure.delete_versions(services.erasure.photo_versions(document))
    if document.case:
        services.cases.remove_side(document.case, document_id=document.id)


def _delete_page(page_id: str, services: Services) -> None:
    if record := services.documents.mark_deleted(page_id, unknown_too=True):
        _erase_recorded(page_id, record, services)


def _erase_recorded(document_id: str, record: DocumentState, services: Services) -> None:
    erase(record.document or Document(id=document_id), record.recognition_ids, services)
    services.documents.purge(document_id, case=record.document.case if record.document else None)

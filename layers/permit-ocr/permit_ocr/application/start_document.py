"""Start a document, unless it or its case was deleted.

enlist it in its case ─▶ was the case deleted after it was submitted? ── yes ─▶ ``Deleted``
      │ no
record that it was started (``Documents.begin``)

In this order a deletion of the case misses no document: either it finds the document in the case, or the document finds
that the case was deleted. Documents that are submitted to the same case afterwards are new ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from permit_ocr.application.ports import CaseIndex, Documents, StoredEvent
from permit_ocr.domain.errors import Deleted
from permit_ocr.domain.events import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDocument:
    """The use case."""

    documents: Documents
    case_index: CaseIndex
    now: Callable[[], datetime]

    def __call__(self, document: Document, recognition_ids: Sequence[str] = ()) -> StoredEvent | None:
        """Record that a document is started, with the recognitions that it may use, and return any event.

        Raises ``Deleted`` and ``RetryableError``.
        """
        if document.case:
            submitted = document.received or self.now()
            self.case_index.enlist(document, recognition_ids)
            deleted_at = self.case_index.deleted_at(document.case)
            if deleted_at is not None and submitted.timestamp() <= deleted_at:
                raise Deleted
        return self.documents.begin(document, recognition_ids=recognition_ids)

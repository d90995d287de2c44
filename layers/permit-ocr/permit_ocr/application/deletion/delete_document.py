"""Delete a document: erase what is stored of it, and leave a tombstone.

write the tombstone ─ from now on, processing or receiving the document raises ``Deleted`` and publishes nothing
      │
is a reviewer's decision being published right now? ── yes ─▶ ``DecisionBeingSent``: nothing is published afterwards
      │ no
delete each of its pages the same way: they are documents, too
      │
remove its references to recognitions; the last reference takes the recognition and its portrait with it
      │
delete its photo, its side of its case, and stop watching its card; the other side needs no review for a mismatch then
      │
purge the tombstone of everything but the case, to which a running publication may still add the side

Each step can be repeated: an interrupted deletion is finished by requesting it again.

Erased:
- its state, result and review: ``document#…`` in the work table (``adapters/dynamodb/documents.py``, ``reviews.py``)
- recognitions that only it uses: ``recognition#…`` in the work table, and portraits under ``portraits/`` in the bucket
- its photo, whatever its key, and the images made of it under ``pages/`` (see ``adapters/s3/erasure.py``)
- its side of its case, and the event of its pair: ``case#…`` and ``completed#…`` in the work table
- the watch on its card (``adapters/dynamodb/watched_cards.py``): also after its state has expired
- its entry in its case (``case#…`` in the references table), with which it is found when the case is deleted

Kept, and for how long:
- the tombstone, which holds the ids of the document and its case: 36 days (``TOMBSTONE_DAYS``)
- recognitions that other documents use: until these are deleted, or ``KeepDays`` after their last use; the portraits of
  such a recognition: as long, or ``UploadRetentionDays``
- if its state has expired (after ``KeepDays``) and it is not deleted with its case, portraits, and a photo whose key
  its sender chose, since that key is not known any more: ``UploadRetentionDays``
- an upload of several pages of which one page is deleted: until the upload is deleted, or ``UploadRetentionDays``
- events that were sent before, its pair's included: 14 days each on the results queue and its dead-letter queue, 7 and
  14 days on those of webhooks; nobody can recall them from a consumer or a receiver
- messages with its S3 key (for an image at a URL, with that URL and the case): 7 days each on the intake and images
  queues, 14 days on their dead-letter queue
- how often its messages have failed: ``failures#MESSAGE_ID`` in the work table, 14 days
- log lines with its id: ``LogRetentionDays``
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from permit_ocr.application.ports import (
    CaseDocument,
    CaseIndex,
    Cases,
    CaseSide,
    Documents,
    DocumentState,
    Erasure,
    OpenReview,
    RecognitionStore,
)
from permit_ocr.application.reminders.ports import WatchedCards
from permit_ocr.application.review.ports import Reviews
from permit_ocr.domain.errors import DecisionBeingSent, Deleted
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import document_id_of_page
from permit_ocr.domain.verdict import Verdict
from permit_ocr.images.rejections import MAX_PAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseDocument:
    """Erases everything that is stored of a document but its tombstone."""

    erasure: Erasure
    recognitions: RecognitionStore
    cases: Cases
    case_index: CaseIndex
    watched_cards: WatchedCards | None
    """None if reminders are off."""
    reviews: Reviews | None
    """None if there is no list of open reviews."""

    def __call__(self, document: Document, recognition_ids: Sequence[str]) -> None:
        """Erase what is stored of a document, and of the recognitions that only it uses. Raises ``RetryableError``."""
        for recognition_id in recognition_ids:
            # Listed first: a portrait stored after the reference is removed belongs to another document.
            portraits = self.erasure.portrait_versions(recognition_id)
            if self.recognitions.remove_reference(recognition_id, document_id=document.id):
                self.erasure.delete_versions(portraits)
        self.erasure.delete_versions(self.erasure.photo_versions(document))
        if document.case:
            others = self._other_sides(document.case, document.id)
            self._end_mismatches(others)  # also before: an interrupted deletion does not find the others again
            self.cases.remove_side(document.case, document_id=document.id)
            self._end_mismatches(others)
        if self.watched_cards:
            self.watched_cards.remove(document)

    def _other_sides(self, case: str, document_id: str) -> list[CaseSide]:
        stored = self.cases.get(case) if self.reviews else None
        sides = stored.sides if stored else ()
        kinds = {one.kind for one in sides if one.document_id == document_id}
        return [one for one in sides if one.kind in kinds and one.document_id != document_id]

    def _end_mismatches(self, others: Sequence[CaseSide]) -> None:
        """Take sides off the list of open reviews, unless they need one by themselves."""
        if self.reviews is None:
            return
        for other in others:
            data = json.loads(other.event)["data"]
            alone = OpenReview(kind=other.kind, side=other.side, reasons=tuple(data["reasons"]))
            self.reviews.replace_reasons(other.document_id, alone if data["verdict"] == Verdict.REVIEW else None)

    def is_photo_left(self, document_id: str) -> bool:
        """Return whether a direct upload is left, whose key names the document. Raises ``RetryableError``."""
        return bool(self.erasure.photo_versions(Document(id=document_id)))

    def watched(self, document_ids: Sequence[str]) -> Sequence[str]:
        """Return those of the documents whose cards are watched. Raises ``RetryableError``."""
        return self.watched_cards.watched(document_ids) if self.watched_cards else ()

    @contextmanager
    def erasing_if_deleted(self, document: Document, recognition_ids: Sequence[str] = ()) -> Iterator[None]:
        """Erase a document for which the block raises ``Deleted``; that is raised again."""
        try:
            yield
        except Deleted:
            self(document, recognition_ids)
            self.remove_from_case(document)
            raise

    def remove_from_case(self, document: Document) -> None:
        """Remove a document of which nothing is left from its case. Raises ``RetryableError``."""
        if document.case:
            self.case_index.remove(document.case, document_id=document.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteDocument:
    """The use case."""

    documents: Documents
    erase: EraseDocument

    def __call__(self, document_id: str) -> bool:
        """Delete a document and return whether it was known, now or before. Raises ``RetryableError``."""
        state = self.documents.mark_deleted(document_id)
        if state is None:
            state = self._mark_deleted_later(document_id)
        if state is None:
            return False
        self._delete(document_id, state)
        return True

    def _mark_deleted_later(self, document_id: str) -> DocumentState | None:
        """Write the tombstone of a document whose state has expired, or that has never been started, if any is left."""
        pages = {document_id_of_page(document_id, number): number for number in range(1, MAX_PAGES + 1)}
        watched = self.erase.watched([document_id, *pages])
        if not watched and not self.erase.is_photo_left(document_id):
            return None
        state = self.documents.mark_deleted(document_id, include_unknown=True)
        return replace(state, pages=max((pages.get(one, 0) for one in watched), default=0) or None) if state else None

    def of_case(self, entry: CaseDocument) -> None:
        """Delete a document of a case, also after its state has expired. Raises ``RetryableError``."""
        document_id = entry.document.id
        state = self.documents.mark_deleted(document_id, include_unknown=True) or DocumentState()
        if state.document is None:
            state = replace(state, document=entry.document, recognition_ids=entry.recognition_ids)
        self._delete(document_id, state)

    def _delete(self, document_id: str, state: DocumentState) -> None:
        for number in range(1, (state.pages or 0) + 1):
            page_id = document_id_of_page(document_id, number)
            if page := self.documents.mark_deleted(page_id, include_unknown=True):
                self._erase_and_purge(page_id, page)
        self._erase_and_purge(document_id, state)

    def _erase_and_purge(self, document_id: str, state: DocumentState) -> None:
        if state.sending_seconds:
            raise DecisionBeingSent(after_seconds=state.sending_seconds)
        document = state.document or Document(id=document_id)
        self.erase(document, state.recognition_ids)
        self.documents.purge(document_id, case=document.case)
        self.erase.remove_from_case(document)  # last: a repeated deletion of the case must still find it

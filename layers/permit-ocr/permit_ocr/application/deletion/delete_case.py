"""Delete a case: each of its documents, those that are still on their way included.

write the case's tombstone ─ from now on, starting a document that was submitted before raises ``Deleted``
      │
delete every document that is enlisted in the case (see ``delete_document``)
      │
stop watching its cards, also those of documents that have left the index

Repeating it finishes an interrupted deletion, and is no error.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from permit_ocr.application.deletion.delete_document import DeleteDocument
from permit_ocr.application.pair_sides import photo_sort_key
from permit_ocr.application.ports import CaseIndex, Cases
from permit_ocr.application.reminders.ports import WatchedCards
from permit_ocr.domain.errors import RetryableError


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCase:
    """The use case."""

    case_index: CaseIndex
    cases: Cases
    delete: DeleteDocument
    watched_cards: WatchedCards | None
    """None if reminders are off."""
    now: Callable[[], datetime]

    def __call__(self, case: str, *, deadline: float) -> int:
        """Delete a case and return how many documents of it were deleted; none if there is no such case.

        ``deadline`` is on ``time.monotonic``'s clock. Raises ``RetryableError``, also if the time did not suffice.
        """
        until = photo_sort_key(self.now(), "~")  # after every document of that microsecond
        self.case_index.mark_deleted(case)
        deleted = 0
        for entry in self.case_index.documents(case):
            _check(deadline)
            self.delete.of_case(entry)
            self.case_index.remove(case, document_id=entry.document.id)
            deleted += 1
        stored = self.cases.get(case)
        for side in stored.sides if stored else ():  # of an earlier version, which enlisted no documents
            _check(deadline)
            deleted += self.delete(side.document_id)
        if self.watched_cards:
            deleted += len(self.watched_cards.remove_case(case, until=until))
        return deleted


def _check(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise RetryableError(
            "Case.DeletedInPart", "The case has more documents than one request deletes.", "Delete it again."
        )

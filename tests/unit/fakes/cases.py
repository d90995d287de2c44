"""Cases with their sides, and which documents belong to them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from permit_ocr.application.ports import Case, CaseDocument, CaseSide
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import Kind, Side
from tests.unit.fakes.clock import NOW


def _replaces(side: CaseSide, stands: CaseSide) -> bool:
    if side.document_id != stands.document_id and (side.is_rejected or stands.is_rejected):
        return not side.is_rejected
    return side.sort_key >= stands.sort_key


@dataclass
class FakeCases:
    """Cases that never expire."""

    sides: dict[str, dict[tuple[Kind, Side], CaseSide]] = field(default_factory=dict)
    completed: dict[str, dict[Kind, str]] = field(default_factory=dict)
    events: dict[str, str] = field(default_factory=dict)

    def add_side(self, case: str, side: CaseSide) -> Case:
        there = self.sides.setdefault(case, {})
        stands = there.get((side.kind, side.side))
        if stands is None or _replaces(side, stands):
            there[side.kind, side.side] = side
        return Case(sides=tuple(there.values()), completed=dict(self.completed.get(case, {})))

    def store_completed(self, case: str, front: CaseSide, back: CaseSide, *, event_id: str, event: str) -> None:
        there = self.sides[case]
        if any(there.get((one.kind, one.side)) != one for one in (front, back)):
            return
        completed = self.completed.setdefault(case, {})
        self.events.pop(completed.get(front.kind, ""), None)
        self.events[event_id] = event
        completed[front.kind] = event_id

    def get(self, case: str) -> Case | None:
        if case not in self.sides:
            return None
        return Case(sides=tuple(self.sides[case].values()), completed=dict(self.completed.get(case, {})))

    def completed_event(self, event_id: str) -> str | None:
        return self.events.get(event_id)

    def remove_side(self, case: str, *, document_id: str) -> None:
        there = self.sides.get(case, {})
        for side in [side for side in there.values() if side.document_id == document_id]:
            del there[side.kind, side.side]
            self.events.pop(self.completed.get(case, {}).pop(side.kind, ""), None)


@dataclass
class FakeCaseIndex:
    """Cases that never expire."""

    now: Callable[[], datetime] = lambda: NOW
    enlisted: dict[str, dict[str, CaseDocument]] = field(default_factory=dict)
    deleted: dict[str, float] = field(default_factory=dict)

    def enlist(self, document: Document, recognition_ids: Sequence[str] = ()) -> bool:
        if not document.case:
            return False
        entries = self.enlisted.setdefault(document.case, {})
        if document.id in entries and not recognition_ids:
            return False
        entries[document.id] = CaseDocument(document=document, recognition_ids=tuple(recognition_ids))
        return True

    def deleted_at(self, case: str) -> float | None:
        return self.deleted.get(case)

    def mark_deleted(self, case: str) -> None:
        self.deleted[case] = self.now().timestamp()

    def documents(self, case: str) -> Iterator[CaseDocument]:
        yield from list(self.enlisted.get(case, {}).values())

    def remove(self, case: str, *, document_id: str) -> None:
        self.enlisted.get(case, {}).pop(document_id, None)

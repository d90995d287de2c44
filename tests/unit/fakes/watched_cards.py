"""Cards whose expiry is watched."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from permit_ocr.application.reminders.ports import WatchPage
from permit_ocr.domain.card.notices import Watch
from permit_ocr.domain.events import Document


@dataclass
class FakeWatchedCards:
    """Watched cards that never expire, by case and kind, or by document."""

    cards: dict[tuple[str, ...], Watch] = field(default_factory=dict)
    writes: int = 0

    def put(self, watch: Watch, *, replaces: bool = True) -> None:
        self.writes += 1
        key = (watch.case, watch.kind) if watch.case else (watch.document_id,)
        there = self.cards.get(key)
        if there is None or (
            there.revision < watch.revision
            if there.document_id == watch.document_id
            else replaces and there.sort_key < watch.sort_key
        ):
            self.cards[key] = watch

    def watched(self, document_ids: Sequence[str]) -> list[str]:
        there = {watch.document_id for watch in self.cards.values()}
        return [one for one in document_ids if one in there]

    def remove(self, document: Document) -> None:
        self.cards = {key: watch for key, watch in self.cards.items() if watch.document_id != document.id}

    def remove_case(self, case: str, *, until: str) -> list[str]:
        removed = {key: one for key, one in self.cards.items() if one.case == case and one.sort_key <= until}
        self.cards = {key: watch for key, watch in self.cards.items() if key not in removed}
        return [watch.document_id for watch in removed.values()]

    def with_last_day(self, valid_until: date, *, after: str | None, limit: int) -> WatchPage:
        """Return a page by document; ``after`` is a document's id."""
        there = sorted(
            (one for one in self.cards.values() if one.valid_until == valid_until and one.document_id > (after or "")),
            key=lambda one: one.document_id,
        )
        following = there[limit - 1].document_id if len(there) > limit else None
        return WatchPage(watches=tuple(there[:limit]), following=following)

"""One event for each pair, in any order of the sides and wherever a delivery is killed and repeated.

Something may happen around every call of a port (``interleavings``).
"""

import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.application.ports import OcrRequest, OcrResponse, Submission
from permit_ocr.domain.errors import RetryableError
from permit_ocr.domain.identity import pair_id
from permit_ocr.domain.permits import Kind, Side
from tests.unit.fakes.cases import FakeCases
from tests.unit.fakes.clock import NOW
from tests.unit.fakes.documents import FakeDocuments
from tests.unit.fakes.files import FakePortraits, jpeg
from tests.unit.fakes.ocr import MAINLAND_BACK, MAINLAND_FRONT
from tests.unit.fakes.recognition_store import FakeRecognitionStore
from tests.unit.fakes.world import World, submission
from tests.unit.interleavings import FIFO_SECONDS, FifoQueue, KilledError, Stepped

PAIR = pair_id(case="7", front="front", back="back")
NEWER_PAIR = pair_id(case="7", front="newer", back="back")


def sent(document_id: str, side: Side, seconds: float) -> Submission:
    return submission(
        jpeg(document_id.encode()),
        document_id=document_id,
        case="7",
        received=NOW + timedelta(seconds=seconds),
        kind=Kind.MAINLAND_PERMIT,
        side=side,
    )


DOCUMENTS = {
    "front": sent("front", Side.FRONT, 0),
    "back": sent("back", Side.BACK, 1),
    "newer": sent("newer", Side.FRONT, 2),
}


@dataclass
class Schedule:
    """The time, and what happens around each port call in turn: nothing, a kill, a wait or a nested delivery."""

    happens: list[str]
    documents: tuple[str, ...]
    now: float = 0.0
    depth: int = 0
    recognitions: FakeRecognitionStore = field(default_factory=FakeRecognitionStore)
    kept: FakeDocuments = field(default_factory=FakeDocuments)
    cases: FakeCases = field(default_factory=FakeCases)
    queue: FifoQueue = field(init=False)

    def __post_init__(self) -> None:
        self.queue = FifoQueue(lambda: self.now)

    def act(self) -> None:
        act = self.happens.pop(0) if self.happens else "go on"
        if act == "kill":
            self.recognitions.leased.clear()  # as if the lease had expired by the next delivery
            raise KilledError
        if act == "wait":
            self.now += FIFO_SECONDS + 1
        if act in self.documents and self.depth < 4:
            self.deliver(act)

    def deliver(self, document_id: str) -> None:
        self.depth += 1
        try:
            self.here.recognize(DOCUMENTS[document_id], deadline=time.monotonic() + 45)
        except RetryableError:
            pass
        finally:
            self.depth -= 1

    @property
    def here(self) -> World:
        return World(
            ocr=cast("Any", Stepped(self.act, SidedOcr())),
            recognitions=cast("Any", Stepped(self.act, self.recognitions)),
            documents=cast("Any", Stepped(self.act, self.kept)),
            cases=cast("Any", Stepped(self.act, self.cases)),
            results=cast("Any", Stepped(self.act, self.queue)),
            portraits=FakePortraits(),
            now=lambda: NOW + timedelta(seconds=self.now),
        )

    def done(self) -> bool:
        kept = [self.kept.events.get(document_id) for document_id in self.documents]
        return all(one and one.published for one in kept)


class SidedOcr:
    site = "intl"

    def recognize(self, request: OcrRequest, *, deadline: float) -> OcrResponse:
        assert deadline
        answer = MAINLAND_BACK if request.side is Side.BACK else MAINLAND_FRONT
        return OcrResponse(answer=answer, endpoint="ocr.example", request_id="1", attempts=1, milliseconds=600)


def run(happens: list[str], documents: tuple[str, ...]) -> Schedule:
    """Deliver the documents in this order, repeatedly, until each is stored as published."""
    schedule = Schedule(happens=list(happens), documents=documents)
    for _ in range(50):
        for document_id in documents:
            schedule.depth = 0
            try:
                schedule.deliver(document_id)
            except KilledError:
                schedule.now += 20  # the message becomes visible again
        if schedule.done() and not schedule.happens:
            return schedule
    raise AssertionError("the deliveries never end")


ACTS = ["go on", "go on", "kill", "front", "back", "newer"]


@given(st.lists(st.sampled_from(ACTS), max_size=40), st.permutations(["front", "back"]))
def test_a_pair_has_exactly_one_event(happens: list[str], order: list[str]) -> None:
    schedule = run(happens, tuple(order))
    visible = schedule.queue.ids()
    assert PAIR in visible
    if schedule.now <= FIFO_SECONDS:
        assert visible.count(PAIR) == 1
    assert list(schedule.cases.events) == [PAIR]


@given(st.lists(st.sampled_from([*ACTS, "wait"]), max_size=40), st.permutations(["front", "back", "newer"]))
def test_the_newest_photos_are_the_final_pair_in_any_order(happens: list[str], order: list[str]) -> None:
    schedule = run(happens, tuple(order))
    visible = schedule.queue.ids()
    assert NEWER_PAIR in visible
    assert list(schedule.cases.events) == [NEWER_PAIR]
    if schedule.now <= FIFO_SECONDS:
        assert visible.count(NEWER_PAIR) == 1
        assert visible.count(PAIR) <= 1


@pytest.mark.parametrize("first", ["front", "back"])
@pytest.mark.parametrize("kill_at", range(40))
def test_a_kill_at_any_step_neither_loses_nor_repeats_a_pair(kill_at: int, first: str) -> None:
    order = (first, "back" if first == "front" else "front")
    schedule = run([*["go on"] * kill_at, "kill"], order)
    visible = schedule.queue.ids()
    assert visible.count(PAIR) == 1
    assert set(visible) == {"front", "back", PAIR}


def test_redelivering_a_replaced_photo_does_not_restore_its_pair() -> None:
    schedule = run([], ("front", "back", "newer"))
    schedule.kept.store_event("front", replace(schedule.kept.events["front"], published=False))
    schedule.now += 2 * FIFO_SECONDS
    schedule.deliver("front")
    assert schedule.queue.ids() == ["front", "back", PAIR, "newer", NEWER_PAIR, "front"]

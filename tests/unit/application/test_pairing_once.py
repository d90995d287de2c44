"""One event for each pair, in any order of the sides and wherever a delivery is killed and repeated.

As in ``test_once_only``, something may happen around every call of a port.
"""

import json
import time
from collections import Counter
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
from tests.unit.fakes import (
    MAINLAND_BACK,
    MAINLAND_FRONT,
    NOW,
    FakeCases,
    FakeDocuments,
    FakePortraits,
    FakeRecognitionStore,
    World,
    jpeg,
    submission,
)

FIFO_SECONDS = 300
PAIR = pair_id(case="7", front="front", back="back")
NEWER_PAIR = pair_id(case="7", front="newer", back="back")


class KilledError(BaseException):
    """The environment was killed in the middle of a step."""


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
    taken: dict[str, float] = field(default_factory=dict)
    visible: list[str] = field(default_factory=list)

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
            ocr=cast("Any", Stepped(self, SidedOcr())),
            recognitions=cast("Any", Stepped(self, self.recognitions)),
            documents=cast("Any", Stepped(self, self.kept)),
            cases=cast("Any", Stepped(self, self.cases)),
            results=cast("Any", Stepped(self, FifoQueue(self))),
            portraits=FakePortraits(),
            now=lambda: NOW + timedelta(seconds=self.now),
        )

    def done(self) -> bool:
        kept = [self.kept.events.get(document_id) for document_id in self.documents]
        return all(one and one.published for one in kept)


class Stepped:
    """A port whose calls have a step before and a step after them."""

    def __init__(self, schedule: Schedule, port: object) -> None:
        self._schedule = schedule
        self._port = port

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._port, name)
        if not callable(attribute):
            return attribute

        def step(*arguments: Any, **named: Any) -> Any:
            self._schedule.act()
            result = attribute(*arguments, **named)
            self._schedule.act()
            return result

        return step


class SidedOcr:
    site = "intl"

    def recognize(self, request: OcrRequest, *, deadline: float) -> OcrResponse:
        assert deadline
        answer = MAINLAND_BACK if request.side is Side.BACK else MAINLAND_FRONT
        return OcrResponse(answer=answer, endpoint="ocr.example", request_id="1", attempts=1, milliseconds=600)


@dataclass
class FifoQueue:
    """SQS FIFO: a repeated deduplication id within five minutes is accepted and dropped."""

    schedule: Schedule

    def publish(self, event: str, *, event_id: str) -> None:
        assert json.loads(event)["id"] == event_id
        if self.schedule.now - self.schedule.taken.get(event_id, -1e9) > FIFO_SECONDS:
            self.schedule.visible.append(event_id)
            self.schedule.taken[event_id] = self.schedule.now


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
    count = Counter(schedule.visible)
    assert count[PAIR] >= 1
    if schedule.now <= FIFO_SECONDS:
        assert schedule.visible.count(PAIR) == 1
    assert list(schedule.cases.events) == [PAIR]


@given(st.lists(st.sampled_from([*ACTS, "wait"]), max_size=40), st.permutations(["front", "back", "newer"]))
def test_the_newest_photos_are_the_final_pair_in_any_order(happens: list[str], order: list[str]) -> None:
    schedule = run(happens, tuple(order))
    assert NEWER_PAIR in schedule.visible
    assert list(schedule.cases.events) == [NEWER_PAIR]
    if schedule.now <= FIFO_SECONDS:
        assert schedule.visible.count(NEWER_PAIR) == 1
        assert schedule.visible.count(PAIR) <= 1


@pytest.mark.parametrize("first", ["front", "back"])
@pytest.mark.parametrize("kill_at", range(40))
def test_a_kill_at_any_step_neither_loses_nor_repeats_a_pair(kill_at: int, first: str) -> None:
    order = (first, "back" if first == "front" else "front")
    schedule = run([*["go on"] * kill_at, "kill"], order)
    assert schedule.visible.count(PAIR) == 1
    assert set(schedule.visible) == {"front", "back", PAIR}


def test_redelivering_a_replaced_photo_does_not_restore_its_pair() -> None:
    schedule = run([], ("front", "back", "newer"))
    schedule.kept.store_event("front", replace(schedule.kept.events["front"], published=False))
    schedule.now += 2 * FIFO_SECONDS
    schedule.deliver("front")
    assert schedule.visible == ["front", "back", PAIR, "newer", NEWER_PAIR, "front"]

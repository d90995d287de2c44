"""One event for each pair: whatever the order of the sides, and wherever a delivery is killed and comes again.

As in ``test_once_only``, every call of a port is a place where something may happen.
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
    photograph,
)

FIFO_SECONDS = 300
PAIR = pair_id(case="7", front="front", back="back")
NEWER_PAIR = pair_id(case="7", front="newer", back="back")


class KilledError(BaseException):
    """The environment is gone, in the middle of whatever it did."""


def sent(document_id: str, side: Side, seconds: float) -> Submission:
    return photograph(
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
class Stage:
    """Time, and what happens at each port call in turn: nothing, a kill, a wait, or another delivery within this."""

    happens: list[str]
    documents: tuple[str, ...]
    now: float = 0.0
    depth: int = 0
    work: FakeRecognitionStore = field(default_factory=FakeRecognitionStore)
    kept: FakeDocuments = field(default_factory=FakeDocuments)
    cases: FakeCases = field(default_factory=FakeCases)
    taken: dict[str, float] = field(default_factory=dict)
    visible: list[str] = field(default_factory=list)

    def act(self) -> None:
        act = self.happens.pop(0) if self.happens else "go on"
        if act == "kill":
            self.work.claimed.clear()  # as if the lease had run out by the next delivery
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
            recognitions=cast("Any", Stepped(self, self.work)),
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
    """A port of which every call is two steps: before and after what it does."""

    def __init__(self, stage: Stage, port: object) -> None:
        self._stage = stage
        self._port = port

    def __getattr__(self, name: str) -> Any:
        there = getattr(self._port, name)
        if not callable(there):
            return there

        def step(*arguments: Any, **named: Any) -> Any:
            self._stage.act()
            answer = there(*arguments, **named)
            self._stage.act()
            return answer

        return step


class SidedOcr:
    site = "intl"

    def recognize(self, request: OcrRequest, *, deadline: float) -> OcrResponse:
        assert deadline
        answer = MAINLAND_BACK if request.side is Side.BACK else MAINLAND_FRONT
        return OcrResponse(answer=answer, endpoint="ocr.example", request_id="1", attempts=1, milliseconds=600)


@dataclass
class FifoQueue:
    """SQS FIFO: the same deduplication id within five minutes is taken and thrown away."""

    stage: Stage

    def publish(self, event: str, *, event_id: str) -> None:
        assert json.loads(event)["id"] == event_id
        if self.stage.now - self.stage.taken.get(event_id, -1e9) > FIFO_SECONDS:
            self.stage.visible.append(event_id)
            self.stage.taken[event_id] = self.stage.now


def run(happens: list[str], documents: tuple[str, ...]) -> Stage:
    """Deliver the documents in this order, again and again until each is noted as published."""
    stage = Stage(happens=list(happens), documents=documents)
    for _ in range(50):
        for document_id in documents:
            stage.depth = 0
            try:
                stage.deliver(document_id)
            except KilledError:
                stage.now += 20  # the message shows again
        if stage.done() and not stage.happens:
            return stage
    raise AssertionError("the deliveries never end")


ACTS = ["go on", "go on", "kill", "front", "back", "newer"]


@given(st.lists(st.sampled_from(ACTS), max_size=40), st.permutations(["front", "back"]))
def test_a_pair_has_exactly_one_event(happens: list[str], order: list[str]) -> None:
    stage = run(happens, tuple(order))
    count = Counter(stage.visible)
    assert count[PAIR] >= 1
    if stage.now <= FIFO_SECONDS:
        assert stage.visible.count(PAIR) == 1
    assert list(stage.cases.events) == [PAIR]


@given(st.lists(st.sampled_from([*ACTS, "wait"]), max_size=40), st.permutations(["front", "back", "newer"]))
def test_the_newest_photos_are_the_final_pair_in_any_order(happens: list[str], order: list[str]) -> None:
    stage = run(happens, tuple(order))
    assert NEWER_PAIR in stage.visible
    assert list(stage.cases.events) == [NEWER_PAIR]
    if stage.now <= FIFO_SECONDS:
        assert stage.visible.count(NEWER_PAIR) == 1
        assert stage.visible.count(PAIR) <= 1


@pytest.mark.parametrize("first", ["front", "back"])
@pytest.mark.parametrize("kill_at", range(40))
def test_a_kill_at_any_step_neither_loses_nor_repeats_a_pair(kill_at: int, first: str) -> None:
    order = (first, "back" if first == "front" else "front")
    stage = run([*["go on"] * kill_at, "kill"], order)
    assert stage.visible.count(PAIR) == 1
    assert set(stage.visible) == {"front", "back", PAIR}


def test_redelivering_a_replaced_photo_does_not_restore_its_pair() -> None:
    stage = run([], ("front", "back", "newer"))
    stage.kept.store_event("front", replace(stage.kept.events["front"], published=False))
    stage.now += 2 * FIFO_SECONDS
    stage.deliver("front")
    assert stage.visible == ["front", "back", PAIR, "newer", NEWER_PAIR, "front"]

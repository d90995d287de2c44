"""Once only: any interleaving of deliveries, kills and waits ends with one result and no needless call.

Around every call of a port something may happen: the environment is killed, another delivery of the same upload runs
(to its end or until it is killed), or time passes.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.application.ports import Lease, OcrRequest, OcrResponse, OpenReview, StoredEvent, StoredRecognition
from permit_ocr.domain.errors import InProgress, RetryableError
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import Kind
from tests.unit.fakes.files import FakePortraits
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import World, submission, world
from tests.unit.interleavings import KilledError

LEASE = 60.0


@dataclass
class Schedule:
    """The time, and what happens around each port call in turn; nothing after the end of the list."""

    happens: list[str]
    now: float = 0.0
    deliveries: int = 0
    here: World = field(default_factory=lambda: world(*[MAINLAND_FRONT] * 50))
    killed_after_the_call: int = 0
    gave_up_lease: int = 0

    def before(self) -> None:
        self._act()

    def after(self, step: str) -> None:
        if self.happens and self.happens[0] == "kill" and step == "ask":
            self.killed_after_the_call += 1
        self._act()

    def _act(self) -> None:
        act = self.happens.pop(0) if self.happens else "go on"
        if act == "kill":
            raise KilledError
        if act == "wait":
            self.now += LEASE / 2 + 1
        if act == "deliver" and self.deliveries < 6:
            deliver(self)


@dataclass
class LeasedTable:
    """Recognitions, with leases on the schedule's clock, and documents; every call is a step."""

    schedule: Schedule
    outcomes: dict[str, StoredRecognition] = field(default_factory=dict)
    leases: dict[str, tuple[str, float]] = field(default_factory=dict)
    events: dict[str, StoredEvent] = field(default_factory=dict)
    owners: int = 0

    def acquire_lease(
        self, recognition_id: str, kind: Kind, *, document_id: str, lease_seconds: float
    ) -> StoredRecognition | Lease:
        assert kind in Kind
        assert lease_seconds > 0
        self.schedule.before()
        if recognition_id in self.outcomes:
            return self.outcomes[recognition_id]
        _, until = self.leases.get(recognition_id, ("", -1.0))
        if until >= self.schedule.now:
            raise InProgress(after_seconds=1)
        self.schedule.gave_up_lease += recognition_id in self.leases
        self.owners += 1
        claim = Lease(recognition_id=recognition_id, owner=str(self.owners), document_id=document_id)
        self.leases[recognition_id] = (claim.owner, self.schedule.now + LEASE)
        self.schedule.after("claim")
        return claim

    def store_outcome(self, lease: Lease, outcome: StoredRecognition) -> None:
        self.schedule.before()
        self.outcomes.setdefault(lease.recognition_id, outcome)
        self.schedule.after("keep_outcome")

    def release_lease(self, lease: Lease) -> None:
        raise AssertionError(f"nothing fails here except by being killed, and {lease} was given back")

    def begin(self, document: Document, *, recognition_ids: Sequence[str]) -> StoredEvent | None:
        assert recognition_ids
        self.schedule.before()
        return self.events.get(document.id)

    def store_event(self, document_id: str, event: StoredEvent, review: OpenReview | None = None) -> None:
        assert review is None
        self.schedule.before()
        self.events[document_id] = event
        self.schedule.after("keep_event")


@dataclass
class SteppedOcr:
    schedule: Schedule
    site: str = "intl"
    calls: int = 0

    def recognize(self, request: OcrRequest, *, deadline: float) -> OcrResponse:
        assert request.content
        assert deadline
        self.schedule.before()
        self.calls += 1
        response = OcrResponse(
            answer=MAINLAND_FRONT, endpoint="ocr.example", request_id=str(self.calls), attempts=1, milliseconds=600
        )
        self.schedule.after("ask")
        return response


@dataclass
class FifoQueue:
    """SQS FIFO: a repeated deduplication id within five minutes is accepted and dropped."""

    schedule: Schedule
    taken: dict[str, float] = field(default_factory=dict)
    visible: list[str] = field(default_factory=list)

    def publish(self, event: str, *, event_id: str) -> None:
        self.schedule.before()
        assert event
        if self.schedule.now - self.taken.get(event_id, -1e9) > 300:
            self.visible.append(event_id)
            self.taken[event_id] = self.schedule.now
        self.schedule.after("publish")


def deliver(schedule: Schedule) -> bool:
    """Deliver the upload once; return whether the message may be deleted."""
    schedule.deliveries += 1
    try:
        schedule.here.recognize(submission(kind=Kind.MAINLAND_PERMIT), deadline=time.monotonic() + 45)
    except RetryableError:
        return False
    return True


def run(happens: list[str]) -> tuple[Schedule, Any, Any]:
    schedule = Schedule(happens=list(happens))
    table = cast("Any", LeasedTable(schedule))
    schedule.here = World(
        ocr=cast("Any", SteppedOcr(schedule)),
        recognitions=table,
        documents=table,
        results=cast("Any", FifoQueue(schedule)),
        portraits=FakePortraits(),
    )
    for _ in range(50):
        try:
            if deliver(schedule) and not schedule.happens:
                break
        except KilledError:
            pass
        schedule.deliveries = 0
        schedule.now += 20  # the message becomes visible again
    return schedule, schedule.here.ocr, schedule.here.results


@given(st.lists(st.sampled_from(["go on", "go on", "kill", "deliver", "wait"]), max_size=25))
def test_no_interleaving_loses_a_document_or_publishes_it_twice(happens: list[str]) -> None:
    schedule, ocr, queue = run(happens)
    assert schedule.here.documents.events["document-1"].published
    if schedule.now <= 300:
        assert queue.visible == ["document-1"]
    assert ocr.calls <= 1 + schedule.gave_up_lease, "paid again only after taking over an expired lease"


@pytest.mark.parametrize("kill_at", range(12))
def test_a_kill_costs_a_second_call_only_between_call_and_storing(kill_at: int) -> None:
    schedule, ocr, queue = run([*["go on"] * kill_at, "kill"])
    assert queue.visible == ["document-1"]
    assert schedule.here.documents.events["document-1"].published
    between = kill_at in {4, 5}
    assert ocr.calls == (2 if between else 1), f"killed at step {kill_at}"


def test_a_hundred_nested_deliveries_make_one_call_and_one_result() -> None:
    schedule, ocr, queue = run([*["go on"] * 3, *["deliver", "go on"] * 50])
    assert ocr.calls == 1
    assert queue.visible == ["document-1"]
    assert schedule.here.documents.events["document-1"].published

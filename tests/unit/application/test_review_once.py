"""A decision is published once, in any interleaving with deliveries, newer photos, deletions, kills and waits.

Something may happen around every call of a port (``interleavings``). An invocation that runs for longer than a function
may is killed.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.application.intake_messages import PublishDecisionMessage
from permit_ocr.application.ports import OcrRequest, OcrResponse, Submission
from permit_ocr.application.review.decide_review import DecisionRequest, Stale
from permit_ocr.application.review.ports import Conflict
from permit_ocr.domain.errors import Deleted, RetryableError
from permit_ocr.domain.permits import Side
from permit_ocr.domain.review.decision import Decision, DecisionReason
from tests.unit.application.test_pairing_once import DOCUMENTS, SidedOcr, sent
from tests.unit.fakes.cases import FakeCaseIndex, FakeCases
from tests.unit.fakes.clock import NOW
from tests.unit.fakes.documents import FakeDocuments
from tests.unit.fakes.files import FakePortraits
from tests.unit.fakes.ocr import MAINLAND_BACK, MAINLAND_FRONT
from tests.unit.fakes.recognition_store import FakeRecognitionStore
from tests.unit.fakes.reviews import FakeReviews
from tests.unit.fakes.watched_cards import FakeWatchedCards
from tests.unit.fakes.world import World
from tests.unit.interleavings import FIFO_SECONDS, FifoQueue, KilledError, Stepped

MISREAD = replace(MAINLAND_FRONT, Number="H1234567")
LONGEST_INVOCATION = 45
DELAY = 60


class MisreadingOcr(SidedOcr):
    def recognize(self, request: OcrRequest, *, deadline: float) -> OcrResponse:
        response = super().recognize(request, deadline=deadline)
        return replace(response, answer=MAINLAND_BACK if request.side is Side.BACK else MISREAD)


class MismatchingOcr(SidedOcr):
    """Reads a name on the first front that is not the back's."""

    def recognize(self, request: OcrRequest, *, deadline: float) -> OcrResponse:
        response = super().recognize(request, deadline=deadline)
        is_first = request.content == DOCUMENTS["front"].content
        return replace(response, answer=replace(MAINLAND_FRONT, Name="别人")) if is_first else response


@dataclass
class Schedule:
    """The time, and what happens around each port call in turn: nothing, a kill, a wait or something nested."""

    happens: list[str]
    ocr: SidedOcr = field(default_factory=MisreadingOcr)
    photos: Mapping[str, Submission] = field(default_factory=lambda: DOCUMENTS)
    now: float = 0.0
    invocations: list[float] = field(default_factory=list)
    """When each of the nested invocations has started."""
    recognitions: FakeRecognitionStore = field(default_factory=FakeRecognitionStore)
    kept: FakeDocuments = field(default_factory=FakeDocuments)
    cases: FakeCases = field(default_factory=FakeCases)
    index: FakeCaseIndex = field(default_factory=FakeCaseIndex)
    cards: FakeWatchedCards = field(default_factory=FakeWatchedCards)
    queue: FifoQueue = field(init=False)
    messages: list[tuple[float, str]] = field(default_factory=list)
    decided: list[dict[str, Any]] = field(default_factory=list)
    """The decisions that were answered."""
    deleted: bool = False
    after_deletion: list[str] = field(default_factory=list)
    """Types of the events of the front that were published after its deletion was answered."""

    def __post_init__(self) -> None:
        self.kept.now = self.clock
        self.queue = FifoQueue(lambda: self.now)

    def clock(self) -> Any:
        return NOW + timedelta(seconds=self.now)

    def act(self) -> None:
        if self.invocations and self.now - self.invocations[-1] > LONGEST_INVOCATION:
            raise KilledError
        act = self.happens.pop(0) if self.happens else "go on"
        if act == "kill":
            raise KilledError
        if act == "wait":
            self.now += 25
        if act in self.acts and len(self.invocations) < 4:
            self.run(act)

    @property
    def acts(self) -> dict[str, Callable[[], object]]:
        return {
            **{name: lambda name=name: self.deliver(name) for name in self.photos},  # type: ignore[misc]
            "decide": lambda: self.decide(Decision.ACCEPTED, DecisionReason.CORRECTED, Number="H12345678"),
            "decide otherwise": lambda: self.decide(Decision.ACCEPTED, DecisionReason.CORRECTED, Number="H87654321"),
            "reject": lambda: self.decide(Decision.REJECTED, DecisionReason.WRONG_DOCUMENT),
            "delete": self.delete,
            "overtake": self.overtake,
            "message": self.receive,
        }

    def run(self, act: str) -> None:
        """Run an invocation; a kill ends all of the environment that the schedule is about."""
        self.invocations.append(self.now)
        try:
            self.acts[act]()
        except KilledError:
            self.recognitions.leased.clear()  # as if the lease had expired by the next delivery
        finally:
            self.invocations.pop()

    def deliver(self, document_id: str) -> None:
        with suppress(RetryableError, Deleted):
            self.here.recognize(self.photos[document_id], deadline=time.monotonic() + 45)

    def decide(self, decision: Decision, reason: DecisionReason, **corrected: str) -> None:
        try:
            state = self.here.reviews.get("front")
            if state is None:
                return
            request = DecisionRequest(
                document_id="front",
                tags={state.tag},
                decision=decision,
                reason=reason,
                override=None,
                fields=corrected,
                supersedes=None,
                reviewer="anna",
            )
            decided = self.here.decide_review(request)
        except (RetryableError, Deleted, Stale, Conflict):
            return
        if decided and decided.decision:
            self.decided.append(json.loads(decided.decision.event.event))

    def delete(self) -> None:
        with suppress(RetryableError):
            self.deleted = self.here.delete("front") or self.deleted

    def overtake(self) -> None:
        """Deliver the front a second time, without any disturbance, and decide on it."""
        self.recognitions.leased.clear()
        happens, self.happens = self.happens, []
        self.run("front")
        self.run("decide")
        self.happens = happens

    def receive(self) -> None:
        for message in [one for one in self.messages if one[0] <= self.now]:
            try:
                self.here.publish_decision.pending(message[1])
            except RetryableError:
                continue
            except Deleted:
                pass
            if message in self.messages:  # else a nested invocation has received it, too
                self.messages.remove(message)

    def enqueue(self, message: PublishDecisionMessage, *, delay_seconds: int = 0) -> None:
        self.messages.append((self.now + delay_seconds, message.document_id))

    def publish(self, text: str, *, event_id: str) -> None:
        before = len(self.queue.events)
        self.queue.publish(text, event_id=event_id)
        for event in self.queue.events[before:]:
            is_about_front = event["type"] == "permit.reviewed.v1" or event["data"].get("front")
            if self.deleted and is_about_front:
                self.after_deletion.append(event["type"])

    @property
    def here(self) -> World:
        return World(
            ocr=cast("Any", Stepped(self.act, self.ocr)),
            recognitions=cast("Any", Stepped(self.act, self.recognitions)),
            documents=cast("Any", Stepped(self.act, self.kept)),
            cases=cast("Any", Stepped(self.act, self.cases)),
            case_index=cast("Any", Stepped(self.act, self.index)),
            results=cast("Any", Stepped(self.act, self)),
            review_queue=cast("Any", Stepped(self.act, self)),
            review_store=cast("Any", Stepped(self.act, FakeReviews(self.kept))),
            portraits=FakePortraits(),
            watched_cards=cast("Any", Stepped(self.act, self.cards)),
            now=self.clock,
        )

    def listed(self) -> set[str]:
        page = FakeReviews(self.kept).page(kind=None, reason=None, limit=9, after=None)
        return {one.document_id for one in page.reviews}

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.queue.events if event["type"] == kind]


def read() -> Schedule:
    """Return a schedule in which both sides were read, and the front has to be reviewed."""
    schedule = Schedule(happens=[])
    for act in ("front", "back"):
        schedule.run(act)
    return schedule


def run(happens: list[str], first: str = "decide") -> Schedule:
    """Once both sides were read, begin with ``first``, let things happen, and deliver until nothing is left to do."""
    schedule = read()
    schedule.happens = list(happens)
    schedule.run(first)
    for _ in range(50):
        schedule.run("front")
        if schedule.deleted:
            schedule.run("delete")
        schedule.now += 20
        schedule.run("message")
        if not schedule.messages and not schedule.happens:
            return schedule
    raise AssertionError("the messages never end")


ACTS = ["go on", "go on", "go on", "kill", "wait", "front", "decide", "decide otherwise", "message"]


@given(st.lists(st.sampled_from(ACTS), max_size=40))
def test_a_decision_is_published_exactly_once(happens: list[str]) -> None:
    schedule = run(happens)
    reviewed = schedule.of_type("permit.reviewed.v1")
    stored = schedule.kept.reviews["front"].decision
    if stored is None:
        assert reviewed == schedule.decided == []
        return
    assert stored.event.published
    assert schedule.cards.watched(["front"])
    assert {event["id"] for event in reviewed} == {stored.id}
    assert all(event["data"] == reviewed[0]["data"] for event in (*reviewed, *schedule.decided))
    if schedule.now <= FIFO_SECONDS:
        assert len(reviewed) == 1
        assert max(Counter(schedule.queue.ids()).values()) == 1
    (pair,) = schedule.cases.events.values()
    fields = json.loads(pair)["data"]["front"]["fields"]
    assert fields["Number"] == reviewed[0]["data"]["fields"]["Number"], "the pair has the reviewed side"


@given(st.lists(st.sampled_from([*ACTS, "delete"]), max_size=40))
def test_nothing_of_a_decision_is_published_after_a_deletion(happens: list[str]) -> None:
    schedule = run([*happens, "delete"])
    assert schedule.after_deletion == []
    if schedule.deleted:
        assert not schedule.cards.watched(["front"])
        assert "front" not in schedule.kept.events
        assert not schedule.cases.events
        assert schedule.here.reviews.page(kind=None, reason=None, limit=9, after=None).reviews == []


@pytest.mark.parametrize("step", range(40))
def test_a_deletion_at_any_step_of_a_decision_is_its_end(step: int) -> None:
    schedule = run([*["go on"] * step, "delete"])
    for _ in range(2):
        schedule.run("delete")
    assert schedule.deleted
    assert not schedule.cards.watched(["front"])
    assert schedule.after_deletion == []
    assert not schedule.cases.events


@given(st.lists(st.sampled_from([*ACTS, "newer"]), max_size=40))
def test_a_review_never_replaces_a_newer_photo_of_its_side(happens: list[str]) -> None:
    schedule = run([*happens, "newer"])
    for _ in range(3):
        schedule.run("newer")
    (pair,) = schedule.cases.events.values()
    assert json.loads(pair)["data"]["front"]["document"]["id"] == "newer"


@pytest.mark.parametrize("step", range(30))
def test_a_slow_delivery_does_not_undo_the_decision_that_overtook_it(step: int) -> None:
    schedule = Schedule(happens=[])
    schedule.run("back")
    schedule.happens = [*["go on"] * step, "overtake"]
    schedule.run("front")
    schedule.happens.clear()
    schedule.run("front")
    if not schedule.decided:
        schedule.run("decide")
    (reviewed,) = schedule.of_type("permit.reviewed.v1")
    assert schedule.here.reviews.page(kind=None, reason=None, limit=9, after=None).reviews == []
    (pair,) = schedule.cases.events.values()
    assert json.loads(pair)["data"]["front"]["fields"] == reviewed["data"]["fields"]
    assert schedule.of_type("permit.completed.v1")[-1] == json.loads(pair)


@pytest.mark.parametrize("kill_at", range(40))
def test_a_kill_at_any_step_of_a_decision_neither_loses_nor_repeats_it(kill_at: int) -> None:
    schedule = read()
    schedule.happens = [*["go on"] * kill_at, "kill"]
    schedule.run("decide")
    schedule.happens.clear()
    is_stored = schedule.kept.reviews["front"].decision is not None
    schedule.now += DELAY + 1
    schedule.run("message")
    assert schedule.messages == []
    assert len(schedule.of_type("permit.reviewed.v1")) == int(is_stored)
    assert len(schedule.of_type("permit.completed.v1")) == 1 + int(is_stored)


class RejectedThenRight:
    """A first front that is not the back's, the back, and a right front that was received ``seconds`` after the first.

    ``name`` is the right front's id: photos of the same second are sorted by it.
    """

    def __init__(self, name: str, *, seconds: float) -> None:
        photos = {"front": DOCUMENTS["front"], "back": DOCUMENTS["back"], name: sent(name, Side.FRONT, seconds)}
        self.name = name
        self.schedule = Schedule(happens=[], ocr=MismatchingOcr(), photos=photos)

    def finish(self) -> None:
        """Deliver and reject until nothing is left to do, and assert that the right pair is the last one."""
        schedule = self.schedule
        for _ in range(5):
            for act in ("front", "back", self.name, "reject", "message"):
                schedule.run(act)
            schedule.now += 30
        assert not schedule.messages
        assert not schedule.happens
        ((pair_id, pair),) = schedule.cases.events.items()
        data = json.loads(pair)["data"]
        assert (data["front"]["document"]["id"], data["back"]["document"]["id"]) == (self.name, "back")
        assert data["verdict"] == "accepted"
        sent_ids = Counter(schedule.queue.ids())
        assert sent_ids[pair_id] >= 1
        if schedule.now <= FIFO_SECONDS:
            assert max(sent_ids.values()) == 1
        assert schedule.listed() == set()


RETAKEN = ["go on", "go on", "kill", "wait", "front", "back", "message"]


@given(
    st.lists(st.sampled_from([*RETAKEN, "newer", "reject"]), max_size=40),
    st.permutations(["front", "back", "newer", "reject"]),
)
def test_a_right_front_and_the_back_are_the_last_pair_in_any_order(happens: list[str], order: list[str]) -> None:
    story = RejectedThenRight("newer", seconds=2)
    story.schedule.happens = list(happens)
    for act in order:
        story.schedule.run(act)
    story.finish()


@pytest.mark.parametrize("seconds", [-1, 0, 2])
@pytest.mark.parametrize("name", ["earlier id", "later id"])
@given(happens=st.lists(st.sampled_from(RETAKEN), max_size=40))
def test_any_photo_replaces_one_that_was_rejected(happens: list[str], name: str, seconds: float) -> None:
    """S3 tells the time of an upload only to the second, and an older photo may be read after a newer one."""
    story = RejectedThenRight(name, seconds=seconds)
    for act in ("front", "back", "reject"):
        story.schedule.run(act)
    story.schedule.happens = list(happens)
    story.schedule.run(name)
    story.finish()

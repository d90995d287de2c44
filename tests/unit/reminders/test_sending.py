"""Reminders are sent once each, whatever happens in between.

Around every call of a port something may happen: the environment is killed, another invocation runs, time passes, a
card is deleted or replaced by a newer one. Days are missed, and the list of notices changes between deployments.
"""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.application.reminders import send_reminders
from permit_ocr.application.reminders.ports import Progress, WatchPage
from permit_ocr.application.reminders.send_reminders import SendReminders
from permit_ocr.domain.card.notices import EXPIRED, Watch
from permit_ocr.domain.errors import Deferred, InProgress, RetryableError
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import reminder_id
from permit_ocr.domain.permits import Kind
from tests.unit.fakes.clock import NOW
from tests.unit.fakes.queues import THROTTLED
from tests.unit.fakes.watched_cards import FakeWatchedCards
from tests.unit.interleavings import KilledError

START = date(2027, 3, 1)
EVERY = 120.0
LEASE = 100.0


def card(document_id: str, valid_until: date, *, watched_on: date = START, case: str | None = None) -> Watch:
    return Watch(
        document_id=document_id,
        case=case,
        kind=Kind.MAINLAND_PERMIT,
        valid_until=valid_until,
        watched_on=watched_on,
        sort_key=document_id,
    )


@dataclass
class Scene:
    """The ports of the use case; ``act`` is called around each of their calls."""

    cards: FakeWatchedCards = field(default_factory=FakeWatchedCards)
    notices: tuple[int, ...] = (60, 30, 0)
    now: float = 1000.0
    act: Callable[[], None] = lambda: None
    stored: Progress | None = None
    lease: tuple[str, float] = ("", 0.0)
    taken: dict[str, float] = field(default_factory=dict)
    visible: list[dict[str, Any]] = field(default_factory=list)
    fails: int = 0
    pages: int = 0
    queues: int = 1
    webhooks: list[str] = field(default_factory=list)
    webhooks_fail: bool = False
    sends: int = 0
    """Events that were sent, those included that the queue has dropped."""

    def with_last_day(self, valid_until: date, *, after: str | None, limit: int) -> WatchPage:
        self.act()
        self.pages += 1
        page = self.cards.with_last_day(valid_until, after=after, limit=limit)
        self.act()
        return page

    def get(self) -> Progress | None:
        self.act()
        return self.stored

    def acquire_lease(self, owner: str, *, seconds: float) -> Progress | None:
        assert seconds > 0
        self.act()
        if self.lease[1] > self.now:
            raise InProgress(after_seconds=1)
        self.lease = (owner, self.now + LEASE)
        self.act()
        return self.stored

    def store(self, owner: str, progress: Progress) -> bool:
        self.act()
        if self.lease[0] != owner or self.lease[1] < self.now:
            return False
        self.stored = progress
        self.act()
        return True

    def release_lease(self, owner: str) -> None:
        if self.lease[0] == owner:
            self.lease = (owner, 0.0)

    def publish_all(self, events: Sequence[tuple[str, str]], *, queue: int) -> None:
        self.act()
        if queue == 1:
            if self.webhooks_fail:
                raise THROTTLED
            self.webhooks += [event_id for event_id, _ in events]
            return
        for event_id, event in events:
            if self.fails:
                self.fails -= 1
                raise THROTTLED
            self.sends += 1
            if self.now - self.taken.get(event_id, -1e9) > 300:
                self.taken[event_id] = self.now
                self.visible.append(json.loads(event))
        self.act()

    def run(self, today: date, *, seconds: float = 60) -> send_reminders.Sent:
        use_case = SendReminders(
            cards=self,  # type: ignore[arg-type]
            progress=self,
            publisher=self,
            notices=self.notices,
            event_source="/permit-ocr/test",
            now=lambda: NOW,
        )
        return use_case(today=today, deadline=time.monotonic() + seconds)

    def told(self) -> list[tuple[str, str, int]]:
        return [
            (event["data"]["document_id"], event["type"], event["data"]["days_remaining"]) for event in self.visible
        ]


def test_a_card_is_reminded_of_at_each_notice_and_after_its_last_day() -> None:
    scene = Scene()
    last_day = START + timedelta(days=61)
    scene.cards.put(card("a", last_day))
    for number in range(70):
        scene.run(START + timedelta(days=number))
    assert scene.told() == [
        ("a", "permit.expiring.v1", 60),
        ("a", "permit.expiring.v1", 30),
        ("a", "permit.expiring.v1", 0),
        ("a", "permit.expired.v1", -1),
    ]
    first = scene.visible[0]
    assert first["id"] == reminder_id(document="a", valid_until=last_day, notice=60)
    assert first["subject"] == first["data"]["document_id"] == "a"
    assert first["data"]["notice_days"] == 60
    assert first["data"]["valid_until"] == last_day.isoformat()


def test_an_invocation_with_nothing_to_do_is_one_read() -> None:
    scene = Scene()
    scene.run(START)
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    scene.act = count
    assert scene.run(START).reminders == 0
    assert steps == 1


def test_missed_days_are_caught_up_with_what_is_true_today() -> None:
    scene = Scene()
    scene.run(START)
    scene.cards.put(card("soon", START + timedelta(days=31)))
    scene.cards.put(card("over", START + timedelta(days=3)))
    scene.cards.put(card("twice", START + timedelta(days=65)))
    scene.run(START + timedelta(days=5))
    assert scene.told() == [
        ("soon", "permit.expiring.v1", 26),
        ("over", "permit.expired.v1", -2),
        ("twice", "permit.expiring.v1", 60),
    ]
    scene.run(START + timedelta(days=40))
    assert scene.told()[3:] == [("soon", "permit.expired.v1", -9), ("twice", "permit.expiring.v1", 25)]


def test_after_an_outage_a_card_gets_only_the_latest_notice() -> None:
    scene = Scene()
    scene.run(START)
    scene.cards.put(card("a", START + timedelta(days=61)))
    scene.run(START + timedelta(days=31))
    assert scene.told() == [("a", "permit.expiring.v1", 30)]
    assert scene.visible[0]["data"]["notice_days"] == 30


def test_the_first_invocation_looks_back_a_month() -> None:
    """The schedule may have been broken since the deployment."""
    scene = Scene()
    scene.cards.put(card("a", START + timedelta(days=31)))
    scene.run(START + timedelta(days=10))
    assert scene.told() == [("a", "permit.expiring.v1", 21)]


def test_only_a_page_of_cards_is_in_memory() -> None:
    scene = Scene(notices=(30,))
    scene.run(START)
    for number in range(1050):
        scene.cards.put(card(f"{number:04}", START + timedelta(days=31)))
    scene.pages = 0
    assert scene.run(START + timedelta(days=1)).reminders == 1050
    assert scene.pages == 1 + 11, "one for those that expired, and eleven of at most 100 cards"


def test_an_invocation_out_of_time_is_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(notices=(30,))
    scene.run(START)
    for number in range(350):
        scene.cards.put(card(f"{number:04}", START + timedelta(days=31)))
    clock = iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    tomorrow, invocations = START + timedelta(days=1), 0
    while scene.stored is None or scene.stored.day <= tomorrow:
        scene.run(tomorrow, seconds=4)
        invocations += 1
    assert invocations > 2
    assert len(scene.told()) == len({document for document, _, _ in scene.told()}) == 350


def test_an_error_ends_the_lease_and_the_next_invocation_goes_on() -> None:
    scene = Scene(fails=1)
    scene.cards.put(card("a", START + timedelta(days=30), watched_on=START - timedelta(days=1)))
    with pytest.raises(RetryableError):
        scene.run(START)
    scene.run(START)
    assert scene.told() == [("a", "permit.expiring.v1", 30)]


def test_a_webhook_queue_that_fails_repeats_nothing_on_the_results_queue() -> None:
    scene = Scene(queues=2, webhooks_fail=True, notices=(30,))
    for number in range(150):
        scene.cards.put(
            card(f"{number:03}", START + timedelta(days=30), watched_on=START - timedelta(days=1)), replaces=True
        )
    for _ in range(10):
        with pytest.raises(RetryableError):
            scene.run(START)
        scene.now += EVERY
    scene.webhooks_fail = False
    scene.run(START)
    told = [document for document, _, _ in scene.told()]
    assert sorted(told) == [f"{number:03}" for number in range(150)]
    assert len(scene.webhooks) == len(set(scene.webhooks)) == 150


def test_a_lease_that_cannot_be_ended_expires() -> None:
    class Denied(Scene):
        def release_lease(self, owner: str) -> None:
            raise Deferred("DynamoDB.AccessDenied", owner, "")

    scene = Denied()
    assert scene.run(START).day == START + timedelta(days=1)


def test_while_another_invocation_has_the_lease_nothing_is_sent() -> None:
    scene = Scene(lease=("other", 2000.0))
    scene.cards.put(card("a", START + timedelta(days=30), watched_on=START - timedelta(days=1)))
    assert scene.run(START).reminders == 0
    assert not scene.visible


HAPPENINGS = ("nothing", "nothing", "nothing", "invoke", "wait", "delete a", "replace b", "fail")
LAST_DAYS = {name: START + timedelta(days=days) for name, days in {"a": 4, "b": 4, "c": 4, "d": 5, "e": 6}.items()}
NEWER_B = card("b2", START + timedelta(days=8), case="case")


@dataclass
class Story:
    """What happens before each step in turn; nothing after the end of the list."""

    scene: Scene
    happenings: list[str]
    kills: list[int]
    """The steps at which the environment is killed."""
    today: date = START
    steps: int = 0
    nested: int = 0
    ended: dict[str, int] = field(default_factory=dict)
    """How many reminders had been sent when a card was deleted or replaced."""

    def act(self) -> None:
        self.steps += 1
        if self.steps in self.kills:
            raise KilledError
        match self.happenings.pop(0) if self.happenings else "nothing":
            case "invoke" if self.nested < 3:
                self.nested += 1
                self.scene.run(self.today)
                self.nested -= 1
            case "wait":
                self.scene.now += 15
            case "delete a":
                self.scene.cards.remove(Document(id="a"))
                self.ended.setdefault("a", len(self.scene.visible))
            case "replace b":
                self.scene.cards.put(NEWER_B)
                self.ended.setdefault("b", len(self.scene.visible))
            case "fail":
                self.scene.fails = 1

    def live_until(self, today: date) -> None:
        """Let the schedule invoke the function until all reminders up to this day are sent."""
        self.today = today
        self.scene.now += 3600
        for _ in range(60):
            try:
                self.scene.run(today)
            except (KilledError, RetryableError):
                self.nested = 0
            self.scene.now += EVERY
            if self.scene.stored and self.scene.stored.day > today:
                return
        pytest.fail("the reminders of a day are never done")


def due(last_day: date, notices: Sequence[int], *, after: date, until: date) -> list[int]:
    """Return the notice that is due in some days, the latest if there are several; an empty list if there is none."""
    return sorted(notice for notice in (*notices, EXPIRED) if after < last_day - timedelta(days=notice) <= until)[:1]


@given(
    st.lists(st.sampled_from(HAPPENINGS), max_size=30),
    st.lists(st.integers(0, 25), max_size=2),
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
    st.sampled_from([(3, 1, 0), (3,), (0,), (5, 3)]),
    st.sampled_from([(3, 1, 0), (4, 3)]),
)
def test_no_interleaving_loses_or_repeats_a_reminder(
    happenings: list[str], kills: list[int], gaps: list[int], notices: tuple[int, ...], changed: tuple[int, ...]
) -> None:
    """At most two kills: a page that is sent a third time is sent more than five minutes after the first."""
    scene = Scene(notices=notices)
    scene.run(START)
    for name, last_day in LAST_DAYS.items():
        scene.cards.put(card(name, last_day, case="case" if name == "b" else None))
    story = Story(scene, happenings, kills)
    scene.act = story.act
    expected = set()
    for number, gap in enumerate(gaps):
        if number == len(gaps) - 1:
            scene.notices = changed
        before, until = story.today, story.today + timedelta(days=gap)
        expected |= {
            reminder_id(document=name, valid_until=last_day, notice=notice)
            for name, last_day in LAST_DAYS.items()
            if name not in {"a", "b"}  # they may be deleted or replaced before
            for notice in due(last_day, scene.notices, after=before, until=until)
        }
        sent = len(scene.visible)
        story.live_until(until)
        told = [event["data"]["document_id"] for event in scene.visible[sent:]]
        assert len(told) == len(set(told)), "two reminders of a card on one day"
    ids = [event["id"] for event in scene.visible]
    assert len(ids) == len(set(ids)), "sent twice"
    assert expected <= set(ids), "lost"
    for event in scene.visible:
        assert (event["type"] == "permit.expired.v1") == (event["data"]["days_remaining"] < 0)
    for name, sent in story.ended.items():
        late = [event for event in scene.visible[sent + len(LAST_DAYS) :] if event["data"]["document_id"] == name]
        assert not late, "only a page that was read before still names it"


@given(st.integers(0, 40))
def test_a_kill_at_any_step_of_many_pages_repeats_and_loses_nothing(kill_at: int) -> None:
    scene = Scene(notices=(30,))
    scene.run(START)
    for number in range(450):
        scene.cards.put(card(f"{number:04}", START + timedelta(days=31)))
    left = [kill_at]

    def act() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise KilledError

    scene.act = act
    tomorrow = START + timedelta(days=1)
    for _ in range(4):
        with suppress(KilledError):
            scene.run(tomorrow)
        scene.now += EVERY
    assert sorted(document for document, _, _ in scene.told()) == [f"{number:04}" for number in range(450)]
    assert scene.sends <= 450 + send_reminders.PAGE, "only the page whose position was not stored is sent again"


def test_a_notice_of_the_new_list_is_sent_from_the_next_day_on() -> None:
    scene = Scene(notices=(5,))
    scene.run(START)
    scene.cards.put(card("a", START + timedelta(days=8)))
    scene.notices = (6, 3)
    for number in range(1, 10):
        scene.run(START + timedelta(days=number))
    assert [days for _, _, days in scene.told()] == [6, 3, -1]


def test_a_position_of_a_notice_that_is_gone_is_skipped() -> None:
    scene = Scene(notices=(3,))
    scene.cards.put(card("a", START + timedelta(days=5), watched_on=START - timedelta(days=9)))
    scene.stored = Progress(day=START, valid_until=START + timedelta(days=4), position="zzz")
    scene.notices = (5,)
    scene.run(START)
    assert scene.told() == [("a", "permit.expiring.v1", 5)]
    assert scene.stored == replace(Progress(day=START + timedelta(days=1)))

"""SQS FIFO as moto alone would not have it."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sqs import models as sqs

from sandbox.cloud_server import RememberedDeduplication, show_again


class _Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    monkeypatch.setattr(sqs.Queue, "add_message", sqs.Queue.add_message)  # restored afterwards
    clock = _Clock()
    RememberedDeduplication(clock)
    return clock


@pytest.fixture
def results(clock: _Clock) -> sqs.Queue:
    del clock
    make: Any = sqs.Queue
    queue: sqs.Queue = make("results.fifo", "us-east-1", "123456789012", FifoQueue="true")
    return queue


def _send(queue: sqs.Queue, event_id: str) -> None:
    message = sqs.Message("id", "{}")
    message.group_id = message.deduplication_id = event_id
    message.mark_sent()
    queue.add_message(message)


def test_a_message_that_was_consumed_and_deleted_is_not_delivered_again_within_five_minutes(
    results: sqs.Queue, clock: _Clock
) -> None:
    _send(results, "event")
    results._messages.clear()
    clock.now += 299
    _send(results, "event")
    assert not results._messages
    clock.now += 1
    _send(results, "event")
    assert len(results._messages) == 1


def test_of_many_that_arrive_at_once_one_is_delivered(results: sqs.Queue) -> None:
    with ThreadPoolExecutor(16) as senders:
        list(senders.map(lambda _: _send(results, "event"), range(200)))
    assert len(results._messages) == 1


def test_what_is_in_flight_is_shown_again_when_that_is_asked_for(results: sqs.Queue) -> None:
    region = sqs.sqs_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
    region.queues["results.fifo"] = results
    try:
        _send(results, "event")
        (message,) = results._messages
        message.mark_received(visibility_timeout=270)
        results.pending_messages.add(message)
        assert not message.visible
        assert show_again() == 1
        assert message.visible_at <= time.time() * 1000
        assert not results.pending_messages
    finally:
        del region.queues["results.fifo"]

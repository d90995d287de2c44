"""moto's SQS and DynamoDB, corrected to behave like AWS."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sqs import models as sqs

from sandbox.aws.fifo_deduplication import FifoDeduplication
from sandbox.aws.message_ages import make_messages_older
from sandbox.aws.queue_metrics import queue_metrics
from sandbox.aws.serialized_writes import SerializedWrites
from sandbox.aws.visibility_timeouts import expire_visibility_timeouts


class _Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    monkeypatch.setattr(sqs.Queue, "add_message", sqs.Queue.add_message)  # restored afterwards
    clock = _Clock()
    FifoDeduplication(clock)
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


def test_a_repeat_of_a_deleted_message_is_dropped_for_five_minutes(results: sqs.Queue, clock: _Clock) -> None:
    _send(results, "event")
    results._messages.clear()
    clock.now += 299
    _send(results, "event")
    assert not results._messages
    clock.now += 1
    _send(results, "event")
    assert len(results._messages) == 1


def test_of_many_concurrent_repeats_one_is_delivered(results: sqs.Queue) -> None:
    with ThreadPoolExecutor(16) as senders:
        list(senders.map(lambda _: _send(results, "event"), range(200)))
    assert len(results._messages) == 1


def test_visibility_timeouts_and_delays_expire_on_demand(results: sqs.Queue) -> None:
    region = sqs.sqs_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
    region.queues["results.fifo"] = results
    try:
        _send(results, "event")
        (message,) = results._messages
        message.mark_received(visibility_timeout=270)
        results.pending_messages.add(message)
        assert not message.visible
        assert expire_visibility_timeouts() == 1
        assert message.visible_at <= time.time() * 1000
        assert not results.pending_messages
        message.delayed_until = (time.time() + 60) * 1000
        assert expire_visibility_timeouts() == 1
        assert not message.delayed
    finally:
        del region.queues["results.fifo"]


def test_messages_are_made_older_on_demand(results: sqs.Queue) -> None:
    region = sqs.sqs_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
    region.queues["results.fifo"] = results
    try:
        _send(results, "event")
        assert make_messages_older("another", seconds=60) == 0
        assert make_messages_older("results", seconds=60) == 1
        assert queue_metrics()["results.fifo"]["ApproximateAgeOfOldestMessage"] == pytest.approx(60, abs=5)
    finally:
        del region.queues["results.fifo"]


UPLOAD = {"REQUEST_METHOD": "PUT"}
WRITE = {"REQUEST_METHOD": "POST", "HTTP_X_AMZ_TARGET": "DynamoDB_20120810.UpdateItem"}
RECEIVE = {"REQUEST_METHOD": "POST", "HTTP_X_AMZ_TARGET": "AmazonSQS.ReceiveMessage"}
UPLOADERS = 8
PATIENCE_SECONDS = 30.0


def _start_response(*_: object) -> None:
    """Ignore the status and headers of a WSGI response."""


class _Service:
    """Counts its uploads and its most concurrent requests."""

    def __init__(self) -> None:
        self.max_concurrent = self.uploads = self._concurrent = 0

    def __call__(self, environ: dict[str, Any], _: object) -> list[bytes]:
        self._concurrent += 1
        self.max_concurrent = max(self.max_concurrent, self._concurrent)
        time.sleep(0.002)  # time for another request to come between
        self._concurrent -= 1
        self.uploads += environ == UPLOAD
        return []


def test_a_write_runs_alone_and_waits_for_few_uploads() -> None:
    service, is_over = _Service(), threading.Event()
    application = SerializedWrites(service)

    def upload_continuously() -> None:
        while not is_over.is_set():
            application(UPLOAD, _start_response)

    def uploads_during_a_write() -> int:
        before = service.uploads
        application(WRITE, _start_response)
        return service.uploads - before

    with ThreadPoolExecutor(UPLOADERS) as uploaders:
        uploading = [uploaders.submit(upload_continuously) for _ in range(UPLOADERS)]
        waited_for = [uploads_during_a_write() for _ in range(20)]
        is_over.set()
    for one in uploading:
        one.result()
    assert service.max_concurrent == 1
    assert sorted(waited_for)[len(waited_for) // 2] < UPLOADERS / 2


def test_a_long_poll_blocks_neither_writes_nor_uploads() -> None:
    receiving, is_written = threading.Event(), threading.Event()

    def application(environ: dict[str, Any], _: object) -> list[bytes]:
        if environ == RECEIVE:
            receiving.set()
            assert is_written.wait(PATIENCE_SECONDS)
        return []

    serialized = SerializedWrites(application)
    with ThreadPoolExecutor(1) as receivers:
        received = receivers.submit(serialized, RECEIVE, _start_response)
        assert receiving.wait(PATIENCE_SECONDS)
        serialized(WRITE, _start_response)
        serialized(UPLOAD, _start_response)
        is_written.set()
        assert received.result() == []

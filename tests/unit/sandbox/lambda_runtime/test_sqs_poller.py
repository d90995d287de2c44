"""Queues are polled as Lambda polls them."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from sandbox.lambda_runtime.invocation import InvocationResult
from sandbox.lambda_runtime.sqs_poller import Message, SqsPoller
from sandbox.template.deployed_stack import EventSourceMapping
from tests.unit.virtual_time import VirtualTime

SUCCESS = InvocationResult(payload=b"", function_error=False)


class FakeQueue:
    """Returns the messages it was filled with, as many per receive as requested, and records what was deleted."""

    def __init__(self, *bodies: str, errors: int = 0) -> None:
        self.waiting = [{"MessageId": body, "ReceiptHandle": body, "Body": body, "MD5OfBody": ""} for body in bodies]
        self.deleted: list[str] = []
        self.receives: list[tuple[int, float]] = []
        self._errors = errors

    async def receive(self, count: int, wait: float) -> Sequence[Message]:
        self.receives.append((count, wait))
        await asyncio.sleep(0 if self.waiting else 0.001)
        if self._errors:
            self._errors -= 1
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1")
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        return taken

    async def delete(self, messages: Sequence[Message]) -> None:
        self.deleted += [message["MessageId"] for message in messages]


class FakeFunction:
    """Records its batches and its most concurrent invocations."""

    def __init__(self, respond: Callable[[list[str]], InvocationResult] = lambda _: SUCCESS) -> None:
        self.batches: list[list[str]] = []
        self.max_concurrent = 0
        self._concurrent = 0
        self._respond = respond

    async def __call__(self, event: dict[str, Any]) -> InvocationResult:
        self._concurrent += 1
        self.max_concurrent = max(self.max_concurrent, self._concurrent)
        self.batches.append([record["messageId"] for record in event["Records"]])
        await asyncio.sleep(0.005)
        self._concurrent -= 1
        return self._respond(self.batches[-1])


def mapping(**changes: Any) -> EventSourceMapping:
    fields: dict[str, Any] = {
        "logical_id": "Intake",
        "function_name": "uploads",
        "queue_arn": "arn:aws:sqs:us-east-1:123456789012:intake",
        "enabled": True,
        "batch_size": 5,
        "batching_window": 0.0,
        "maximum_concurrency": 2,
        "reports_item_failures": True,
    }
    return EventSourceMapping(**fields | changes)


def poll(
    queue: FakeQueue,
    function: Callable[[dict[str, Any]], Awaitable[InvocationResult]],
    mapping: EventSourceMapping,
    *,
    clock: Callable[[], float] = lambda: 0.0,
) -> list[str]:
    """Poll until the queue is empty and nothing happens for a while; return what was reported."""
    reported: list[str] = []

    async def run() -> None:
        poller = asyncio.ensure_future(SqsPoller(mapping, queue, function, report=reported.append, clock=clock).run())
        quiet = 0
        while quiet < 20:
            before = len(queue.deleted)
            await asyncio.sleep(0.002)
            quiet = 0 if queue.waiting or len(queue.deleted) != before else quiet + 1
        poller.cancel()
        await asyncio.gather(poller, return_exceptions=True)

    asyncio.run(run(), loop_factory=VirtualTime)
    return reported


def test_batches_keep_to_the_batch_size_and_are_deleted_afterwards() -> None:
    queue, function = FakeQueue(*"abcdefg"), FakeFunction()
    poll(queue, function, mapping(batch_size=3))
    assert sorted(function.batches) == [list("abc"), list("def"), ["g"]]
    assert sorted(queue.deleted) == list("abcdefg")


def test_invocations_reach_and_keep_to_the_maximum_concurrency() -> None:
    queue, function = FakeQueue(*map(str, range(40))), FakeFunction()
    poll(queue, function, mapping(batch_size=2, maximum_concurrency=4))
    assert function.max_concurrent == 4


def test_messages_stay_on_the_queue_at_the_maximum_concurrency() -> None:
    queue = FakeQueue(*"abcd")
    left: list[int] = []

    async def function(_event: dict[str, Any]) -> InvocationResult:
        await asyncio.sleep(0.01)
        left.append(len(queue.waiting))
        return SUCCESS

    poll(queue, function, mapping(batch_size=1, maximum_concurrency=1))
    assert left == [3, 2, 1, 0]


def test_only_successful_messages_are_deleted() -> None:
    report = InvocationResult(
        payload=json.dumps({"batchItemFailures": [{"itemIdentifier": "b"}]}).encode(), function_error=False
    )
    queue = FakeQueue(*"abc")
    poll(queue, FakeFunction(lambda _: report), mapping())
    assert queue.deleted == ["a", "c"]


def test_a_failed_invocation_deletes_nothing_and_is_reported() -> None:
    queue = FakeQueue("secret-1", "secret-2")
    reported = poll(queue, FakeFunction(lambda _: InvocationResult(payload=b"{}", function_error=True)), mapping())
    assert queue.deleted == []
    assert reported == ["Intake: the function failed; its batch of 2 will reappear on the queue"]


def test_the_batching_window_collects_until_it_is_over() -> None:
    moments = iter([0.0, 0.0, 1.0, 1.0, 5.0, *[9.0] * 1000])
    queue, function = FakeQueue("a"), FakeFunction()

    original = queue.receive

    async def receive(count: int, wait: float) -> Sequence[Message]:
        taken = await original(count, wait)
        if len(queue.receives) == 1:
            queue.waiting = [{"MessageId": "b", "ReceiptHandle": "b", "Body": "b", "MD5OfBody": ""}]
        return taken

    queue.receive = receive  # type: ignore[method-assign]
    poll(queue, function, mapping(batching_window=5.0), clock=lambda: next(moments))
    assert function.batches == [["a", "b"]]


def test_a_full_batch_does_not_wait_for_the_window() -> None:
    queue, function = FakeQueue(*"abc"), FakeFunction()
    poll(queue, function, mapping(batch_size=3, batching_window=300.0))
    assert function.batches == [list("abc")]


def test_a_batch_keeps_to_lambdas_payload_limit_and_the_rest_follows() -> None:
    queue, function = FakeQueue(), FakeFunction()
    body = "x" * 2_500_000
    queue.waiting = [{"MessageId": str(n), "ReceiptHandle": "", "Body": body, "MD5OfBody": ""} for n in range(3)]
    poll(queue, function, mapping(maximum_concurrency=1))
    assert function.batches == [["0", "1"], ["2"]]


def test_polling_continues_after_a_failed_receive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.lambda_runtime.sqs_poller.WAIT_SECONDS", 0.001)
    queue, function = FakeQueue("a", errors=2), FakeFunction()
    reported = poll(queue, function, mapping())
    assert function.batches == [["a"]]
    assert reported == ["Intake: receiving failed (EndpointConnectionError)"] * 2

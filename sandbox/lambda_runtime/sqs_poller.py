"""Polls the queue of an event source mapping as Lambda does."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.account import REGION
from sandbox.lambda_runtime.invocation import PAYLOAD_LIMIT, Invoke, Json
from sandbox.lambda_runtime.sqs_event import failed_messages, sqs_record
from sandbox.template.deployed_stack import EventSourceMapping

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

type Message = Mapping[str, Any]

WAIT_SECONDS: Final = 2  # of one receive: short, so that the sandbox stops quickly
SHORT_WAIT_SECONDS: Final = 0.1
RECEIVE_LIMIT: Final = 10  # SQS's limit of messages per receive or delete


class Queue(Protocol):
    """The queue of a mapping: moto's, or a test's."""

    async def receive(self, count: int, wait: float) -> Sequence[Message]:
        """Return up to ``count`` messages as soon as one is available, or none after ``wait`` seconds."""

    async def delete(self, messages: Sequence[Message]) -> None:
        """Delete received messages."""


class SqsQueue:
    """A queue on moto, which counts receives and applies the redrive policy."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    async def receive(self, count: int, wait: float) -> Sequence[Message]:
        """Return up to ``count`` messages with all their attributes."""
        if wait < 1:  # SQS waits only whole seconds
            await asyncio.sleep(min(wait, SHORT_WAIT_SECONDS))
        response = await asyncio.to_thread(
            self._client.receive_message,
            QueueUrl=self._url,
            MaxNumberOfMessages=min(count, RECEIVE_LIMIT),
            WaitTimeSeconds=int(wait),
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return response.get("Messages", [])

    async def delete(self, messages: Sequence[Message]) -> None:
        """Delete messages, ten in a request."""
        for first in range(0, len(messages), RECEIVE_LIMIT):
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages[first : first + RECEIVE_LIMIT])
            ]
            await asyncio.to_thread(self._client.delete_message_batch, QueueUrl=self._url, Entries=entries)  # type: ignore[arg-type]


class SqsPoller:
    """Polls one event source mapping. It receives a batch only when the maximum concurrency allows an invocation."""

    def __init__(
        self,
        mapping: EventSourceMapping,
        queue: Queue,
        invoke: Invoke,
        *,
        report: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._mapping = mapping
        self._queue = queue
        self._invoke = invoke
        self._report = report
        self._clock = clock
        self._carried_over: list[Message] = []

    async def run(self) -> None:
        """Poll until cancelled. Cancelling also ends the running invocations; their messages reappear on the queue."""
        slots = asyncio.Semaphore(self._mapping.maximum_concurrency)
        async with asyncio.TaskGroup() as invocations:
            while True:
                await slots.acquire()
                try:
                    batch = await self._receive_batch()
                except (ClientError, BotoCoreError) as error:
                    self._report(f"{self._mapping.logical_id}: receiving failed ({type(error).__name__})")
                    await asyncio.sleep(WAIT_SECONDS)
                    batch = []
                if batch:
                    task = invocations.create_task(self._process_batch(batch))
                    task.add_done_callback(lambda _: slots.release())
                else:
                    slots.release()

    async def _receive_batch(self) -> list[Message]:
        """Collect until the batch is full, the batching window is over or the payload would exceed Lambda's limit."""
        batch, self._carried_over = self._carried_over, []
        deadline: float | None = self._clock() + self._mapping.batching_window if batch else None
        while len(batch) < self._mapping.batch_size:
            left = WAIT_SECONDS if deadline is None else deadline - self._clock()
            if left <= 0:
                break
            received = await self._queue.receive(self._mapping.batch_size - len(batch), left)
            if not received and deadline is None:
                break
            batch += received
            if deadline is None:
                deadline = self._clock() + self._mapping.batching_window
        return self._within_payload_limit(batch)

    def _within_payload_limit(self, batch: list[Message]) -> list[Message]:
        size = 0
        for number, message in enumerate(batch):
            size += len(json.dumps(self._record(message)).encode())
            if size > PAYLOAD_LIMIT and number:
                self._carried_over = batch[number:]
                return batch[:number]
        return batch

    async def _process_batch(self, batch: list[Message]) -> None:
        result = await self._invoke({"Records": [self._record(message) for message in batch]})
        ids = [message["MessageId"] for message in batch]
        failed = failed_messages(result, ids, reports_item_failures=self._mapping.reports_item_failures)
        if result.function_error:
            self._report(
                f"{self._mapping.logical_id}: the function failed; its batch of {len(batch)} will reappear on the queue"
            )
        succeeded = [message for message in batch if message["MessageId"] not in failed]
        try:
            if succeeded:
                await self._queue.delete(succeeded)
        except (ClientError, BotoCoreError) as error:
            self._report(
                f"{self._mapping.logical_id}: deleting failed ({type(error).__name__}); the messages will reappear"
            )

    def _record(self, message: Message) -> Json:
        return sqs_record(message, queue_arn=self._mapping.queue_arn, region=REGION)

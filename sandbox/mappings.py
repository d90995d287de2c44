"""Event source mappings: queues polled as Lambda polls them."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.lambda_events import PAYLOAD_LIMIT, Json, Outcome, failed_messages, sqs_record
from sandbox.template import REGION, SqsMapping

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

type Message = Mapping[str, Any]
type Invoke = Callable[[Json], Awaitable[Outcome]]

WAIT_SECONDS: Final = 2  # of one receive: short, so that stopping does not wait for it
SHORT_WAIT_SECONDS: Final = 0.1
RECEIVE_LIMIT: Final = 10  # messages of one receive or delete, SQS's own


class Queue(Protocol):
    """The queue of a mapping: the one on moto, or a test's."""

    async def receive(self, count: int, wait: float) -> Sequence[Message]:
        """Return up to ``count`` messages, as soon as there is one, none after ``wait`` seconds."""

    async def delete(self, messages: Sequence[Message]) -> None:
        """Delete messages that were received."""


class SqsQueue:
    """A queue on the sandbox's AWS. A receive counts towards the queue's redrive policy, which moto applies."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    async def receive(self, count: int, wait: float) -> Sequence[Message]:
        """Return up to ``count`` messages with all their attributes."""
        if wait < 1:  # SQS waits whole seconds only
            await asyncio.sleep(min(wait, SHORT_WAIT_SECONDS))
        answer = await asyncio.to_thread(
            self._client.receive_message,
            QueueUrl=self._url,
            MaxNumberOfMessages=min(count, RECEIVE_LIMIT),
            WaitTimeSeconds=int(wait),
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return answer.get("Messages", [])

    async def delete(self, messages: Sequence[Message]) -> None:
        """Delete messages, ten in a request."""
        for first in range(0, len(messages), RECEIVE_LIMIT):
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages[first : first + RECEIVE_LIMIT])
            ]
            await asyncio.to_thread(self._client.delete_message_batch, QueueUrl=self._url, Entries=entries)  # type: ignore[arg-type]


class Poller:
    """Polls one mapping; a batch is received only when an invocation may begin, as under a maximum concurrency."""

    def __init__(
        self,
        mapping: SqsMapping,
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
        self._carried: list[Message] = []

    async def run(self) -> None:
        """Poll until cancelled, and with it what is being worked on: those messages reappear on the queue."""
        slots = asyncio.Semaphore(self._mapping.maximum_concurrency)
        async with asyncio.TaskGroup() as batches:
            while True:
                await slots.acquire()
                try:
                    batch = await self._batch()
                except (ClientError, BotoCoreError) as error:
                    self._report(f"{self._mapping.logical_id}: receiving failed ({type(error).__name__})")
                    await asyncio.sleep(WAIT_SECONDS)
                    batch = []
                if batch:
                    batches.create_task(self._work(batch)).add_done_callback(lambda _: slots.release())
                else:
                    slots.release()

    async def _batch(self) -> list[Message]:
        """Collect until the batch is full, the window is over or the payload would exceed Lambda's limit."""
        batch, self._carried = self._carried, []
        deadline: float | None = self._clock() + self._mapping.window if batch else None
        while len(batch) < self._mapping.batch_size:
            left = WAIT_SECONDS if deadline is None else deadline - self._clock()
            if left <= 0:
                break
            received = await self._queue.receive(self._mapping.batch_size - len(batch), left)
            if not received and deadline is None:
                break
            batch += received
            if deadline is None:
                deadline = self._clock() + self._mapping.window
        return self._within_payload_limit(batch)

    def _within_payload_limit(self, batch: list[Message]) -> list[Message]:
        size = 0
        for number, message in enumerate(batch):
            size += len(json.dumps(self._record(message)).encode())
            if size > PAYLOAD_LIMIT and number:
                self._carried = batch[number:]
                return batch[:number]
        return batch

    async def _work(self, batch: list[Message]) -> None:
        outcome = await self._invoke({"Records": [self._record(message) for message in batch]})
        ids = [message["MessageId"] for message in batch]
        failed = failed_messages(outcome, ids, reports_item_failures=self._mapping.reports_item_failures)
        if outcome.function_error:
            self._report(
                f"{self._mapping.logical_id}: the function failed; {len(batch)} messages will reappear on the queue"
            )
        done = [message for message in batch if message["MessageId"] not in failed]
        try:
            if done:
                await self._queue.delete(done)
        except (ClientError, BotoCoreError) as error:
            self._report(
                f"{self._mapping.logical_id}: deleting failed ({type(error).__name__}); messages will come again"
            )

    def _record(self, message: Message) -> Json:
        return sqs_record(message, queue_arn=self._mapping.queue_arn, region=REGION)

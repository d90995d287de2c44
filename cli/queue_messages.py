"""Send many SQS messages in batches of ten, and retry the ones that SQS rejects."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from permit_ocr.trace_context import TRACEPARENT

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

REQUEST_LIMIT: Final = 10
"""SQS's limit for messages per request."""
_REQUEST_BYTES: Final = 256 * 1024
"""Limit for all bodies of one request. SQS has since raised it, but not everywhere."""
_ATTEMPTS: Final = 5
_MAX_DELAY_SECONDS: Final = 5.0


def send_messages(
    sqs: "SQSClient",
    queue_url: str,
    bodies: Sequence[str],
    *,
    traceparents: Sequence[str | None] = (),
    sleep: Callable[[float], None] = time.sleep,
) -> list[bool]:
    """Send messages and return for each whether the queue accepted it. Raises botocore's errors.

    ``traceparents`` are the traces that the messages belong to, in their order; by default each starts a new one.
    """
    traces = traceparents or [None] * len(bodies)
    accepted = [False] * len(bodies)
    for batch in _batches(bodies):
        remaining = batch
        for attempt in range(_ATTEMPTS):
            if attempt:
                sleep(random.uniform(0, min(_MAX_DELAY_SECONDS, 0.2 * 2**attempt)))  # noqa: S311  not a secret
            entries = [_entry(index, bodies[index], traces[index]) for index in remaining]
            answer = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)  # type: ignore[arg-type]
            for entry in answer.get("Successful", []):
                accepted[int(entry["Id"])] = True
            remaining = [int(entry["Id"]) for entry in answer.get("Failed", []) if not entry["SenderFault"]]
            if not remaining:
                break
    return accepted


def _entry(index: int, body: str, traceparent: str | None) -> dict[str, Any]:
    attributes = {TRACEPARENT: {"DataType": "String", "StringValue": traceparent}} if traceparent else {}
    return {"Id": str(index), "MessageBody": body, "MessageAttributes": attributes}


def _batches(bodies: Sequence[str]) -> Iterator[list[int]]:
    """Yield the indexes of the messages for each request."""
    batch: list[int] = []
    size = 0
    for index, body in enumerate(bodies):
        body_size = len(body.encode())
        if batch and (len(batch) == REQUEST_LIMIT or size + body_size > _REQUEST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(index)
        size += body_size
    if batch:
        yield batch

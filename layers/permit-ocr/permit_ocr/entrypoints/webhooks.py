"""One invocation of the webhooks function: a batch of the webhook queue, all of it delivered at the same time."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from permit_ocr.application.webhook_retry_policy import GONE, webhook_retry_delay
from permit_ocr.domain.errors import RetryableError
from permit_ocr.entrypoints.sqs_batch import (
    DeadLetterQueue,
    Failure,
    Queue,
    Retried,
    SqsMessage,
    batch_response,
    log_failure,
    messages_in_batch,
    send_to_dead_letter_queue,
)
from permit_ocr.observability import log_event
from permit_ocr.trace_context import continue_trace


class WebhookSender(Protocol):
    """Delivers events to the operator's receiver."""

    async def send(self, event_id: str, body: bytes) -> None:
        """Deliver one event. Raises ``RetryableError``; its code is ``GONE`` if no attempt should follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksDependencies:
    """What the webhooks function uses."""

    sender: WebhookSender
    queue: Queue
    dead_letters: DeadLetterQueue


def process(event: Mapping[str, Any], dependencies: WebhooksDependencies) -> dict[str, Any]:
    """Deliver every webhook of a batch and return the partial batch response."""
    messages = messages_in_batch(event)
    failures = asyncio.run(_deliver_all(messages, dependencies.sender))
    outcomes = [
        _retried(message, failure, dependencies.dead_letters) if failure else None
        for message, failure in zip(messages, failures, strict=True)
    ]
    return batch_response(outcomes, dependencies.queue, function="webhooks")


async def _deliver_all(messages: Sequence[SqsMessage], sender: WebhookSender) -> list[Failure | None]:
    return await asyncio.gather(*(_deliver(message, sender) for message in messages))


async def _deliver(message: SqsMessage, sender: WebhookSender) -> Failure | None:
    continue_trace(message.traceparent)
    event_id = None
    started = time.monotonic()
    try:
        event_id = json.loads(message.body)["id"]
        await sender.send(event_id, message.body.encode())
    except Exception as error:  # noqa: BLE001  one webhook must not hold up the others
        return log_failure(error, event="webhook_failed", document_id=event_id)
    log_event("webhook_delivered", document_id=event_id, milliseconds=round((time.monotonic() - started) * 1000))
    return None


def _retried(message: SqsMessage, failure: Failure, dead_letters: DeadLetterQueue) -> Retried | None:
    """Return when a webhook is retried; None once it is in the dead-letter queue."""
    continue_trace(message.traceparent)
    error, delay = failure.error, None
    if failure.code != GONE:
        delay = webhook_retry_delay(
            attempts=message.receives,
            age_seconds=message.age_seconds,
            at_least=error.after_seconds if isinstance(error, RetryableError) else 0.0,
        )
    if delay is None:
        delay = send_to_dead_letter_queue(
            message, Failure(error), dead_letters, event="webhook_sent_to_dead_letter_queue"
        )
        if delay is None:
            return None
    return Retried(message=message, failure=failure, delay=delay, failures=message.receives)

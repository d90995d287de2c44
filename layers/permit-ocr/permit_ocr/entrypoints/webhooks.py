"""One invocation of the webhooks function: a batch of the queue of webhooks, all of them delivered at once."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from permit_ocr.adapters.webhooks.delivery import GONE, Receiver, post
from permit_ocr.adapters.webhooks.queue import WebhookQueue
from permit_ocr.adapters.webhooks.signature import SecretSource, SecretUnusable, signed_headers
from permit_ocr.application.webhook_retry_policy import seconds_until_retry
from permit_ocr.domain.errors import RetryableError
from permit_ocr.observability import count_metric, log_event, log_unexpected_error

type Post = Callable[[Receiver, bytes, Mapping[str, str]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksApplication:
    """What the webhooks function works with."""

    receiver: Receiver
    secrets: SecretSource
    queue: WebhookQueue
    post: Post = post
    clock: Callable[[], float] = time.time


def process(event: Mapping[str, Any], application: WebhooksApplication) -> dict[str, Any]:
    """Deliver every webhook of a batch; return those to be delivered again, as partial batch responses want it."""
    records = event["Records"]
    errors = asyncio.run(_deliver_all(records, application))
    waits: dict[str, float] = {}
    again = []
    for record, error in zip(records, errors, strict=True):
        if error and not _send_to_dead_letter_queue(record, error, waits, application):
            again.append(record["messageId"])
    application.queue.change_visibility(waits)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


async def _deliver_all(
    records: list[Mapping[str, Any]], application: WebhooksApplication
) -> list[RetryableError | None]:
    return list(await asyncio.gather(*(_deliver(record, application) for record in records)))


async def _deliver(record: Mapping[str, Any], application: WebhooksApplication) -> RetryableError | None:
    """Deliver one webhook; return why not, if it was not."""
    event_id = None
    began = time.monotonic()
    try:
        event_id = json.loads(record["body"])["id"]
        body = record["body"].encode()
        headers = signed_headers(event_id, body, application.secrets(), at=application.clock())
        await application.post(application.receiver, body, headers)
    except RetryableError as error:
        if isinstance(error, SecretUnusable):
            count_metric("WebhookSecretUnusable")
            log_event("webhook_secret_unusable", code=error.code)
        log_event("webhook_deferred", document_id=event_id, code=error.code)
        return error
    except Exception as error:  # noqa: BLE001  a fault of ours in one webhook must not hold up the others
        log_unexpected_error(error, document_id=event_id)
        return RetryableError(f"Unexpected.{type(error).__name__}", "Something of ours failed.", "Look into the log.")
    log_event("webhook_delivered", document_id=event_id, milliseconds=round((time.monotonic() - began) * 1000))
    return None


def _send_to_dead_letter_queue(
    record: Mapping[str, Any], error: RetryableError, waits: dict[str, float], application: WebhooksApplication
) -> bool:
    """Let a webhook wait, or give it up: only what has arrived in the dead-letter queue may leave this one."""
    pause = None
    if error.code != GONE:
        pause = seconds_until_retry(
            attempts=int(record["attributes"]["ApproximateReceiveCount"]),
            age_seconds=application.clock() - int(record["attributes"]["SentTimestamp"]) / 1000,
            at_least=error.after_seconds,
        )
    if pause is None:
        try:
            application.queue.send_to_dead_letter_queue(
                record["body"], reason=error.code, message_id=record["messageId"]
            )
        except RetryableError as trouble:
            pause = trouble.after_seconds
        else:
            log_event("webhook_given_up", code=error.code)
            return True
    waits[record["receiptHandle"]] = pause
    return False

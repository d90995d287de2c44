"""The port ``WebhookSender``: signs an event and posts it to the operator's receiver."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from permit_ocr.adapters.webhooks.delivery import Receiver, post
from permit_ocr.adapters.webhooks.signature import SecretSource, SecretUnusable, signed_headers
from permit_ocr.metrics import record_metric
from permit_ocr.observability import log_event
from permit_ocr.trace_context import TRACEPARENT, current_traceparent

type Post = Callable[[Receiver, bytes, Mapping[str, str]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpWebhookSender:
    """Signs anew for every attempt, since the signature covers its time."""

    receiver: Receiver
    secrets: SecretSource
    post: Post = post
    clock: Callable[[], float] = time.time

    async def send(self, event_id: str, body: bytes) -> None:
        try:
            keys = self.secrets()
        except SecretUnusable as error:
            record_metric("WebhookSecretUnusable")
            log_event("webhook_secret_unusable", code=error.code)
            raise
        record_metric("WebhookSecretUnusable", 0)
        headers = signed_headers(event_id, body, keys, at=self.clock())
        if traceparent := current_traceparent():
            headers[TRACEPARENT] = traceparent
        await self.post(self.receiver, body, headers)

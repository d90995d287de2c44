"""Webhooks: posts every event, signed, to the URL that the operator has configured."""

from typing import Any

from permit_ocr.adapters.webhooks.delivery import Receiver
from permit_ocr.adapters.webhooks.sender import HttpWebhookSender
from permit_ocr.bootstrap import queue, webhook_secrets
from permit_ocr.entrypoints.webhooks import WebhooksDependencies, process
from permit_ocr.observability import observed
from permit_ocr.settings import settings

# Built when the environment starts, not with its first event.
_dependencies = WebhooksDependencies(
    sender=HttpWebhookSender(
        receiver=Receiver(url=settings().webhook_url, local=settings().webhook_targets == "local"),
        secrets=webhook_secrets(),
    ),
    queue=queue(settings().webhook_queue_url),
    dead_letters=queue(settings().webhook_dead_letter_queue_url),
)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401, ARG001  Lambda's signature
    """Handle one invocation: a batch of the webhook queue."""
    return process(event, _dependencies)

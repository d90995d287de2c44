"""Webhooks: every event, signed, to the one address that the operator has named."""

from typing import Any

from permit_ocr.adapters.webhooks.delivery import Receiver
from permit_ocr.bootstrap import webhook_queue, webhook_secrets
from permit_ocr.entrypoints.webhooks import WebhooksApplication, process
from permit_ocr.settings import settings

# Made when the environment starts, not with its first event.
_application = WebhooksApplication(
    receiver=Receiver(url=settings().webhook_url, local=settings().webhook_targets == "local"),
    secrets=webhook_secrets(),
    queue=webhook_queue(),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401, ARG001  Lambda's signature
    """Answer one invocation: a batch of the queue of webhooks."""
    return process(event, _application)

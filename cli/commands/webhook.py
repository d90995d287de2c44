"""``permit-ocr webhook``: resend events to the webhook receiver."""

from typing import Annotated, Literal

import typer
from botocore.exceptions import BotoCoreError, ClientError

from cli.deployment import Deployment, DeploymentNotFound, find_deployment
from cli.messages import MessageConsole
from cli.options import Stack
from permit_ocr.adapters.dynamodb.cases import DynamoDbCases
from permit_ocr.adapters.dynamodb.documents import DynamoDbDocuments
from permit_ocr.adapters.sqs.queues import send_webhook_again
from permit_ocr.domain.errors import RetryableError


def webhook(
    action: Annotated[Literal["resend"], typer.Argument(help="What to do.")],
    event_ids: Annotated[
        list[str],
        typer.Argument(metavar="EVENT_ID...", help="Event ids (webhook-id headers); the document's for a review."),
    ],
    stack: Stack = None,
) -> None:
    """Resend events to the webhook receiver.

    Each event is sent as it was published, with the same webhook-id and a new signature, and is retried like the first
    time. A document's id resends the last decision of a reviewer on it, too. Events are stored for KeepDays, a
    parameter of the deployment.

    Exit status: 0 if all events were queued, 1 if an event is unknown or expired, 2 if it could not start.

    Example: permit-ocr webhook resend feb26aa20f08664b206e97b395af8b76 --stack permit-ocr
    """
    assert action == "resend"  # noqa: S101  Typer rejects other values
    stderr = MessageConsole("webhook")
    try:
        deployment = find_deployment(stack)
        missing = resend(event_ids, deployment)
    except (DeploymentNotFound, ClientError, BotoCoreError, RetryableError) as error:
        stderr.fail(str(error), status=2)
    stderr.message(f"queued {len(event_ids) - len(missing)} of {len(event_ids)}")
    for event_id in missing:
        stderr.error(f"no event {event_id}: it is unknown or has expired")
    if missing:
        raise typer.Exit(1)


def resend(event_ids: list[str], deployment: Deployment) -> list[str]:
    """Queue these events for the webhook receiver; return the ids without a stored event.

    Raises ``DeploymentNotFound`` if webhooks are not configured, ``RetryableError`` and botocore's errors.
    """
    if deployment.webhook_queue_url is None:
        raise DeploymentNotFound("webhooks are not configured: the parameter WebhookUrl is empty")
    # This command stores nothing, so keep_days has no effect.
    documents = DynamoDbDocuments(deployment.dynamodb, table=deployment.work_table, keep_days=1)
    cases = DynamoDbCases(deployment.dynamodb, table=deployment.work_table, keep_days=1)
    missing = []
    for event_id in event_ids:
        document = documents.get(event_id)
        stored = (document.event, document.decision) if document else ()
        events = [one.event for one in stored if one and one.published]
        if not events and (pair := cases.completed_event(event_id)):
            events = [pair]
        if not events:
            missing.append(event_id)
        for event in events:
            send_webhook_again(deployment.sqs, deployment.webhook_queue_url, event)
    return missing

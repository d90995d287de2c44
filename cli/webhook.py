"""``permit-ocr webhook``: events to the receiver of webhooks once more."""

from typing import Annotated, Literal

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from cli.deployment import Deployment, NoDeployment, sandbox_deployment, stack_deployment
from permit_ocr.adapters.dynamodb.cases import DynamoDbCases
from permit_ocr.adapters.dynamodb.documents import DynamoDbDocuments
from permit_ocr.adapters.webhooks.queue import send_again
from permit_ocr.domain.errors import RetryableError


def webhook(
    action: Annotated[Literal["resend"], typer.Argument(help="What to do.")],
    event_ids: Annotated[list[str], typer.Argument(metavar="EVENT_ID...", help="Ids of events: webhook-id headers.")],
    stack: Annotated[str | None, typer.Option(help="A deployed stack; without it the sandbox running here.")] = None,
) -> None:
    """Send events to the receiver of webhooks again.

    Each goes out as it was published, with the same webhook-id and a signature of now, and is retried like the first
    time. Events are kept for as long as the parameter KeepDays says.

    Exit status: 0 if all were put on the queue of webhooks; 1 if one is not known, or kept no longer; 2 if it could
    not begin.

    Example: permit-ocr webhook resend feb26aa20f08664b206e97b395af8b76 --stack permit-ocr
    """
    assert action == "resend"  # noqa: S101  Typer lets no other through
    stderr = Console(stderr=True)
    try:
        deployment = stack_deployment(stack) if stack else sandbox_deployment()
        missing = resend(event_ids, deployment)
    except (NoDeployment, ClientError, BotoCoreError, RetryableError) as error:
        _complain(stderr, str(error))
        raise typer.Exit(2) from None
    stderr.print(f"sent {len(event_ids) - len(missing)} of {len(event_ids)}", highlight=False)
    for event_id in missing:
        _complain(stderr, f"there is no event {event_id}, or it is kept no longer")
    if missing:
        raise typer.Exit(1)


def resend(event_ids: list[str], deployment: Deployment) -> list[str]:
    """Put these events on the queue of webhooks; return the ids that nothing is kept for.

    Raises ``NoDeployment`` where there are no webhooks, ``RetryableError``, and botocore's errors.
    """
    if deployment.webhook_queue_url is None:
        raise NoDeployment("there are no webhooks: the parameter WebhookUrl is empty")
    # Nothing is kept here, so that it does not matter how long.
    documents = DynamoDbDocuments(deployment.dynamodb, table=deployment.work_table, keep_days=1)
    cases = DynamoDbCases(deployment.dynamodb, table=deployment.work_table, keep_days=1)
    missing = []
    for event_id in event_ids:
        record = documents.get(event_id)
        kept = record.event if record else None
        event = kept.event if kept and kept.published else cases.completed_event(event_id)
        if event is None:
            missing.append(event_id)
        else:
            send_again(deployment.sqs, deployment.webhook_queue_url, event)
    return missing


def _complain(console: Console, text: str) -> None:
    console.print(f"permit-ocr webhook: {text}", style="red", markup=False, highlight=False, soft_wrap=True)

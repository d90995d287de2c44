"""``permit-ocr redrive``: list the dead-letter queue and move its messages back to the intake queue.

Messages are moved one by one: SQS's own redrive (StartMessageMoveTask) can neither select by reason nor drop the
attribute that holds the reason. The trace of a message is kept.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli.deployment import Deployment, DeploymentNotFound, find_deployment
from cli.messages import MessageConsole
from cli.options import Stack
from cli.quantities import quantity
from cli.queue_messages import REQUEST_LIMIT, send_messages
from permit_ocr.trace_context import TRACEPARENT

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

RECEIVED_TOO_OFTEN: Final = "ReceivedTooOften"
"""Reason shown for messages without one. SQS moved these itself; the uploads function always states a reason."""
_VISIBILITY_SECONDS: Final = 900
"""Longer than listing ``_MAX_IN_FLIGHT`` messages takes; they are made visible again afterwards."""
_MAX_IN_FLIGHT: Final = 100_000
"""SQS allows 120,000 in-flight messages per queue. The rest is left for the next run."""
_EMPTY_RECEIVES: Final = 3
"""SQS samples its servers, so one empty response does not mean that the queue is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One message in the dead-letter queue."""

    id: str
    body: str
    reason: str
    sent_at: datetime
    traceparent: str | None = None


@dataclass(slots=True)
class _Listing:
    """The messages in the dead-letter queue with the selected reason."""

    ids: set[str] = field(default_factory=set)
    others: int = 0
    """Number of messages with another reason."""
    counts: Counter[str] = field(default_factory=Counter)
    oldest: dict[str, datetime] = field(default_factory=dict)


def redrive(
    stack: Stack = None,
    reason: Annotated[str | None, typer.Option(metavar="CODE", help="Only messages with this reason.")] = None,
    yes: Annotated[
        bool | None,
        typer.Option("--yes/--dry-run", help="Move without asking, or only list.", show_default=False),
    ] = None,
) -> None:
    """List the dead-letter queue and move messages to the intake queue.

    Fix the cause first. A message is sent to the intake queue before it is deleted from the dead-letter queue, so
    stopping this command loses nothing. Moving a message twice is harmless, because each document is processed only
    once. Messages that return to the dead-letter queue in the meantime are left for the next run.

    Exit status: 0 if all selected messages were moved or only listed, 1 if some are still there, 2 if it could not
    start.

    Example: permit-ocr redrive --stack permit-ocr --reason InternalError --yes
    """
    stderr = MessageConsole("redrive")
    try:
        deployment = find_deployment(stack)
        with stderr.status("reading the dead-letter queue"):
            listing = _list_messages(deployment, reason)
    except (DeploymentNotFound, ClientError, BotoCoreError) as error:
        stderr.fail(str(error), status=2)
    _print(listing, reason)
    if not listing.ids or yes is False:
        return
    if yes is None and not typer.confirm(
        f"Move {quantity(len(listing.ids), 'message')} to the intake queue?", err=True
    ):
        raise typer.Exit(1)
    total = len(listing.ids)
    try:
        _move_all(listing.ids, deployment, stderr)
    except (ClientError, BotoCoreError) as error:
        stderr.error(str(error))
    stderr.message(f"moved {total - len(listing.ids)} of {total}")
    if listing.ids:
        minutes = _VISIBILITY_SECONDS // 60
        stderr.fail(f"{len(listing.ids)} were not moved; run the command again in {minutes} minutes", status=1)


def _list_messages(deployment: Deployment, reason: str | None) -> _Listing:
    listing = _Listing()
    receipt_handles: dict[str, str] = {}
    try:
        for messages in _receive_all(deployment, receipt_handles):
            selected = [message for message in messages if reason in {None, message.reason}]
            for message in selected:
                listing.counts[message.reason] += 1
                oldest = listing.oldest.get(message.reason, message.sent_at)
                listing.oldest[message.reason] = min(message.sent_at, oldest)
            listing.ids.update(message.id for message in selected)
            listing.others += len(messages) - len(selected)
            if len(receipt_handles) >= _MAX_IN_FLIGHT:
                break
    finally:
        _make_visible(deployment, receipt_handles)
    return listing


def _move_all(ids: set[str], deployment: Deployment, console: Console) -> None:
    """Move the messages with these ids, and remove the id of each one that was moved."""
    receipt_handles: dict[str, str] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("moving", total=len(ids))
            for messages in _receive_all(deployment, receipt_handles):
                # Skip messages that were not selected or arrived after the listing: moving those might never end.
                moved = _move([message for message in messages if message.id in ids], receipt_handles, deployment)
                ids.difference_update(message.id for message in moved)
                progress.advance(task, len(moved))
                if not ids:
                    break
    finally:
        _make_visible(deployment, receipt_handles)


def _move(messages: Sequence[DeadLetter], receipt_handles: dict[str, str], deployment: Deployment) -> list[DeadLetter]:
    """Send messages with their original body, then delete them; return those that were sent."""
    accepted = send_messages(
        deployment.sqs,
        deployment.intake_queue_url,
        [message.body for message in messages],
        traceparents=[message.traceparent for message in messages],
    )
    sent = [message for message, ok in zip(messages, accepted, strict=True) if ok]
    if sent:  # a message that is not deleted is moved again later, which is harmless
        deployment.sqs.delete_message_batch(
            QueueUrl=deployment.dead_letter_queue_url,
            Entries=[
                {"Id": str(index), "ReceiptHandle": receipt_handles[message.id]} for index, message in enumerate(sent)
            ],
        )
    for message in sent:
        del receipt_handles[message.id]
    return sent


def _receive_all(deployment: Deployment, receipt_handles: dict[str, str]) -> Iterator[list[DeadLetter]]:
    """Yield each message once, in batches, until the queue seems to be empty.

    Received messages are hidden from other consumers. Their receipt handles are added to ``receipt_handles`` by id.
    """
    known: set[str] = set()
    empty_receives = 0
    while empty_receives < _EMPTY_RECEIVES:
        received = _receive(deployment.sqs, deployment.dead_letter_queue_url)
        receipt_handles.update({message["MessageId"]: message["ReceiptHandle"] for message in received})
        messages = [_parse(message) for message in received if message["MessageId"] not in known]
        known.update(message.id for message in messages)
        empty_receives = 0 if messages else empty_receives + 1
        if messages:
            yield messages


def _receive(sqs: "SQSClient", queue_url: str) -> "list[MessageTypeDef]":
    return sqs.receive_message(
        QueueUrl=queue_url,
        MaxNumberOfMessages=REQUEST_LIMIT,
        VisibilityTimeout=_VISIBILITY_SECONDS,
        WaitTimeSeconds=1,
        MessageSystemAttributeNames=["SentTimestamp"],
        MessageAttributeNames=["reason", TRACEPARENT],
    ).get("Messages", [])


def _parse(message: "MessageTypeDef") -> DeadLetter:
    attributes = {name: one.get("StringValue") for name, one in message.get("MessageAttributes", {}).items()}
    return DeadLetter(
        id=message["MessageId"],
        body=message["Body"],
        reason=attributes.get("reason") or RECEIVED_TOO_OFTEN,
        traceparent=attributes.get(TRACEPARENT),
        sent_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
    )


def _make_visible(deployment: Deployment, receipt_handles: Mapping[str, str]) -> None:
    handles = list(receipt_handles.values())
    for start in range(0, len(handles), REQUEST_LIMIT):
        deployment.sqs.change_message_visibility_batch(
            QueueUrl=deployment.dead_letter_queue_url,
            Entries=[
                {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for index, handle in enumerate(handles[start : start + REQUEST_LIMIT])
            ],
        )


def _print(listing: _Listing, reason: str | None) -> None:
    console = Console(emoji=False, soft_wrap=True)
    if not listing.counts:
        others = f" with the reason {reason}, but {quantity(listing.others, 'other')}"
        empty = "The dead-letter queue is empty."
        console.print(f"The dead-letter queue has no message{others}." if listing.others else empty, markup=False)
        return
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    table.add_column("reason", overflow="fold")
    table.add_column("messages", justify="right")
    table.add_column("oldest", no_wrap=True)
    for name, count in listing.counts.most_common():
        table.add_row(name, str(count), f"{listing.oldest[name]:%Y-%m-%d %H:%M} UTC")
    console.print(table)

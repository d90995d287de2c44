"""``permit-ocr redrive``: what was given up, and back with it.

Message by message, for SQS's own way (StartMessageMoveTask) neither chooses by reason nor drops the attributes that say
why a message was given up.
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

from cli.deployment import Deployment, NoDeployment, sandbox_deployment, stack_deployment
from cli.queue_messages import REQUEST_LIMIT, send_messages

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

RECEIVED_TOO_OFTEN: Final = "ReceivedTooOften"
"""Reason of a message without one: SQS moved it here itself, the uploads function always says why."""
_HIDDEN_SECONDS: Final = 900
"""Longer than a look at ``_MOST_AT_A_TIME`` messages takes; they are shown again at its end."""
_MOST_AT_A_TIME: Final = 100_000
"""SQS hides at most 120,000 messages of a queue at a time. What is beyond waits for the next run."""
_EMPTY_RECEIVES: Final = 3
"""SQS answers from a part of its servers: one empty answer does not mean an empty queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message of the dead-letter queue."""

    id: str
    body: str
    reason: str
    given_up: datetime


@dataclass(slots=True)
class _Look:
    """What lies in the dead-letter queue. ``ids`` are those with the reason asked for."""

    ids: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    oldest: dict[str, datetime] = field(default_factory=dict)


def redrive(
    stack: Annotated[str | None, typer.Option(help="A deployed stack; without it the sandbox running here.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="CODE", help="Only what was given up for this reason.")] = None,
    yes: Annotated[
        bool | None, typer.Option("--yes/--dry-run", help="Replay without asking, or only show.", show_default=False)
    ] = None,
) -> None:
    """Show what was given up and put it back on the intake queue.

    Mend the cause first. Each message goes to the intake queue before it leaves the dead-letter queue, so none is lost
    whenever this is stopped; one that is replayed twice does no harm, for the work is done once. What is given up again
    meanwhile is left for the next run.

    Exit status: 0 if everything chosen was replayed, or only shown; 1 if some of it is still there; 2 if it could not
    begin.

    Example: permit-ocr redrive --stack permit-ocr --reason InternalError --yes
    """
    stderr = Console(stderr=True)
    try:
        deployment = stack_deployment(stack) if stack else sandbox_deployment()
        with stderr.status("looking into the dead-letter queue"):
            seen = _look(deployment, reason)
    except (NoDeployment, ClientError, BotoCoreError) as error:
        _complain(stderr, str(error))
        raise typer.Exit(2) from None
    _print(seen)
    if not seen.ids or yes is False:
        return
    if yes is None and not typer.confirm(f"Replay {len(seen.ids)} messages?", err=True):
        raise typer.Exit(1)
    total = len(seen.ids)
    try:
        _replay(seen.ids, deployment, stderr)
    except (ClientError, BotoCoreError) as error:
        _complain(stderr, str(error))
    stderr.print(f"replayed {total - len(seen.ids)} of {total}", highlight=False)
    if seen.ids:
        _complain(stderr, f"{len(seen.ids)} were not replayed; run it again in {_HIDDEN_SECONDS // 60} minutes")
        raise typer.Exit(1)


def _look(deployment: Deployment, reason: str | None) -> _Look:
    seen = _Look()
    hidden: dict[str, str] = {}
    try:
        for letters in _received(deployment, hidden):
            for letter in letters:
                seen.counts[letter.reason] += 1
                seen.oldest[letter.reason] = min(letter.given_up, seen.oldest.get(letter.reason, letter.given_up))
            seen.ids.update(letter.id for letter in letters if reason in {None, letter.reason})
            if len(hidden) >= _MOST_AT_A_TIME:
                break
    finally:
        _show_again(deployment, hidden)
    return seen


def _replay(ids: set[str], deployment: Deployment, console: Console) -> None:
    """Replay the messages with these ids and take each id away that is done."""
    hidden: dict[str, str] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("replaying", total=len(ids))
            for letters in _received(deployment, hidden):
                # Others were not chosen, or were given up after the look: replaying those could go on for ever.
                done = _moved([letter for letter in letters if letter.id in ids], hidden, deployment)
                ids.difference_update(letter.id for letter in done)
                progress.advance(task, len(done))
                if not ids:
                    break
    finally:
        _show_again(deployment, hidden)


def _moved(letters: Sequence[Letter], hidden: dict[str, str], deployment: Deployment) -> list[Letter]:
    """Send messages as they first came, then delete them; return those that were sent."""
    taken = send_messages(deployment.sqs, deployment.intake_queue_url, [letter.body for letter in letters])
    sent = [letter for letter, ok in zip(letters, taken, strict=True) if ok]
    if sent:  # what cannot be deleted is replayed again one day, which does no harm
        deployment.sqs.delete_message_batch(
            QueueUrl=deployment.dead_letter_queue_url,
            Entries=[{"Id": str(place), "ReceiptHandle": hidden[letter.id]} for place, letter in enumerate(sent)],
        )
    for letter in sent:
        del hidden[letter.id]
    return sent


def _received(deployment: Deployment, hidden: dict[str, str]) -> Iterator[list[Letter]]:
    """Yield each message once, some at a time, until there seem to be no more.

    They are hidden from others meanwhile: ``hidden`` gets the receipt handle of each, by id.
    """
    known: set[str] = set()
    nothing_new = 0
    while nothing_new < _EMPTY_RECEIVES:
        received = _receive(deployment.sqs, deployment.dead_letter_queue_url)
        hidden.update({message["MessageId"]: message["ReceiptHandle"] for message in received})
        letters = [_letter(message) for message in received if message["MessageId"] not in known]
        known.update(letter.id for letter in letters)
        nothing_new = 0 if letters else nothing_new + 1
        if letters:
            yield letters


def _receive(sqs: "SQSClient", queue_url: str) -> "list[MessageTypeDef]":
    return sqs.receive_message(
        QueueUrl=queue_url,
        MaxNumberOfMessages=REQUEST_LIMIT,
        VisibilityTimeout=_HIDDEN_SECONDS,
        WaitTimeSeconds=1,
        MessageSystemAttributeNames=["SentTimestamp"],
        MessageAttributeNames=["reason"],
    ).get("Messages", [])


def _letter(message: "MessageTypeDef") -> Letter:
    said = message.get("MessageAttributes", {})
    return Letter(
        id=message["MessageId"],
        body=message["Body"],
        reason=said["reason"]["StringValue"] if "reason" in said else RECEIVED_TOO_OFTEN,
        given_up=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
    )


def _show_again(deployment: Deployment, hidden: Mapping[str, str]) -> None:
    handles = list(hidden.values())
    for start in range(0, len(handles), REQUEST_LIMIT):
        deployment.sqs.change_message_visibility_batch(
            QueueUrl=deployment.dead_letter_queue_url,
            Entries=[
                {"Id": str(place), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for place, handle in enumerate(handles[start : start + REQUEST_LIMIT])
            ],
        )


def _print(seen: _Look) -> None:
    if not seen.counts:
        Console().print("The dead-letter queue is empty.")
        return
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    table.add_column("reason", overflow="fold")
    table.add_column("messages", justify="right")
    table.add_column("oldest", no_wrap=True)
    for reason, count in seen.counts.most_common():
        table.add_row(reason, str(count), f"{seen.oldest[reason]:%Y-%m-%d %H:%M} UTC")
    Console().print(table)


def _complain(console: Console, text: str) -> None:
    console.print(f"permit-ocr redrive: {text}", style="red", markup=False, highlight=False, soft_wrap=True)

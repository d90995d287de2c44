"""``permit-ocr watch``: the results queue, as its messages arrive."""

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from cli.deployment import Deployment, NoDeployment, sandbox_deployment, stack_deployment

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_REQUEST_LIMIT: Final = 10
"""Messages of one request, SQS's own limit."""
_HELD_SECONDS: Final = 600
"""How long a message that was only shown is kept from being shown again; renewed when half of it has passed."""
_LONGEST_HOLD_SECONDS: Final = 11 * 3600
"""SQS holds no message longer than 12 hours, however often that is renewed."""


def watch(
    take: Annotated[bool, typer.Option("--take", help="Take each message off the queue once it is printed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one event a line, whole.")] = False,
    stack: Annotated[str | None, typer.Option(help="A deployed stack; without it the sandbox running here.")] = None,
    seconds: Annotated[float | None, typer.Option(help="End after so many seconds; else at Ctrl-C.", min=0)] = None,
) -> None:
    """Print the messages of the results queue as they arrive.

    Without --take they stay on the queue: each is shown once, held back from other consumers while this watches, and
    given back at its end. That counts as one of the five receives after which SQS puts a message aside, so don't watch
    a queue again and again that nobody empties. With --take this is the queue's consumer.

    Exit status: 0 if it was ended by you or by --seconds, 2 if it could not begin or the queue cannot be read.

    Example: permit-ocr watch --json --stack permit-ocr
    """
    stderr = Console(stderr=True)
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    show = _print_whole if as_json else _print_line
    try:
        deployment = stack_deployment(stack) if stack else sandbox_deployment()
        stderr.print("watching; Ctrl-C ends it", style="dim", highlight=False)
        until = time.monotonic() + seconds if seconds is not None else None
        watched(deployment, show, take=take, ended=lambda: stopped.is_set() or (until or 1e18) <= time.monotonic())
    except (NoDeployment, ClientError, BotoCoreError) as error:
        stderr.print(f"permit-ocr: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from None


def watched(
    deployment: Deployment, show: Callable[[dict[str, Any]], None], *, take: bool, ended: Callable[[], bool]
) -> None:
    """Show each message until it has ``ended``; then what was only shown is given back. Raises botocore's errors."""
    held = _Held(deployment)
    try:
        while not ended():
            for message in held.hold(_received(deployment)):
                if not held.is_shown(message):
                    show(json.loads(message["Body"]))
                held.note_shown(message)
                if take:
                    held.delete(message)
            held.renew()
    finally:
        held.give_back()


def _received(deployment: Deployment) -> Sequence["MessageTypeDef"]:
    # A short wait: whoever presses Ctrl-C does not want to wait for 20 seconds.
    answer = deployment.sqs.receive_message(
        QueueUrl=deployment.results_queue_url, MaxNumberOfMessages=_REQUEST_LIMIT, WaitTimeSeconds=1
    )
    return answer.get("Messages", [])


@dataclass(slots=True)
class _Held:
    """Messages that were received and are not deleted: by id, the receipt handle. And when each shown one was shown."""

    deployment: Deployment
    handles: dict[str, str] = field(default_factory=dict)
    shown: dict[str, float] = field(default_factory=dict)
    renewed: float = field(default_factory=time.monotonic)

    def hold(self, messages: Sequence["MessageTypeDef"]) -> Sequence["MessageTypeDef"]:
        handles = {message["MessageId"]: message["ReceiptHandle"] for message in messages}
        self.handles |= handles
        self._make_visible_after(_HELD_SECONDS, list(handles))
        return messages

    def is_shown(self, message: "MessageTypeDef") -> bool:
        return message["MessageId"] in self.shown

    def note_shown(self, message: "MessageTypeDef") -> None:
        self.shown.setdefault(message["MessageId"], time.monotonic())

    def delete(self, message: "MessageTypeDef") -> None:
        self.deployment.sqs.delete_message(
            QueueUrl=self.deployment.results_queue_url, ReceiptHandle=message["ReceiptHandle"]
        )
        del self.handles[message["MessageId"]], self.shown[message["MessageId"]]

    def renew(self) -> None:
        now = time.monotonic()
        if now - self.renewed < _HELD_SECONDS / 2:
            return
        self.renewed = now
        for old in [one for one in self.handles if now - self.shown[one] > _LONGEST_HOLD_SECONDS]:
            del self.handles[old]
        self._make_visible_after(_HELD_SECONDS, list(self.handles))

    def give_back(self) -> None:
        self._make_visible_after(0, list(self.handles))

    def _make_visible_after(self, seconds: int, messages: list[str]) -> None:
        for start in range(0, len(messages), _REQUEST_LIMIT):
            entries = [
                {"Id": str(place), "ReceiptHandle": self.handles[one], "VisibilityTimeout": seconds}
                for place, one in enumerate(messages[start : start + _REQUEST_LIMIT])
            ]
            with suppress(ClientError, BotoCoreError):  # then the queue's own timeout shows it again
                self.deployment.sqs.change_message_visibility_batch(
                    QueueUrl=self.deployment.results_queue_url,
                    Entries=entries,  # type: ignore[arg-type]
                )


def _print_whole(event: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    sys.stdout.flush()  # before the message may be deleted, and for whoever reads a pipe


def _print_line(event: dict[str, Any]) -> None:
    data = event["data"]
    validity = data.get("validity") or {}
    said = [
        event["time"][:19].replace("T", " "),
        event["id"],
        event["type"].removeprefix("permit.").removesuffix(".v1"),
        data.get("permit_type") or data.get("kind") or "–",
        data.get("side") or "–",
        validity.get("status", "–"),
        validity.get("valid_until") or "–",
        data.get("verdict", "–"),
        ", ".join(data.get("reasons", [])) or "–",
    ]
    sys.stdout.write("  ".join(said) + "\n")
    sys.stdout.flush()

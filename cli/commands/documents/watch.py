"""``permit-ocr watch``: print the messages on the results queue as they arrive."""

import json
import math
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

from cli.deployment import Deployment, DeploymentNotFound, find_deployment
from cli.messages import MessageConsole
from cli.options import Stack
from cli.results.lines import ResultLines
from cli.uploads.file_names import FileNames

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_REQUEST_LIMIT: Final = 10
"""SQS's limit for messages per request."""
_VISIBILITY_SECONDS: Final = 600
"""Visibility timeout of messages that were printed; extended when half of it has passed."""
_MAX_HOLD_SECONDS: Final = 11 * 3600
"""SQS limits the visibility timeout to 12 hours from the receive, including extensions."""


def watch(
    take: Annotated[bool, typer.Option("--take", help="Delete each message from the queue after printing it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole event, one per line.")] = False,
    stack: Stack = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after this time. Default: at Ctrl-C.", min=0)] = None,
) -> None:
    """Print the messages on the results queue as they arrive.

    Without --take, messages stay on the queue: each is printed once, hidden from other consumers while this command
    runs, and made visible again when it stops. Each run counts as one of the five receives after which SQS moves a
    message to the dead-letter queue, so do not watch an unconsumed queue repeatedly. With --take, this command is the
    queue's consumer.

    Exit status: 0 if stopped by you or by --seconds, 2 if it could not start or cannot read the queue.

    Example: permit-ocr watch --json --stack permit-ocr
    """
    stderr = MessageConsole()
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    try:
        deployment = find_deployment(stack)
        show = _print_event if as_json else ResultLines(FileNames(deployment.file_names)).print
        stderr.message("watching; press Ctrl-C to stop", style="dim")
        deadline = time.monotonic() + seconds if seconds is not None else math.inf
        watch_queue(deployment, show, take=take, is_stopped=lambda: stopped.is_set() or time.monotonic() >= deadline)
    except (DeploymentNotFound, ClientError, BotoCoreError) as error:
        stderr.fail(str(error), status=2)


def watch_queue(
    deployment: Deployment, show: Callable[[dict[str, Any]], None], *, take: bool, is_stopped: Callable[[], bool]
) -> None:
    """Show each message once until stopped, then return the messages to the queue. Raises botocore's errors."""
    messages = _ReceivedMessages(deployment)
    try:
        while not is_stopped():
            for message in messages.hold(_receive(deployment)):
                if not messages.is_shown(message):
                    show(json.loads(message["Body"]))
                messages.mark_shown(message)
                if take:
                    messages.delete(message)
            messages.extend()
    finally:
        messages.release()


def _receive(deployment: Deployment) -> Sequence["MessageTypeDef"]:
    # Short polling wait, so that Ctrl-C takes effect quickly.
    response = deployment.sqs.receive_message(
        QueueUrl=deployment.results_queue_url, MaxNumberOfMessages=_REQUEST_LIMIT, WaitTimeSeconds=1
    )
    return response.get("Messages", [])


@dataclass(slots=True)
class _ReceivedMessages:
    """Messages that were received and not deleted: receipt handles and times of printing, by message id."""

    deployment: Deployment
    handles: dict[str, str] = field(default_factory=dict)
    shown: dict[str, float] = field(default_factory=dict)
    extended_at: float = field(default_factory=time.monotonic)

    def hold(self, messages: Sequence["MessageTypeDef"]) -> Sequence["MessageTypeDef"]:
        handles = {message["MessageId"]: message["ReceiptHandle"] for message in messages}
        self.handles |= handles
        self._change_visibility(_VISIBILITY_SECONDS, list(handles))
        return messages

    def is_shown(self, message: "MessageTypeDef") -> bool:
        return message["MessageId"] in self.shown

    def mark_shown(self, message: "MessageTypeDef") -> None:
        self.shown.setdefault(message["MessageId"], time.monotonic())

    def delete(self, message: "MessageTypeDef") -> None:
        self.deployment.sqs.delete_message(
            QueueUrl=self.deployment.results_queue_url, ReceiptHandle=message["ReceiptHandle"]
        )
        del self.handles[message["MessageId"]], self.shown[message["MessageId"]]

    def extend(self) -> None:
        now = time.monotonic()
        if now - self.extended_at < _VISIBILITY_SECONDS / 2:
            return
        self.extended_at = now
        for expired in [message for message in self.handles if now - self.shown[message] > _MAX_HOLD_SECONDS]:
            del self.handles[expired]
        self._change_visibility(_VISIBILITY_SECONDS, list(self.handles))

    def release(self) -> None:
        self._change_visibility(0, list(self.handles))

    def _change_visibility(self, seconds: int, messages: list[str]) -> None:
        for start in range(0, len(messages), _REQUEST_LIMIT):
            entries = [
                {"Id": str(index), "ReceiptHandle": self.handles[message], "VisibilityTimeout": seconds}
                for index, message in enumerate(messages[start : start + _REQUEST_LIMIT])
            ]
            with suppress(ClientError, BotoCoreError):  # the visibility timeout then expires by itself
                self.deployment.sqs.change_message_visibility_batch(
                    QueueUrl=self.deployment.results_queue_url,
                    Entries=entries,  # type: ignore[arg-type]
                )


def _print_event(event: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    sys.stdout.flush()  # before the message is deleted, and without delay in a pipe

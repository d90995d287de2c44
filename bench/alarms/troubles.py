"""The troubles, each with the alarms that it has to set off.

Every trouble is caused in a sandbox of its own kind: a group of troubles shares one, so that a run takes minutes.
"""

import base64
import json
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from bench.environment.photos import small_photo
from bench.environment.running_sandbox import RunningSandbox
from sandbox.aws.denials import DENIALS_PATH
from sandbox.lambda_runtime.sqs_poller import WAIT_SECONDS

FAST: Final = ("--latency=0.2", "--workers=64", "--waiting=256")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is done, and the alarms that have to fire."""

    description: str
    cause: Callable[[RunningSandbox], object]
    alarms: Sequence[str]


@dataclass(frozen=True, slots=True)
class Group:
    """Troubles that do not disturb each other, with the options of their sandbox."""

    troubles: Sequence[Trouble]
    provider: Sequence[str] = FAST
    parameters: Mapping[str, str] | None = None
    is_tested: bool = False
    """Whether the test suite causes them as well; all of them would take it seven minutes."""


def deny(sandbox: RunningSandbox, *calls: str) -> None:
    """Have AWS deny calls, as a wrong policy does."""
    httpx.put(sandbox.endpoints["aws_endpoint"] + DENIALS_PATH, content=json.dumps(calls)).raise_for_status()


def upload(sandbox: RunningSandbox, *, prefix: str = "uploads/mainland-permit/", documents: int = 1) -> None:
    """Upload photos."""
    sandbox.upload(documents, prefix=f"{prefix}{time.time_ns()}-")


def upload_both_kinds(sandbox: RunningSandbox) -> None:
    """Upload a photo for each action of the provider."""
    upload(sandbox)
    upload(sandbox, prefix="uploads/residence-permit/")


def unreachable_provider(sandbox: RunningSandbox) -> None:
    """Stop the provider, then upload."""
    sandbox.provider.stop()
    upload(sandbox)


def denied_table(sandbox: RunningSandbox) -> None:
    """Have DynamoDB deny everything, then upload and call the API."""
    deny(sandbox, "DynamoDB")
    upload(sandbox)
    for _ in range(6):
        request_recognition(sandbox)


def denied_audit_trail(sandbox: RunningSandbox) -> None:
    """Have CloudWatch Logs deny the lines of the audit trail, then upload."""
    deny(sandbox, "Logs PutLogEvents")
    upload(sandbox)


def denied_key(sandbox: RunningSandbox) -> None:
    """Have S3 deny reading, as it does if the key's policy does not allow the functions to decrypt."""
    deny(sandbox, "S3 GET", "S3 HEAD")
    upload(sandbox)
    send(sandbox, "-images", json.dumps({"upload": _an_upload(sandbox)}))


def request_recognition(sandbox: RunningSandbox) -> int:
    """Post a photo to the API and return the status."""
    body = {"image_base64": base64.b64encode(small_photo()).decode()}
    return httpx.post(f"{sandbox.endpoints['api_url']}/v1/recognitions", json=body, timeout=60).status_code


def send(sandbox: RunningSandbox, queue: str, body: str) -> None:
    """Send a message to the queue whose name contains ``queue``."""
    sandbox.sqs.send_message(QueueUrl=_queue_url(sandbox, queue), MessageBody=body)


def not_polled(sandbox: RunningSandbox) -> None:
    """Deny receiving from the intake and images queues, then send to both."""
    deny(sandbox, "SQS ReceiveMessage -intake", "SQS ReceiveMessage -images")
    time.sleep(WAIT_SECONDS + 1)  # polls that began before would still receive
    upload(sandbox)
    send(sandbox, "-images", json.dumps({"upload": _an_upload(sandbox)}))


def unreadable_message(sandbox: RunningSandbox) -> None:
    """Send a message that is no event: it goes to the dead-letter queue at once."""
    send(sandbox, "-intake", "no event")


def failing_consumer(sandbox: RunningSandbox) -> None:
    """Receive a result six times without deleting it."""
    upload(sandbox)
    for _ in range(60):
        sandbox.sqs.receive_message(
            QueueUrl=sandbox.endpoints["results_queue_url"], VisibilityTimeout=0, WaitTimeSeconds=1
        )


def many_rejections(sandbox: RunningSandbox) -> None:
    """Upload four files that are no photos; the threshold is three."""
    for _ in range(4):
        sandbox.s3.put_object(
            Bucket=sandbox.endpoints["upload_bucket"], Key=f"uploads/{time.time_ns()}.jpg", Body=b"no photo"
        )


def many_calls(sandbox: RunningSandbox) -> None:
    """Have six calls made; the threshold is five."""
    upload(sandbox, documents=6)


def killed(function: str, start: Callable[[RunningSandbox], object]) -> Callable[[RunningSandbox], None]:
    """Return a cause: ``start`` an invocation of a function and kill its process."""

    def cause(sandbox: RunningSandbox) -> None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(start, sandbox)
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline and not (processes := _processes_of(sandbox, function)):
                time.sleep(0.01)
            for process in processes:
                os.kill(process, signal.SIGKILL)

    return cause


def no_webhook_secret(sandbox: RunningSandbox) -> None:
    """Deny reading the webhook's secret, then have an event published."""
    deny(sandbox, "secretsmanager GetSecretValue webhook")
    upload(sandbox)


def _processes_of(sandbox: RunningSandbox, function: str) -> list[int]:
    found = []
    for process in sandbox.function_processes():
        try:
            if Path(f"/proc/{process}/cwd").readlink().name == function:
                found.append(process)
        except OSError:
            continue
    return found


def _queue_url(sandbox: RunningSandbox, name: str) -> str:
    urls: Any = sandbox.sqs.list_queues()["QueueUrls"]
    (url,) = (one for one in urls if name.lower() in one.lower() and "dead" not in one.lower())
    found: str = url
    return found


def _an_upload(sandbox: RunningSandbox) -> dict[str, str | None]:
    bucket = sandbox.endpoints["upload_bucket"]
    stored = sandbox.s3.put_object(Bucket=bucket, Key="pages/not-an-upload.heic", Body=small_photo())
    return {
        "bucket": bucket,
        "key": "pages/not-an-upload.heic",
        "version": stored["VersionId"],
        "etag": stored["ETag"],
    }


GROUPS: Final = (
    Group([Trouble("the provider is unreachable", unreachable_provider, ["UploadsFailingAlarm"])], is_tested=True),
    Group(
        [Trouble("DynamoDB is denied", denied_table, ["UploadsFailingAlarm", "ApiServerErrorsAlarm"])], is_tested=True
    ),
    Group([Trouble("the audit trail is denied", denied_audit_trail, ["UploadsFailingAlarm"])]),
    Group(
        [Trouble("the key's policy denies the functions", denied_key, ["UploadsFailingAlarm", "ImagesFailingAlarm"])]
    ),
    Group(
        [Trouble("the event source mapping may not receive", not_polled, ["IntakeStalledAlarm", "ImagesStalledAlarm"])]
    ),
    Group(
        [
            Trouble(
                "the provider refuses the account",
                upload_both_kinds,
                ["MainlandPermitCircuitAlarm", "ResidencePermitCircuitAlarm"],
            )
        ],
        provider=(*FAST, "--fault=ResourceUnavailable.InArrears=1"),
        is_tested=True,
    ),
    Group(
        [Trouble("the provider's quota is used elsewhere", upload, ["QuotaExceededAlarm"])],
        provider=(*FAST, "--fault=RequestLimitExceeded=1"),
    ),
    Group(
        [Trouble("the provider withdraws an action", upload, ["ActionWithdrawnAlarm"])],
        provider=(*FAST, "--fault=InvalidAction=1"),
    ),
    Group(
        [
            Trouble("a message cannot be parsed", unreadable_message, ["DeadLetterAlarm"]),
            Trouble("the consumer fails on a result", failing_consumer, ["ResultsDeadLetterAlarm"]),
            Trouble("four files are no photos", many_rejections, ["RejectionsAlarm"]),
            Trouble("six calls are made", many_calls, ["SpendAlarm"]),
        ],
        parameters={"RejectionsPerHourAlarm": "3", "CallsPerDayAlarm": "5"},
    ),
    Group(
        [
            Trouble("the uploads function dies", killed("UploadsFunction", upload), ["UploadsErrorsAlarm"]),
            Trouble("the API function dies", killed("ApiFunction", request_recognition), ["ApiErrorsAlarm"]),
        ]
    ),
    Group(
        [Trouble("the webhook receiver does not answer", upload, ["WebhooksFailingAlarm"])],
        parameters={"WebhookUrl": "http://127.0.0.1:9/", "WebhookSecret": "webhook"},
    ),
    Group(
        [Trouble("the webhook secret cannot be read", no_webhook_secret, ["WebhookSecretAlarm"])],
        parameters={"WebhookUrl": "http://127.0.0.1:9/", "WebhookSecret": "webhook"},
    ),
)
NOT_CAUSED: Final = {
    "IntakeAgeAlarm": "a quarter of an hour of waiting",
    "ImagesAgeAlarm": "a quarter of an hour of waiting",
    "WebhookAgeAlarm": "an hour of waiting",
    "ResultsAgeAlarm": "a day of waiting",
    "ReviewAgeAlarm": "an hour of waiting at least",
    "ThrottlesAlarm": "the sandbox has no limit of concurrency",
    "MetricsMissingAlarm": "the sandbox's logs have no permissions",
    "ImagesErrorsAlarm": "as UploadsErrorsAlarm",
    "WebhooksErrorsAlarm": "as UploadsErrorsAlarm",
    "WebhooksStalledAlarm": "as IntakeStalledAlarm",
    "WebhookDeadLetterAlarm": "as DeadLetterAlarm",
    "RemindersLateAlarm": "a quarter of an hour without an invocation",
    "RemindersFailingAlarm": "as UploadsErrorsAlarm",
}
"""Alarms whose trouble is not caused in a sandbox, and why; their timing is computed by a test."""

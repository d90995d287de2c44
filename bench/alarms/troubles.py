"""What goes wrong: each function causes one trouble in a sandbox."""

import base64
import contextlib
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import httpx
from botocore.exceptions import BotoCoreError

from bench.environment.photos import small_photo
from bench.environment.running_sandbox import RunningSandbox
from sandbox.aws.denials import DENIALS_PATH
from sandbox.cloudwatch.recorder import METRICS_FILE
from sandbox.lambda_runtime.sqs_poller import WAIT_SECONDS

FAST: Final = ("--latency=0.2", "--workers=64", "--waiting=256")


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
    convert(sandbox)


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
    convert(sandbox)


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
    """Return a cause: ``start`` an invocation of a function and kill its processes until one has failed."""

    def cause(sandbox: RunningSandbox) -> None:
        metrics = Path(sandbox.endpoints["logs"]).parent / METRICS_FILE
        error = re.compile(rf'^\["AWS/Lambda", "Errors", .*-{function}-.* 1\]$', re.MULTILINE)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(start, sandbox)
            deadline = time.monotonic() + 150  # a schedule invokes its function every two minutes
            while time.monotonic() < deadline and not error.search(metrics.read_text()):
                for process in _processes_of(sandbox, function):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)
                time.sleep(0.05)

    return cause


def no_webhook_secret(sandbox: RunningSandbox) -> None:
    """Deny reading the webhook's secret, then have an event published."""
    deny(sandbox, "secretsmanager GetSecretValue webhook")
    upload(sandbox)


def convert(sandbox: RunningSandbox) -> None:
    """Send a file to be converted."""
    send(sandbox, "-images", json.dumps({"upload": _an_upload(sandbox)}))


def not_delivered(sandbox: RunningSandbox) -> None:
    """Deny receiving from the webhook queue, then have an event published."""
    deny(sandbox, "SQS ReceiveMessage -webhooks")
    time.sleep(WAIT_SECONDS + 1)
    upload(sandbox)


def waiting(queue: str, seconds: int, start: Callable[[RunningSandbox], object]) -> Callable[[RunningSandbox], None]:
    """Return a cause: ``start`` something that stays on a queue, and make it older."""

    def cause(sandbox: RunningSandbox) -> None:
        start(sandbox)
        deadline = time.monotonic() + 60
        while not sandbox.make_messages_older(queue, seconds=seconds) and time.monotonic() < deadline:
            time.sleep(1)

    return cause


def lost_logs(sandbox: RunningSandbox) -> None:
    """Lose the logs of functions that run: what they write is nowhere, as if their log groups did not exist."""
    _use_every_function(sandbox)
    time.sleep(10)
    for log in Path(sandbox.endpoints["logs"]).glob("*Function-*.log"):
        log.rename(log.with_suffix(".lost"))
    threading.Thread(target=_keep_using_every_function, args=[sandbox], daemon=True).start()


def _use_every_function(sandbox: RunningSandbox) -> None:
    request_recognition(sandbox)
    convert(sandbox)


def _keep_using_every_function(sandbox: RunningSandbox) -> None:
    with contextlib.suppress(httpx.HTTPError, BotoCoreError):  # when the sandbox ends
        while True:
            _use_every_function(sandbox)
            time.sleep(20)


def more_than_the_quota(sandbox: RunningSandbox) -> None:
    """Have two batches processed at a time, and requests; the account's quota is one execution."""
    upload(sandbox, documents=30)
    with ThreadPoolExecutor(4) as callers:
        list(callers.map(lambda _: request_recognition(sandbox), range(8)))


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

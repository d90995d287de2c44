"""The built application in the sandbox with a fake provider, as one system under test."""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import boto3
import httpx
from botocore.config import Config

from bench.environment.build import ROOT
from bench.environment.fake_provider import COMMAND, FakeProvider, wait_until_ready
from bench.environment.fault_proxy import FaultProxy
from bench.environment.lambda_emulator import cpu_clock
from bench.environment.photos import small_photo
from permit_ocr.domain.events import REVIEWED
from permit_ocr.domain.identity import document_id_of_object
from permit_ocr.domain.verdict import Verdict
from recognizer.wire.common_parameters import LOCAL_CREDENTIALS
from sandbox.aws.message_ages import AGE_PATH
from sandbox.aws.visibility_timeouts import EXPIRE_VISIBILITY_PATH
from sandbox.ports import free_ports

UPLOAD_THREADS: Final = 8


@dataclass(slots=True)
class RunningSandbox:
    """A running sandbox and its provider."""

    endpoints: dict[str, str]
    provider: FakeProvider
    s3: Any = None
    sqs: Any = None
    dynamodb: Any = None
    images: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of each document's image."""
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The S3 event record of each document."""
    results: Counter[str] = field(default_factory=Counter)
    """The number of results received for each document."""
    finished: dict[str, float] = field(default_factory=dict)
    """When the first result of each document was received."""
    for_review: set[str] = field(default_factory=set)
    """The documents whose result says that they need a review."""
    reviewed: Counter[str] = field(default_factory=Counter)
    """The number of decisions received for each document."""

    def __post_init__(self) -> None:
        session = boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=self.endpoints["region"]
        )
        config = Config(max_pool_connections=UPLOAD_THREADS * 2)
        self.s3 = session.client("s3", endpoint_url=self.endpoints["aws_endpoint"], config=config)
        self.sqs = session.client("sqs", endpoint_url=self.endpoints["aws_endpoint"], config=config)
        self.dynamodb = session.client("dynamodb", endpoint_url=self.endpoints["aws_endpoint"], config=config)

    def upload(self, documents: int, *, prefix: str = "uploads/mainland-permit/") -> list[str]:
        """Upload this many different images and return their document ids."""
        with ThreadPoolExecutor(UPLOAD_THREADS) as threads:
            return list(threads.map(lambda number: self.upload_one(f"{prefix}{number}.jpg"), range(documents)))

    def upload_one(self, key: str) -> str:
        """Upload a new image and return its document id."""
        bucket = self.endpoints["upload_bucket"]
        image = small_photo()
        stored = self.s3.put_object(Bucket=bucket, Key=key, Body=image)
        document_id = document_id_of_object(bucket=bucket, key=key, version=stored["VersionId"], etag=stored["ETag"])
        self.images[document_id] = sha256(image).hexdigest()
        s3_object = {"key": key, "versionId": stored["VersionId"], "eTag": stored["ETag"].strip('"')}
        self.events[document_id] = {
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": bucket}, "object": s3_object},
        }
        return document_id

    def repeat_upload_event(self, document_id: str) -> None:
        """Send the S3 event of a document once more."""
        body = json.dumps({"Records": [self.events[document_id]]})
        self.sqs.send_message(QueueUrl=self.endpoints["intake_queue_url"], MessageBody=body)

    def receive_results(self, *, wait_seconds: int = 1) -> int:
        """Receive a batch from the results queue and return how many messages it had."""
        queue = self.endpoints["results_queue_url"]
        messages = self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds).get(
            "Messages", []
        )
        for message in messages:
            event = json.loads(message["Body"])
            document_id = event["id"]
            self.results[document_id] += 1
            if event["type"] == REVIEWED:
                self.reviewed[event["subject"]] += 1
            elif event["data"].get("verdict") == Verdict.REVIEW:
                self.for_review.add(document_id)
            self.finished.setdefault(document_id, time.monotonic())
            self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    def receive_until(self, documents: Sequence[str], *, timeout_seconds: float) -> bool:
        """Receive until each of ``documents`` has a result; return whether that happened in time."""
        deadline = time.monotonic() + timeout_seconds
        missing = set(documents)
        while time.monotonic() < deadline:
            self.receive_results()
            missing -= self.results.keys()
            if not missing:
                return True
        return False

    def is_idle(self) -> bool:
        """Receive a batch of results; return whether there were none and the intake queue is empty."""
        return not self.receive_results(wait_seconds=2) and not self.queue_depth("intake_queue_url")

    def queue_depth(self, queue: str) -> int:
        """Return the number of messages on a queue, visible or not."""
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        response = self.sqs.get_queue_attributes(QueueUrl=self.endpoints[queue], AttributeNames=names)
        return sum(int(response["Attributes"][name]) for name in names)

    def make_messages_visible(self) -> int:
        """Make every message in flight or delayed visible, as time would; return how many there were."""
        return int(httpx.post(f"{self.endpoints['aws_endpoint']}{EXPIRE_VISIBILITY_PATH}").text)

    def make_messages_older(self, queue: str, *, seconds: int) -> int:
        """Make the messages on the queues whose name contains ``queue`` older; return how many there were."""
        older = {"queue": queue, "seconds": seconds}
        return int(httpx.post(f"{self.endpoints['aws_endpoint']}{AGE_PATH}", json=older).text)

    def expire_leases(self) -> None:
        """Expire every lease on a recognition or a decision, as time would until a message becomes visible again."""
        for page in self.dynamodb.get_paginator("scan").paginate(TableName=self.endpoints["work_table"]):
            for item in page["Items"]:
                for owner, until in (("lease_owner", "lease_until"), ("sending_by", "sending_until")):
                    if owner in item:
                        self.dynamodb.update_item(
                            TableName=self.endpoints["work_table"],
                            Key={"id": item["id"]},
                            UpdateExpression=f"SET {until} = :past",
                            ConditionExpression=f"attribute_exists({owner})",
                            ExpressionAttributeValues={":past": {"N": "0"}},
                        )

    def kill_caller(self, port: int) -> None:
        """Kill the function process that calls from this port. Raises ``LookupError`` if there is none."""
        for process in self.function_processes():
            if port in _local_ports(process):
                os.kill(process, signal.SIGKILL)
                return
        raise LookupError(f"no function process calls from port {port}")

    def function_processes(self, function: str = "") -> list[int]:
        """Return the ids of the processes that run the functions' code, or that of one, by its logical id."""
        sandbox_id = self.endpoints["sandbox_id"].encode()
        task_root = f"/{function}\0".encode() if function else b""
        processes = []
        for directory in Path("/proc").iterdir():
            if not directory.name.isdigit():
                continue
            try:
                command, environment = (directory / "cmdline").read_bytes(), (directory / "environ").read_bytes()
            except OSError:
                continue
            is_emulator = b"aws-lambda-rie" in command.split(b"\0")[0]
            is_wanted = sandbox_id in environment and task_root in environment
            if is_wanted and b"awslambdaric" in command and not is_emulator:
                processes.append(int(directory.name))
        return processes

    def cpu_seconds(self) -> float:
        """Return the processor time used so far by the function processes that are running."""
        return sum(time.clock_gettime(cpu_clock(process)) for process in self.function_processes())


def _local_ports(process: int) -> set[int]:
    """Return the local ports of a process's open TCP connections."""
    sockets = set()
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):  # closed in the meantime
            sockets.add(str(descriptor.readlink()))
    # In proc(5)'s net/tcp the second column is the local address in hex, the tenth the socket's inode.
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(line[1].partition(":")[2], 16) for line in lines if f"socket:[{line[9]}]" in sockets}


@contextmanager
def running_sandbox(
    *provider_options: str,
    parameters: Sequence[str] = (),
    proxy: FaultProxy | None = None,
    limit_cpu_for_mb: int | None = None,
    batch_size: int | None = None,
    account_concurrency: int | None = None,
    today: date | None = None,
    doubtful_every: int | None = None,
) -> Iterator[RunningSandbox]:
    """Run a fake provider and a sandbox that calls it during the ``with`` block.

    ``provider_options`` are those of ``permit-ocr recognizer``, ``parameters`` the template's as NAME=VALUE. All calls
    of the functions go through ``proxy``. With ``limit_cpu_for_mb`` functions have that memory size and the part of a
    processor that Lambda gives it, otherwise a whole processor. ``batch_size`` replaces the template's.
    ``account_concurrency`` is Lambda's quota, by default none. ``today`` is the sandbox's date. One document in
    ``doubtful_every`` needs a review.
    """
    with tempfile.TemporaryDirectory(prefix="permit-ocr-bench-") as directory:
        state = Path(directory)
        (port,) = free_ports(1)
        provider = FakeProvider(port, state, doubtful_every)
        provider.start(*provider_options)
        try:
            options = [f"--parameter={parameter}" for parameter in parameters]
            if batch_size:
                options.append(f"--batch-size={batch_size}")
            if account_concurrency:
                options.append(f"--account-concurrency={account_concurrency}")
            if today:
                options.append(f"--today={today}")
            if limit_cpu_for_mb:
                options += ["--cpu-quota", f"--memory-size={limit_cpu_for_mb}"]
            with _sandbox_process(state / "sandbox", provider.endpoint, options, proxy):
                endpoints = json.loads((state / "sandbox" / "endpoints.json").read_text())
                yield RunningSandbox(endpoints, provider)
        finally:
            provider.stop()


@contextmanager
def _sandbox_process(
    state: Path, ocr_endpoint: str, options: Sequence[str], proxy: FaultProxy | None
) -> Iterator[None]:
    (aws_port,) = free_ports(1)
    command: list[str | Path] = [COMMAND, "up", "--api-port=0", f"--aws-port={aws_port}", *options]
    if proxy:
        ocr_endpoint = proxy.in_front_of(ocr_endpoint)
        command.append(f"--functions-aws-endpoint={proxy.in_front_of(f'http://127.0.0.1:{aws_port}')}")
    command.append(f"--ocr-endpoint={ocr_endpoint}")
    environment = {
        **os.environ,
        "TENCENTCLOUD_SECRET_ID": LOCAL_CREDENTIALS.secret_id,
        "TENCENTCLOUD_SECRET_KEY": LOCAL_CREDENTIALS.secret_key,
        "PERMIT_OCR_SANDBOX_DIRECTORY": str(state),
    }
    log = state.with_suffix(".log")
    with log.open("wb") as log_file:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log_file)
    try:
        try:
            wait_until_ready(process, (state / "endpoints.json").exists)
        except RuntimeError as error:
            raise RuntimeError(f"{error}: {_end_of(log)}") from None
        yield
    except Exception as error:
        if process.poll() is None:
            raise
        raise RuntimeError(f"the sandbox has ended: {_end_of(log)}") from error
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace").strip()[-500:]

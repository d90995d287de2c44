"""A whole system for one measurement: the built application in the sandbox, a provider that answers from recordings.

Nothing is read here, so the provider is as quick and as faulty as a measurement wants it: its latency, its quota and
its faults are stated.
"""

import io
import json
import os
import random
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

import boto3
import httpx
from botocore.config import Config
from PIL import Image

from bench.checkpoint import Checkpoint
from bench.emulated import processor_clock
from permit_ocr.domain.card.answers import MainlandPermitAnswer
from permit_ocr.domain.identity import document_id_of_object
from sandbox.aws.visibility_timeouts import EXPIRE_VISIBILITY_PATH
from sandbox.ports import free_ports

ROOT: Final = Path(__file__).parents[1]
COMMAND: Final = Path(sys.executable).parent / "permit-ocr"
READY_SECONDS: Final = 120.0
UPLOADERS: Final = 8
# The pair a recogniser takes when it is told no other; the sandbox hands the same to the functions.
ACCOUNT: Final = {"RECOGNIZER_SECRET_ID": "AKIDlocal", "RECOGNIZER_SECRET_KEY": "local"}
CALLER: Final = {"TENCENTCLOUD_SECRET_ID": "AKIDlocal", "TENCENTCLOUD_SECRET_KEY": "local"}
ANSWER: Final = MainlandPermitAnswer(
    Name="样本",
    Sex="男",
    Birthday="1981.08.03",
    ValidDate="2020.10.09-2030.10.08",
    Number="H12345678",
    Type="港澳居民来往内地通行证",
)


def photograph() -> bytes:
    """Return a small JPEG that is like no other: in its picture, since metadata is not what is sent."""
    file = io.BytesIO()
    tiles = Image.frombytes("L", (8, 8), secrets.token_bytes(64))
    tiles.resize((400, 260), Image.Resampling.NEAREST).save(file, "JPEG")
    return file.getvalue()


@dataclass(slots=True)
class System:
    """A running sandbox and its provider."""

    endpoints: dict[str, str]
    provider: "Provider"
    s3: Any = None
    sqs: Any = None
    dynamodb: Any = None
    images: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of each document's image."""
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What S3 told of each document."""
    results: Counter[str] = field(default_factory=Counter)
    finished: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        session = boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=self.endpoints["region"]
        )
        config = Config(max_pool_connections=UPLOADERS * 2)
        self.s3 = session.client("s3", endpoint_url=self.endpoints["aws_endpoint"], config=config)
        self.sqs = session.client("sqs", endpoint_url=self.endpoints["aws_endpoint"], config=config)
        self.dynamodb = session.client("dynamodb", endpoint_url=self.endpoints["aws_endpoint"], config=config)

    def upload(self, documents: int, *, prefix: str = "uploads/mainland-permit/") -> list[str]:
        """Upload so many different images and return their document ids."""
        with ThreadPoolExecutor(UPLOADERS) as uploaders:
            return list(uploaders.map(lambda number: self.upload_one(f"{prefix}{number}.jpg"), range(documents)))

    def upload_one(self, key: str) -> str:
        """Upload an image of its own and return its document's id."""
        bucket = self.endpoints["upload_bucket"]
        image = photograph()
        stored = self.s3.put_object(Bucket=bucket, Key=key, Body=image)
        document_id = document_id_of_object(bucket=bucket, key=key, version=stored["VersionId"], etag=stored["ETag"])
        self.images[document_id] = sha256(image).hexdigest()
        said = {"key": key, "versionId": stored["VersionId"], "eTag": stored["ETag"].strip('"')}
        self.events[document_id] = {
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": bucket}, "object": said},
        }
        return document_id

    def announce(self, document_id: str) -> None:
        """Send an upload's event once more."""
        body = json.dumps({"Records": [self.events[document_id]]})
        self.sqs.send_message(QueueUrl=self.endpoints["intake_queue_url"], MessageBody=body)

    def consume(self, *, wait_seconds: int = 1) -> int:
        """Take what the results queue shows, as its one consumer, and return how many messages there were."""
        queue = self.endpoints["results_queue_url"]
        messages = self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds).get(
            "Messages", []
        )
        for message in messages:
            document_id = json.loads(message["Body"])["id"]
            self.results[document_id] += 1
            self.finished.setdefault(document_id, time.monotonic())
            self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    def consume_until(self, documents: Sequence[str], *, timeout_seconds: float) -> bool:
        """Consume until each of ``documents`` has a result; return whether that happened in time."""
        give_up = time.monotonic() + timeout_seconds
        missing = set(documents)
        while time.monotonic() < give_up:
            self.consume()
            missing -= self.results.keys()
            if not missing:
                return True
        return False

    def is_quiet(self) -> bool:
        """Consume what there is; tell whether no work is left and no result came."""
        return not self.consume(wait_seconds=2) and not self.depth("intake_queue_url")

    def depth(self, queue: str) -> int:
        """Return how many messages a queue holds, shown or not."""
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        said = self.sqs.get_queue_attributes(QueueUrl=self.endpoints[queue], AttributeNames=names)["Attributes"]
        return sum(int(said[name]) for name in names)

    def change_visibility(self) -> int:
        """Make every message in flight visible, as its timeout would; return how many there were."""
        return int(httpx.post(f"{self.endpoints['aws_endpoint']}{EXPIRE_VISIBILITY_PATH}").text)

    def end_leases(self) -> None:
        """Let every claim's lease be over, as the time until a message shows again would."""
        for page in self.dynamodb.get_paginator("scan").paginate(TableName=self.endpoints["work_table"]):
            for item in page["Items"]:
                if "lease_owner" in item:
                    self.dynamodb.update_item(
                        TableName=self.endpoints["work_table"],
                        Key={"id": item["id"]},
                        UpdateExpression="SET lease_until = :past",
                        ConditionExpression="attribute_exists(lease_owner)",
                        ExpressionAttributeValues={":past": {"N": "0"}},
                    )

    def kill_caller(self, port: int) -> None:
        """Kill the one of the functions' processes that calls from this port."""
        for process in self.runtimes():
            if port in _ports_of(process):
                os.kill(process, signal.SIGKILL)
                return
        raise LookupError(f"none of the functions' processes calls from port {port}")

    def runtimes(self) -> list[int]:
        """Return the processes that run the functions' code."""
        mark = self.endpoints["mark"].encode()
        found = []
        for directory in Path("/proc").iterdir():
            if directory.name.isdigit():
                try:
                    command, environment = (directory / "cmdline").read_bytes(), (directory / "environ").read_bytes()
                except OSError:
                    continue
                if (
                    mark in environment
                    and b"awslambdaric" in command
                    and b"aws-lambda-rie" not in command.split(b"\0")[0]
                ):
                    found.append(int(directory.name))
        return found

    def processor_seconds(self) -> float:
        """Return the processor time that the processes have taken which run the functions' code now."""
        return sum(time.clock_gettime(processor_clock(process)) for process in self.runtimes())


def _ports_of(process: int) -> set[int]:
    """Return the loopback ports that a process has open connections from."""
    sockets = set()
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):  # closed since
            sockets.add(str(descriptor.readlink()))
    # Columns of proc(5)'s net/tcp: the second is the local address, in hex, the tenth the socket's inode.
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(line[1].partition(":")[2], 16) for line in lines if f"socket:[{line[9]}]" in sockets}


@contextmanager
def system(
    *provider_options: str,
    parameters: Sequence[str] = (),
    checkpoint: Checkpoint | None = None,
    shares_of: int | None = None,
) -> Iterator[System]:
    """Start a provider with these options of ``permit-ocr recognizer``, and a sandbox that calls it; stop both.

    ``parameters`` are the template's, each as NAME=VALUE. All calls of the functions pass ``checkpoint``. With
    ``shares_of`` the functions have so many MB and the part of a processor that Lambda gives those, else a whole one.
    """
    with tempfile.TemporaryDirectory(prefix="permit-ocr-bench-") as directory:
        state = Path(directory)
        recorded = state / "answers.json"
        recorded.write_text(json.dumps({"sequence": {"MainlandPermitOCR": [asdict(ANSWER)]}}, ensure_ascii=False))
        (port,) = free_ports(1)
        provider = Provider(port, recorded)
        provider.start(*provider_options)
        try:
            options = [f"--parameter={parameter}" for parameter in parameters]
            options += ["--cpu-quota", f"--memory-size={shares_of}"] if shares_of else []
            with _sandbox(state / "sandbox", provider.endpoint, options, checkpoint):
                endpoints = json.loads((state / "sandbox" / "endpoints.json").read_text())
                yield System(endpoints, provider)
        finally:
            provider.stop()


@dataclass(slots=True)
class Provider:
    """A recogniser that answers from recordings; it may be stopped and started with other options."""

    port: int
    answers: Path
    process: subprocess.Popen[bytes] | None = None
    earlier_calls: Counter[str] = field(default_factory=Counter)

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *options: str) -> None:
        """Start it and wait until it answers."""
        command: list[str | Path] = [
            COMMAND,
            "recognizer",
            f"--port={self.port}",
            f"--answers={self.answers}",
            *options,
        ]
        silent = subprocess.DEVNULL
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **ACCOUNT}, stdout=silent, stderr=silent)
        self.process = process
        _wait(lambda: httpx.get(f"{self.endpoint}/health").status_code == httpx.codes.OK, process)

    def stop(self) -> None:
        """Stop it; its counts are kept."""
        if self.process:
            self.earlier_calls = self.calls()
            self.process.terminate()
            self.process.wait()
            self.process = None

    def calls(self) -> Counter[str]:
        """Return the calls answered so far, by code."""
        counted = Counter(self.earlier_calls)
        for code, count in re.findall(r'calls_total\{action="[^"]*",code="([^"]*)"\} (\d+)', self._metrics()):
            counted[code] += int(count)
        return counted

    def busiest_second(self) -> int:
        """Return the most authenticated calls that arrived within one calendar second."""
        found = re.findall(r'busiest_second_calls\{[^}]*state="arrived"\} (\d+)', self._metrics())
        return max(map(int, found), default=0)

    def _metrics(self) -> str:
        return httpx.get(f"{self.endpoint}/metrics").text


@contextmanager
def _sandbox(state: Path, ocr_endpoint: str, options: Sequence[str], checkpoint: Checkpoint | None) -> Iterator[None]:
    (aws_port,) = free_ports(1)
    command: list[str | Path] = [COMMAND, "up", "--api-port=0", f"--aws-port={aws_port}", *options]
    if checkpoint:
        ocr_endpoint = checkpoint.before(ocr_endpoint)
        command.append(f"--functions-aws-endpoint={checkpoint.before(f'http://127.0.0.1:{aws_port}')}")
    command.append(f"--ocr-endpoint={ocr_endpoint}")
    environment = {**os.environ, **CALLER, "PERMIT_OCR_SANDBOX_DIRECTORY": str(state)}
    log = state.with_suffix(".log")
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=said)
    try:
        try:
            _wait((state / "endpoints.json").exists, process)
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


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + READY_SECONDS
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended before it was ready")
        try:
            if ready():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} was not ready within {READY_SECONDS:g} s")


class Consumer:
    """Consumes all the time, beside whatever else a measurement does."""

    def __init__(self, running: System) -> None:
        self._running = running
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def wait_for(self, documents: Sequence[str], *, timeout_seconds: float) -> bool:
        """Wait until each of ``documents`` has a result; return whether that happened in time.

        Raises ``RuntimeError`` if it cannot consume any more.
        """
        wanted = set(documents)
        return self._wait_until(lambda: self._running.results.keys() >= wanted, timeout_seconds)

    def wait_for_any(self, count: int, *, timeout_seconds: float) -> bool:
        """Wait until so many documents have a result, as ``wait_for`` does."""
        return self._wait_until(lambda: len(self._running.results) >= count, timeout_seconds)

    def _wait_until(self, done: Callable[[], bool], seconds: float) -> bool:
        give_up = time.monotonic() + seconds
        while not done():
            if not self._thread.is_alive():
                raise RuntimeError("results cannot be consumed any more")
            if time.monotonic() > give_up:
                return False
            time.sleep(0.05)
        return True

    def _run(self) -> None:
        while not self._stop.is_set():
            self._running.consume()


class Killer:
    """Kills one of the functions' runtimes every so often, as Lambda never would and every outage does."""

    def __init__(self, running: System, *, every_seconds: float, for_seconds: float, seed: int) -> None:
        self.kills = 0
        self._running = running
        self._every = every_seconds
        self._until = time.monotonic() + for_seconds
        self._choose = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every) and time.monotonic() < self._until:
            runtimes = self._running.runtimes()
            if runtimes:
                try:
                    os.kill(self._choose.choice(runtimes), signal.SIGKILL)
                except ProcessLookupError:
                    continue
                self.kills += 1

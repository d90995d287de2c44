"""How the sandbox runs a template, seen from inside a function that obeys its messages and requests."""

import json
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest

from sandbox.aws.visibility_timeouts import EXPIRE_VISIBILITY_PATH
from tests.sandbox.conftest import STOP_SECONDS, Running, start, wait_until_ready

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef, SendMessageBatchRequestEntryTypeDef

PROJECT = Path(__file__).parents[1] / "small_project"
PATIENCE_SECONDS = 120.0


class Probe:
    """The small project, running."""

    def __init__(self, running: Running) -> None:
        self.endpoints = running.endpoints
        self._stderr: list[str] = []
        self.listener = threading.Thread(target=self._stderr.extend, args=(running.process.stderr,), daemon=True)
        self.listener.start()
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        self.sqs = session.client("sqs", endpoint_url=self.endpoints["aws_endpoint"])
        self.s3 = session.client("s3", endpoint_url=self.endpoints["aws_endpoint"])
        self.records: list[dict[str, Any]] = []
        self.reports: list[dict[str, Any]] = []

    def send(self, *bodies: str) -> None:
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "MessageBody": body, "MessageAttributes": {"colour": _text(body)}}
            for number, body in enumerate(bodies)
        ]
        self.sqs.send_message_batch(QueueUrl=self.endpoints["intake_queue_url"], Entries=entries)

    def collect_until(self, enough: Callable[[], bool]) -> None:
        """Collect the function's reports until ``enough`` returns true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not enough():
            assert time.monotonic() < deadline, f"seen: {[record['body'] for record in self.records]}"
            for report in self.consume("results_queue_url"):
                self.reports.append(json.loads(report))
                self.records += self.reports[-1]["records"]

    def consume(self, queue: str, *, wait_seconds: int = 1) -> list[str]:
        url = self.endpoints[queue]
        messages = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds)
        for message in messages.get("Messages", []):
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages.get("Messages", [])]

    def failures(self) -> int:
        """Return how many batches the sandbox has reported as failed. Its lines may be wrapped."""
        return " ".join("".join(self._stderr).split()).count("the function failed")

    def wait_until_failed(self, times: int) -> None:
        """Wait until ``times`` batches have failed."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.failures() < times:
            assert time.monotonic() < deadline, self._stderr
            time.sleep(0.05)

    def wait_until_in_flight(self, count: int) -> None:
        """Wait until the intake queue holds ``count`` messages, all of them in flight."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        names: list[QueueAttributeNameType] = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
        ]
        while self._message_counts(names) != [0, count]:
            assert time.monotonic() < deadline, self._message_counts(names)
            time.sleep(0.05)

    def _message_counts(self, names: "list[QueueAttributeNameType]") -> list[int]:
        url = self.endpoints["intake_queue_url"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return [int(attributes[name]) for name in names]

    def expire_visibility_timeouts(self) -> None:
        """Make every message in flight visible again."""
        httpx.post(f"{self.endpoints['aws_endpoint']}{EXPIRE_VISIBILITY_PATH}", timeout=60).raise_for_status()

    def expire_until_dead(self, body: str) -> None:
        """Expire visibility timeouts until the dead-letter queue has this message."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        dead: list[str] = []
        while body not in dead:
            assert time.monotonic() < deadline, dead
            self.expire_visibility_timeouts()
            dead += self.consume("dead_letter_queue_url")

    def received(self, body: str) -> list[dict[str, Any]]:
        return [record for record in self.records if record["body"] == body]

    def request(self, command: str, method: str = "GET", **options: Any) -> httpx.Response:
        return httpx.request(method, f"{self.endpoints['api_url']}/probe/{command}", timeout=60, **options)


def _text(value: str) -> "MessageAttributeValueTypeDef":
    return {"DataType": "String", "StringValue": value}


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    root = tmp_path_factory.mktemp("small") / "project"
    shutil.copytree(PROJECT, root)
    process = start(root / ".sandbox", "--ocr-endpoint=http://127.0.0.1:9", root=root)
    try:
        running = Probe(wait_until_ready(process, root / ".sandbox"))
        yield running
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_SECONDS) == 0
        running.listener.join(STOP_SECONDS)
    finally:
        process.kill()
        process.wait()


def test_only_failed_items_reappear_and_end_in_the_dead_letter_queue(probe: Probe) -> None:
    probe.send("good 1", "fail 1", "good 2")
    probe.collect_until(lambda: all(probe.received(body) for body in ("good 1", "fail 1", "good 2")))
    probe.wait_until_in_flight(1)
    probe.expire_visibility_timeouts()
    probe.collect_until(lambda: len(probe.received("fail 1")) == 2)
    probe.expire_until_dead("fail 1")
    counts = [record["attributes"]["ApproximateReceiveCount"] for record in probe.received("fail 1")]
    assert counts == ["1", "2"]
    assert [len(probe.received(body)) for body in ("good 1", "good 2")] == [1, 1]


def test_a_record_has_the_members_that_lambda_sets(probe: Probe) -> None:
    probe.send("plain")
    probe.collect_until(lambda: len(probe.received("plain")) == 1)
    (record,) = probe.received("plain")
    assert record["eventSource"] == "aws:sqs"
    assert record["awsRegion"] == "us-east-1"
    assert record["eventSourceARN"].startswith("arn:aws:sqs:us-east-1:")
    assert record["messageAttributes"] == {
        "colour": {"stringValue": "plain", "stringListValues": [], "binaryListValues": [], "dataType": "String"}
    }
    assert {"SentTimestamp", "ApproximateFirstReceiveTimestamp", "SenderId"} <= record["attributes"].keys()


@pytest.mark.parametrize("body", ["raise", "crash", "sleep 30"])
def test_a_failed_invocation_returns_its_whole_batch_to_the_queue(probe: Probe, body: str) -> None:
    before = probe.failures()
    probe.send(body)
    probe.wait_until_failed(before + 1)
    probe.wait_until_in_flight(1)
    probe.expire_visibility_timeouts()
    probe.wait_until_failed(before + 2)
    probe.expire_until_dead(body)
    assert probe.received(body) == []
    probe.send(f"after {body}")
    probe.collect_until(lambda: len(probe.received(f"after {body}")) == 1)


def test_a_mapping_runs_as_many_environments_as_it_allows(probe: Probe) -> None:
    send_three_concurrent_requests(probe)  # warm up: a cold start must not count as waiting
    for number in range(6):
        probe.send(f"sleep 0.8{number}")
    probe.collect_until(lambda: sum(record["body"].startswith("sleep 0.8") for record in probe.records) == 6)
    runs = [run for run in probe.reports if run["records"][0]["body"].startswith("sleep 0.8")]
    concurrent = [sum(other["began"] <= run["began"] < other["ended"] for other in runs) for run in runs]
    assert max(concurrent) == 2
    assert len({run["process"] for run in runs}) == 2


def test_a_disabled_mapping_is_not_polled(probe: Probe) -> None:
    (url,) = [url for url in probe.sqs.list_queues()["QueueUrls"] if "UnpolledQueue" in url]
    probe.sqs.send_message(QueueUrl=url, MessageBody="left alone")
    time.sleep(1)
    assert probe.sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "left alone"


def test_an_upload_event_has_the_version_and_follows_the_metadata(probe: Probe) -> None:
    bucket = probe.endpoints["upload_bucket"]
    stored = probe.s3.put_object(Bucket=bucket, Key="uploads/a b.jpg", Body=b"x", Metadata={"document": "auto"})
    probe.s3.put_object(Bucket=bucket, Key="elsewhere/a.jpg", Body=b"x")

    def events() -> list[dict[str, Any]]:
        return [
            s3 for record in probe.records if '"s3"' in record["body"] for s3 in json.loads(record["body"])["Records"]
        ]

    probe.collect_until(lambda: len(events()) > 0)
    (event,) = events()
    assert event["eventName"] == "ObjectCreated:Put"
    assert event["s3"]["object"]["key"] == "uploads/a+b.jpg"
    assert event["s3"]["object"]["versionId"] == stored["VersionId"]
    assert {"sequencer", "size", "eTag"} <= event["s3"]["object"].keys()


def test_a_function_sees_only_its_layers_and_the_runtime(probe: Probe) -> None:
    inside = probe.request("environment").json()
    imports = inside["imports"]
    assert "layers/extra/python" in imports["extra_package"]
    assert ".sandbox/runtime" in imports["boto3"]
    assert [imports[name] for name in ("httpx", "pydantic", "requests", "sandbox")] == [None] * 4
    variables = inside["variables"]
    assert variables["NUMBER"] == "7"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert variables["AWS_ENDPOINT_URL"] == probe.endpoints["aws_endpoint"]
    assert "HOME" not in variables
    assert not {name for name in variables if "proxy" in name.lower()}


def test_a_request_reaches_the_function_in_payload_format_2(probe: Probe) -> None:
    headers = {"content-type": "application/json", "cookie": "a=1; b=2", "X-Twice": "1"}
    event = probe.request("echo", "POST", params=[("q", "1"), ("q", "2")], headers=headers, content="{}").json()
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "ANY /probe/{command}", "/probe/echo")
    assert event["rawQueryString"] == "q=1&q=2"
    assert event["queryStringParameters"] == {"q": "1,2"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"]["x-twice"] == "1"
    assert (event["body"], event["isBase64Encoded"]) == ("{}", False)
    assert event["requestContext"]["http"]["method"] == "POST"


def test_the_api_responds_as_api_gateway_does(probe: Probe) -> None:
    picture = probe.request("picture")
    assert (picture.status_code, picture.content) == (201, b"\x89PNG")
    assert picture.headers.get_list("set-cookie") == ["a=1", "b=2"]
    unknown = httpx.get(f"{probe.endpoints['api_url']}/probe", timeout=60)
    assert (unknown.status_code, unknown.json()) == (404, {"message": "Not Found"})
    for failing in ("raise", "crash", "sleep 30"):
        failed = probe.request(failing)
        assert (failed.status_code, failed.json()) == (500, {"message": "Internal Server Error"})
    too_long = probe.request("echo", "POST", content=b"\x00" * 5_000_000)
    assert (too_long.status_code, too_long.json()) == (413, {"message": "Request Too Long"})
    assert probe.request("echo", "POST", content=b"\x00" * 11_000_000).status_code == 413


def send_three_concurrent_requests(probe: Probe) -> list[httpx.Response]:
    """Ask again for a minute: on a busy machine, loading three functions takes longer than their timeout."""
    give_up = time.monotonic() + 60
    while True:
        with ThreadPoolExecutor(3) as pool:
            responses = list(pool.map(probe.request, ["sleep 2"] * 3))
        if {response.status_code for response in responses} == {200} or time.monotonic() > give_up:
            return responses


def test_concurrent_requests_get_separate_environments(probe: Probe) -> None:
    responses = send_three_concurrent_requests(probe)
    assert [response.status_code for response in responses] == [200] * 3
    assert len({response.json()["process"] for response in responses}) == 3

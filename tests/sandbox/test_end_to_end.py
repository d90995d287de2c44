"""Specimen photos end to end: the real template, artefacts and recogniser."""

import base64
import json
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from jsonschema import Draft202012Validator

from permit_ocr.domain.card.valid_date import today_in_shanghai
from permit_ocr.domain.identity import document_id_of_object
from tests.unit.fakes.files import jpeg

SPECIMENS = Path("events/specimens")
TRUTH: list[dict[str, Any]] = json.loads((SPECIMENS / "truth.json").read_text())["specimens"]
FIELDS_NOT_COMPARED = {"Profile", "WarnCardInfos", "PortraitImageInfo"}
PATIENCE_SECONDS = 120.0


class Client:
    """Uploads photos and consumes the results queue, as the user's application does."""

    def __init__(self, endpoints: dict[str, str]) -> None:
        self.endpoints = endpoints
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=endpoints["region"])
        self.s3 = session.client("s3", endpoint_url=endpoints["aws_endpoint"])
        self.sqs = session.client("sqs", endpoint_url=endpoints["aws_endpoint"])
        self.received: dict[str, list[dict[str, Any]]] = {}

    def upload(self, content: bytes, key: str, **metadata: str) -> str:
        """Upload a photo and return its document id."""
        bucket = self.endpoints["upload_bucket"]
        stored = self.s3.put_object(Bucket=bucket, Key=key, Body=content, Metadata=metadata)
        return document_id_of_object(bucket=bucket, key=key, version=stored["VersionId"], etag=stored["ETag"])

    def consume(self, *, wait_seconds: int = 1) -> None:
        queue = self.endpoints["results_queue_url"]
        response = self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds)
        for message in response.get("Messages", []):
            event = json.loads(message["Body"])
            self.received.setdefault(event["id"], []).append(event)
            self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    def result(self, document_id: str) -> dict[str, Any]:
        """Wait for a document's event, assert that it is the only one, and return it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while document_id not in self.received:
            assert time.monotonic() < deadline, "no result in time"
            self.consume()
        (event,) = self.received[document_id]
        return event

    def post(self, body: Any, **options: Any) -> httpx.Response:
        return httpx.post(f"{self.endpoints['api_url']}/v1/recognitions", json=body, timeout=60, **options)


@pytest.fixture(scope="module")
def client(sandbox: Any) -> Client:
    return Client(sandbox.endpoints)


def validate(event: dict[str, Any]) -> None:
    schema = json.loads(Path(f"events/schemas/{event['type']}.schema.json").read_text())
    Draft202012Validator(schema).validate(event)


def test_every_specimen_becomes_one_correct_result_on_the_queue(client: Client) -> None:
    sent = []
    for number, specimen in enumerate(TRUTH):
        key = f"uploads/{specimen['document']}/{number}.jpg"
        metadata = {"card-side": specimen["card_side"]} if specimen["card_side"] else {}
        sent.append((client.upload((SPECIMENS / specimen["file"]).read_bytes(), key, **metadata), specimen))
    for document_id, specimen in sent:
        event = client.result(document_id)
        validate(event)
        data = event["data"]
        assert event["type"] == "permit.recognized.v1"
        assert (data["kind"], data["side"], data["permit_type"]) == (
            specimen["kind"],
            specimen["side"],
            specimen["permit_type"],
        )
        different = {
            name: (value, specimen["answer"][name])
            for name, value in data["fields"].items()
            if name not in FIELDS_NOT_COMPARED and value != specimen["answer"][name]
        }
        assert different == {}, specimen["file"]
        assert not [check for check in data["checks"] if check["outcome"] == "failed"]
        assert data["authenticity"] == "not_checked"
        assert (data["verdict"] == "rejected") == has_expired(specimen["answer"])


def has_expired(answer: dict[str, str]) -> bool:
    """Return whether a card's validity ended before today in Shanghai; a side without a period never expires."""
    end = answer.get("ValidDate", "")[-10:].replace(".", "-")
    return bool(end) and date.fromisoformat(end) < today_in_shanghai(datetime.now(UTC))


def test_a_portrait_is_stored_and_only_its_key_is_published(client: Client) -> None:
    specimen = next(one for one in TRUTH if one["kind"] == "residence-permit" and one["side"] == "front")
    content = (SPECIMENS / specimen["file"]).read_bytes()
    event = client.result(
        client.upload(content, "uploads/residence-permit/portrait.jpg", **{"return-portrait": "true"})
    )
    key = event["data"]["portrait_key"]
    assert key.startswith("portraits/")
    stored = client.s3.get_object(Bucket=client.endpoints["upload_bucket"], Key=key)["Body"].read()
    assert stored.startswith(b"\xff\xd8\xff")
    assert event["data"]["fields"]["PortraitImageInfo"]["PortraitImage"] == ""


@pytest.mark.parametrize(
    ("content", "metadata", "code"),
    [
        (b"", {}, "Document.Empty"),
        (b"not a card", {}, "Document.UnsupportedFormat"),
        (b"\xff\xd8\xff\xe0 cut off", {"document": "mainland-permit"}, "Document.Truncated"),
        (jpeg(b"no picture"), {"document": "mainland-permit"}, "FailedOperation.ImageDecodeFailed"),
        (b"\xff\xd8\xff\xe0 whatever", {"document": "passport"}, "Document.UnknownMetadata"),
    ],
)
def test_an_unreadable_photo_becomes_a_rejected_result(
    client: Client, content: bytes, metadata: dict[str, str], code: str
) -> None:
    event = client.result(client.upload(content, f"uploads/auto/{code} with spaces+plus.jpg", **metadata))
    validate(event)
    assert event["type"] == "permit.rejected.v1"
    assert event["data"]["error"]["code"] == code
    assert event["data"]["error"]["advice"]


def test_the_api_responds_with_the_event_that_it_publishes(client: Client) -> None:
    specimen = next(one for one in TRUTH if one["permit_type"] == "exit-entry-permit")
    image = base64.b64encode((SPECIMENS / specimen["file"]).read_bytes()).decode()
    response = client.post({"document": "mainland-permit", "image_base64": image})
    assert response.status_code == 200, response.text
    event = response.json()
    assert event["data"]["normalized"]["number"] == specimen["answer"]["Number"]
    assert client.result(event["id"]) == event


def test_api_errors_are_problem_details(client: Client) -> None:
    response = client.post({"document": "passport", "image_base64": "eA=="})
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert "document" in response.json()["detail"]
    too_large = client.post({"image_base64": "A" * (5 * 1024 * 1024)})
    assert (too_large.status_code, too_large.json()["code"]) == (413, "Request.TooLarge")
    larger_than_lambda_accepts = client.post({"image_base64": "A" * (7 * 1024 * 1024)})
    assert larger_than_lambda_accepts.status_code == 413


def test_repeated_upload_events_publish_no_further_result(client: Client) -> None:
    specimen = TRUTH[0]
    content = (SPECIMENS / specimen["file"]).read_bytes() + b"\0"  # a new image, without a stored recognition
    document_id = client.upload(content, "uploads/residence-permit/again.jpg")
    client.result(document_id)
    head = client.s3.head_object(Bucket=client.endpoints["upload_bucket"], Key="uploads/residence-permit/again.jpg")
    event = json.loads(Path("events/s3-object-created.json").read_text())
    event["Records"][0]["s3"]["bucket"]["name"] = client.endpoints["upload_bucket"]
    event["Records"][0]["s3"]["object"] |= {
        "key": "uploads/residence-permit/again.jpg",
        "versionId": head["VersionId"],
        "eTag": head["ETag"].strip('"'),
    }
    for _ in range(3):
        client.sqs.send_message(QueueUrl=client.endpoints["intake_queue_url"], MessageBody=json.dumps(event))
    # Once a later document has its result, the repeated events have been processed, too.
    client.result(client.upload(b"", "uploads/auto/marker.jpg"))
    client.consume(wait_seconds=3)
    assert len(client.received[document_id]) == 1


def test_the_recognize_command_prints_one_event_per_file_in_order(sandbox: Any) -> None:
    specimens = [one for one in TRUTH if one["document"] == "residence-permit"][:2]
    command = Path(sys.executable).parent / "permit-ocr"
    files = [str(SPECIMENS / one["file"]) for one in reversed(specimens)]
    run = subprocess.run(
        [command, "recognize", *files, "--document", "residence-permit", "--json"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
        env={**os.environ, "PERMIT_OCR_SANDBOX_DIRECTORY": str(sandbox.state)},
    )
    events = [json.loads(line) for line in run.stdout.splitlines()]
    numbers = [event["data"]["fields"]["IdCardNo"] for event in events]
    assert numbers == [one["answer"]["IdCardNo"] for one in reversed(specimens)]


def test_an_unreadable_message_reaches_the_dead_letter_queue(client: Client) -> None:
    client.sqs.send_message(QueueUrl=client.endpoints["intake_queue_url"], MessageBody="not an event")
    deadline = time.monotonic() + PATIENCE_SECONDS
    bodies: list[str] = []
    while "not an event" not in bodies:  # other tests of this sandbox may have dead letters, too
        assert time.monotonic() < deadline, "it is still on the intake queue"
        response = client.sqs.receive_message(QueueUrl=client.endpoints["dead_letter_queue_url"], WaitTimeSeconds=2)
        bodies += [message["Body"] for message in response.get("Messages", [])]
    assert bodies.count("not an event") == 1


def test_logs_contain_neither_card_text_nor_object_keys(client: Client, sandbox: Any) -> None:
    """Runs last in this file, when every test above has written its log lines."""
    secrets = {"with spaces", "again.jpg", "X-Amz-Signature", "Signature="}
    for specimen in TRUTH:
        answer = specimen["answer"]
        back = answer.get("MainlandTravelPermitBackInfos") or {}
        values = [*answer.values(), back.get("Name"), back.get("IDNumber"), back.get("HistoryNumber")]
        texts = [value for value in values if isinstance(value, str)]
        # Values of one or two characters occur in any log; those that identify somebody are longer.
        secrets |= {text for text in texts if len(text) > 2 and text not in {"公安部出入境管理局", "中国"}}
    logs = {log.name: log.read_text(errors="replace") for log in Path(sandbox.state, "logs").iterdir()}
    assert any("document_done" in text for text in logs.values()), "the functions do log"
    leaks = {(name, secret) for name, text in logs.items() for secret in secrets if secret in text}
    assert leaks == set()

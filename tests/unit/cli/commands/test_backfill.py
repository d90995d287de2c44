"""Objects already in the bucket are queued once each, with the message that S3 would have sent."""

import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import cli.commands.backfill
from cli.commands.backfill import BackfillState, ListingPosition, enqueue, pages
from cli.deployment import Deployment
from cli.main import app
from permit_ocr.application.intake_messages import Upload, document_of
from permit_ocr.domain.identity import document_id_of_object
from permit_ocr.entrypoints.upload_events import messages_in_body

PAGE = 1000
START = BackfillState(position=None, queued=0)
NAMES = ("plain.jpg", "two words+plus &%25.jpg", "证件/照片.jpg", "a~b=c?.jpg")


class FakeS3:
    """A listing of any length without memory use; every seventh object has an older version, some are deleted."""

    meta = SimpleNamespace(region_name="us-east-1")

    def __init__(self, objects: int) -> None:
        self._objects = objects

    def list_object_versions(self, *, Prefix: str, KeyMarker: str = "", **_: str) -> dict[str, Any]:  # noqa: N803
        start = int(KeyMarker.removeprefix(Prefix)) + 1 if KeyMarker else 0
        end = min(start + PAGE, self._objects)
        versions = []
        for number in range(start, end):
            versions.append(self._version(Prefix, number, latest=True))
            if number % 7 == 0:
                versions.append(self._version(Prefix, number, latest=False))
        return {
            "Versions": versions,
            "DeleteMarkers": [{"Key": f"{Prefix}deleted", "VersionId": "d", "IsLatest": True}],
            "IsTruncated": end < self._objects,
            "NextKeyMarker": f"{Prefix}{end - 1:09}",
            "NextVersionIdMarker": "v",
        }

    @staticmethod
    def _version(prefix: str, number: int, *, latest: bool) -> dict[str, Any]:
        return {
            "Key": f"{prefix}{number:09}",
            "VersionId": f"v{number}" if latest else "old",
            "ETag": '"0123"',
            "Size": 1,
            "IsLatest": latest,
            "LastModified": datetime(2026, 11, 21, tzinfo=UTC),
        }


class CountingSqs:
    """Counts messages, optionally keeps their keys, and can be interrupted at one of its requests."""

    def __init__(self, *, stops_at_request: int | None = None, keeps: bool = True) -> None:
        self.count = 0
        self.requests = 0
        self.keys: list[str] = []
        self._stops_at = stops_at_request
        self._keeps = keeps
        self._lock = Lock()

    def send_message_batch(self, *, Entries: list[dict[str, str]], **_: str) -> dict[str, Any]:  # noqa: N803
        assert len(Entries) <= 10
        with self._lock:
            self.requests += 1
            if self.requests == self._stops_at:
                raise KeyboardInterrupt
            self.count += len(Entries)
            if self._keeps:
                self.keys += [upload_in(entry["MessageBody"]).key for entry in Entries]
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


def upload_in(body: str) -> Upload:
    (upload,) = messages_in_body(body)
    assert isinstance(upload, Upload)
    return upload


def fake(deployment: Deployment, objects: int, sqs: Any) -> Deployment:
    s3: Any = FakeS3(objects)
    return replace(deployment, s3=s3, sqs=sqs)


def backfill(address: str, tmp_path: Path, *options: str) -> Result:
    state = str(tmp_path / "state.json")
    return CliRunner().invoke(app, ["backfill", address, "--stack", "permit-ocr", "--state", state, *options])


def uploads_on(deployment: Deployment) -> list[Upload]:
    found: list[Upload] = []
    while received := deployment.sqs.receive_message(QueueUrl=deployment.intake_queue_url, MaxNumberOfMessages=10).get(
        "Messages"
    ):
        found += [upload_in(message["Body"]) for message in received]
    return found


@pytest.mark.parametrize("versioned", [True, False])
def test_an_object_has_the_same_document_id_as_in_s3s_own_event(
    deployment: Deployment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    versioned: bool,  # noqa: FBT001  parametrized
) -> None:
    if not versioned:
        deployment.s3.create_bucket(Bucket="plain-bucket")
        deployment = replace(deployment, upload_bucket="plain-bucket")
        monkeypatch.setattr(cli.commands.backfill, "find_deployment", lambda _: deployment)
    bucket = deployment.upload_bucket
    uploaded = {}
    for name in NAMES:
        key = f"uploads/{name}"
        stored = deployment.s3.put_object(Bucket=bucket, Key=key, Body=name.encode())
        version = stored["VersionId"] if versioned else None  # S3's own events then contain no version
        uploaded[key] = document_id_of_object(bucket=bucket, key=key, version=version, etag=stored["ETag"])
    result = backfill(f"s3://{bucket}/uploads/", tmp_path)
    assert result.exit_code == 0, result.output
    ids = {upload.key: document_of(upload, upload_prefix="uploads/").id for upload in uploads_on(deployment)}
    assert ids == uploaded


def test_only_latest_versions_of_existing_objects_are_queued(deployment: Deployment, tmp_path: Path) -> None:
    put = {
        key: deployment.s3.put_object(Bucket="uploads-bucket", Key=key, Body=body)["VersionId"]
        for key, body in (
            ("uploads/twice.jpg", b"old"),
            ("uploads/twice.jpg", b"new"),
            ("uploads/deleted.jpg", b"x"),
            ("uploads/folder/", b""),
            ("uploads/empty.jpg", b""),
            ("portraits/face.jpg", b"x"),
        )
    }
    deployment.s3.delete_object(Bucket="uploads-bucket", Key="uploads/deleted.jpg")
    result = backfill("s3://uploads-bucket", tmp_path)
    assert result.exit_code == 0, result.output
    assert "queued 2 objects" in result.stderr
    assert {(upload.key, upload.version) for upload in uploads_on(deployment)} == {
        (key, put[key]) for key in ("uploads/twice.jpg", "uploads/empty.jpg")
    }


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("s3://another-bucket/uploads/", "reads only the bucket s3://uploads-bucket"),
        ("s3://uploads-bucket/portraits/", "reads only objects under s3://uploads-bucket/uploads/"),
        ("uploads-bucket/uploads/", "must be s3://BUCKET/PREFIX"),
        ("s3://", "must be s3://BUCKET/PREFIX"),
    ],
)
def test_an_address_the_deployment_cannot_read_is_rejected(
    deployment: Deployment, tmp_path: Path, address: str, message: str
) -> None:
    result = backfill(address, tmp_path)
    assert result.exit_code == 2
    assert message in result.stderr
    assert uploads_on(deployment) == []


def test_a_stopped_run_resumes_and_repeats_at_most_one_page(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = 5 * PAGE + 3
    first = CountingSqs(stops_at_request=250)
    monkeypatch.setattr(cli.commands.backfill, "find_deployment", lambda _: fake(deployment, objects, first))
    assert backfill("s3://uploads-bucket/uploads/", tmp_path).exit_code != 0
    state = tmp_path / "state.json"
    assert state.stat().st_mode & 0o077 == 0, "a key may contain a name"
    assert json.loads(state.read_text())["queued"] == 2 * PAGE
    second = CountingSqs()
    monkeypatch.setattr(cli.commands.backfill, "find_deployment", lambda _: fake(deployment, objects, second))
    result = backfill("s3://uploads-bucket/uploads/", tmp_path)
    assert result.exit_code == 0, result.output
    assert "resuming after 2000 objects" in result.stderr
    assert f"queued {objects} objects" in result.stderr
    assert len(set(first.keys) | set(second.keys)) == objects
    assert len(first.keys) + len(second.keys) <= objects + PAGE
    assert not state.exists(), "the next backfill starts over"


def test_an_invalid_state_file_is_named(deployment: Deployment, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"key": 1')
    result = backfill("s3://uploads-bucket/uploads/", tmp_path)
    assert result.exit_code == 2
    assert "state.json" in result.stderr


def test_temporarily_rejected_messages_are_sent_again(deployment: Deployment) -> None:
    class RejectingSqs(CountingSqs):
        """Rejects every other message the first time."""

        def __init__(self) -> None:
            super().__init__()
            self.rejected: set[str] = set()

        def send_message_batch(self, *, Entries: list[dict[str, str]], **_: str) -> dict[str, Any]:  # noqa: N803
            new = {entry["MessageBody"] for entry in Entries[::2]} - self.rejected
            self.rejected |= new
            answer = super().send_message_batch(Entries=[entry for entry in Entries if entry["MessageBody"] not in new])
            failed = [entry["Id"] for entry in Entries if entry["MessageBody"] in new]
            return answer | {"Failed": [{"Id": entry_id, "SenderFault": False} for entry_id in failed]}

    sqs = RejectingSqs()
    *_, done = enqueue(fake(deployment, 95, sqs), "uploads/", START)
    assert (done, len(sqs.keys), len(set(sqs.keys))) == (BackfillState(position=None, queued=95), 95, 95)


def test_a_permanent_rejection_ends_the_run_without_saving_its_page(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class RejectingSqs(CountingSqs):
        def send_message_batch(self, *, Entries: list[dict[str, str]], **_: str) -> dict[str, Any]:  # noqa: N803
            return {"Failed": [{"Id": entry["Id"], "SenderFault": True} for entry in Entries]}

    monkeypatch.setattr(cli.commands.backfill, "find_deployment", lambda _: fake(deployment, 20, RejectingSqs()))
    result = backfill("s3://uploads-bucket/uploads/", tmp_path)
    assert result.exit_code == 1
    assert "20 messages" in result.stderr
    assert not (tmp_path / "state.json").exists()


def test_a_listing_resumes_exactly_after_a_page(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        for version in range(3):
            deployment.s3.put_object(Bucket="uploads-bucket", Key=f"uploads/{number}", Body=bytes([version]))
    small: Any = SimpleNamespace(
        list_object_versions=lambda **request: deployment.s3.list_object_versions(**request, MaxKeys=4)
    )
    everything = list(pages(small, bucket="uploads-bucket", prefix="uploads/", after=ListingPosition()))
    assert [each["Key"] for page in everything for each in page.objects] == [f"uploads/{number}" for number in range(7)]
    resumed = pages(small, bucket="uploads-bucket", prefix="uploads/", after=everything[1].next)
    assert [len(page.objects) for page in resumed] == [len(page.objects) for page in everything[2:]]


@pytest.mark.slow
def test_memory_stays_constant_over_a_long_listing(deployment: Deployment) -> None:
    """Traced only over the last 10 of 210 pages, because tracing makes Python several times slower."""
    sqs = CountingSqs(keeps=False)
    held: list[int] = []
    try:
        for page, _ in enumerate(enqueue(fake(deployment, 210 * PAGE, sqs), "uploads/", START)):
            if page == 197:
                tracemalloc.start()
            if page >= 200:
                held.append(tracemalloc.get_traced_memory()[0])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sqs.count == 210 * PAGE
    assert max(held) - held[0] < len(held) * PAGE * 4, "bytes: less than one integer per object"
    assert peak < 4 * 1024 * 1024

"""Many photographs at once: nothing is uploaded twice, and nothing without a result is passed over."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from typer.testing import CliRunner, Result

import cli.recognize
from cli.deployment import Deployment
from cli.main import app
from permit_ocr.adapters.dynamodb.documents import DynamoDbDocuments
from permit_ocr.application.ports import StoredEvent
from permit_ocr.domain.identity import document_id_of_object, document_id_of_page

PATIENCE = "60"
UNTIL_MISSED = ("--timeout", "3")
"""Where a result never comes. The others are there at once, as soon as the machine gets to it."""


def event_of(document_id: str, page: int | None = None) -> str:
    data = {"document": {"id": document_id, "page": page}, "kind": "mainland-permit", "verdict": "accepted"}
    return json.dumps({"id": document_id, "type": "permit.recognized.v1", "time": "2026-11-21T00:00:00", "data": data})


@pytest.fixture
def here(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    deployment.dynamodb.create_table(
        TableName=deployment.work_table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    monkeypatch.setattr(cli.recognize, "stack_deployment", lambda _: deployment)
    return deployment


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / f"{name}.jpg").write_bytes(name.encode())
    return folder


def answering(deployment: Deployment, but: tuple[str, ...] = (), pages: int = 0) -> Callable[..., Any]:
    """Make every upload have its result at once, as if the function were very quick."""
    documents = DynamoDbDocuments(deployment.dynamodb, table=deployment.work_table, keep_days=1)
    put = type(deployment.s3).put_object

    def stored(**said: Any) -> Any:
        answer = put(deployment.s3, **said)
        document_id = document_id_of_object(
            bucket=said["Bucket"], key=said["Key"], version=answer["VersionId"], etag=answer["ETag"]
        )
        if said["Body"].decode() in but:
            return answer
        if pages:
            documents.record_pages(document_id, pages=pages)
        for page in range(1, pages + 1):
            page_id = document_id_of_page(document_id, page)
            documents.store_event(page_id, StoredEvent(event=event_of(page_id, page), published=True))
        if not pages:
            documents.store_event(document_id, StoredEvent(event=event_of(document_id), published=True))
        return answer

    return stored


def run(*arguments: object) -> Result:
    said = [str(argument) for argument in arguments]
    return CliRunner().invoke(app, ["recognize", "--stack", "here", "--timeout", PATIENCE, *said])


def uploads(deployment: Deployment) -> int:
    return deployment.s3.list_objects_v2(Bucket=deployment.upload_bucket)["KeyCount"]


def test_a_folder_becomes_a_file_with_a_row_for_each_photograph(
    here: Deployment, photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here.s3, "put_object", answering(here), raising=False)
    out = photographs.parent / "out.parquet"
    done = run(photographs, "--output", out)
    assert done.exit_code == 0, done.output
    assert [Path(row["file"]).name for row in parquet.read_table(out).to_pylist()] == ["a.jpg", "b.jpg", "c.jpg"]
    assert not out.with_name("out.parquet.part").exists()


def test_a_run_that_lacks_a_result_says_so_and_the_next_one_uploads_nothing_again(
    here: Deployment, photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here.s3, "put_object", answering(here, but=("b",)), raising=False)
    out = photographs.parent / "out.jsonl"
    first = run(photographs, "--output", out, *UNTIL_MISSED)
    assert first.exit_code == 1
    assert "1 of 3 photographs" in first.output
    assert [json.loads(line)["event"] is None for line in out.read_text().splitlines()] == [False, True, False]
    journal = out.with_name("out.jsonl.part")
    waiting = next(
        said["uploaded"]["document_id"]
        for said in map(json.loads, journal.read_text().splitlines())
        if "uploaded" in said and said["file"].endswith("b.jpg")
    )
    documents = DynamoDbDocuments(here.dynamodb, table=here.work_table, keep_days=1)
    documents.store_event(waiting, StoredEvent(event=event_of(waiting), published=True))
    second = run(photographs, "--output", out)
    assert second.exit_code == 0, second.output
    assert uploads(here) == 3
    assert all(json.loads(line)["event"] for line in out.read_text().splitlines())
    assert not journal.exists()


def test_a_photograph_that_was_changed_meanwhile_is_uploaded_again(
    here: Deployment, photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here.s3, "put_object", answering(here, but=("b",)), raising=False)
    out = photographs.parent / "out.csv"
    assert run(photographs, "--output", out, *UNTIL_MISSED).exit_code == 1
    (photographs / "b.jpg").write_bytes(b"another")
    assert run(photographs, "--output", out).exit_code == 0
    assert uploads(here) == 4


def test_a_file_of_several_pages_has_a_row_for_each(
    here: Deployment, photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here.s3, "put_object", answering(here, pages=2), raising=False)
    done = run(photographs / "a.jpg", "--json")
    assert [json.loads(line)["data"]["document"]["page"] for line in done.stdout.splitlines() if line] == [1, 2]


def test_a_file_in_a_folder_that_is_passed_over_is_told(
    here: Deployment, photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here.s3, "put_object", answering(here), raising=False)
    (photographs / "notes.txt").write_text("no photograph")
    done = run(photographs, "--json")
    assert done.exit_code == 0
    assert "1 file skipped" in done.stderr


def test_what_was_written_before_is_not_written_over(here: Deployment, photographs: Path) -> None:
    out = photographs.parent / "out.csv"
    out.write_text("mine")
    done = run(photographs, "--output", out)
    assert done.exit_code == 2
    assert "is there already" in done.output
    assert (out.read_text(), uploads(here)) == ("mine", 0)

"""Many photos at once: nothing is uploaded twice, and missing results are reported."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from typer.testing import CliRunner, Result

import cli.commands.documents.recognize
from cli.deployment import Deployment
from cli.main import app
from permit_ocr.adapters.dynamodb.documents import DynamoDbDocuments
from permit_ocr.application.ports import StoredEvent
from permit_ocr.domain.identity import document_id_of_object, document_id_of_page

TIMEOUT = "60"
SHORT_TIMEOUT = ("--timeout", "3")
"""For results that never arrive. All others arrive immediately, however slow the machine is."""


def event_of(document_id: str, page: int | None = None) -> str:
    side = "back" if page and page % 2 == 0 else "front"
    data = {"document": {"id": document_id, "page": page}, "kind": "mainland-permit", "side": side}
    data |= {"verdict": "accepted"}
    return json.dumps({"id": document_id, "type": "permit.recognized.v1", "time": "2026-11-21T00:00:00", "data": data})


@pytest.fixture
def here(work: Deployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.setattr(cli.commands.documents.recognize, "find_deployment", lambda _: work)
    return work


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / f"{name}.jpg").write_bytes(name.encode())
    return folder


def put_object_with_results(
    deployment: Deployment, except_for: tuple[str, ...] = (), pages: int = 0
) -> Callable[..., Any]:
    """Return a ``put_object`` that publishes the result of each upload immediately."""
    documents = DynamoDbDocuments(deployment.dynamodb, table=deployment.work_table, keep_days=1)
    put = type(deployment.s3).put_object

    def put_and_publish(**request: Any) -> Any:
        response = put(deployment.s3, **request)
        document_id = document_id_of_object(
            bucket=request["Bucket"], key=request["Key"], version=response["VersionId"], etag=response["ETag"]
        )
        if request["Body"].decode() in except_for:
            return response
        if pages:
            documents.record_pages(document_id, pages=pages)
        for page in range(1, pages + 1):
            page_id = document_id_of_page(document_id, page)
            documents.store_event(page_id, StoredEvent(event=event_of(page_id, page), published=True))
        if not pages:
            documents.store_event(document_id, StoredEvent(event=event_of(document_id), published=True))
        return response

    return put_and_publish


def run(*arguments: object) -> Result:
    texts = [str(argument) for argument in arguments]
    return CliRunner().invoke(app, ["recognize", "--stack", "here", "--timeout", TIMEOUT, *texts])


def uploads(deployment: Deployment) -> int:
    return deployment.s3.list_objects_v2(Bucket=deployment.upload_bucket)["KeyCount"]


def test_a_folder_becomes_a_file_with_one_row_per_photo(
    here: Deployment, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here.s3, "put_object", put_object_with_results(here), raising=False)
    out = photos.parent / "out.parquet"
    done = run(photos, "--output", out)
    assert done.exit_code == 0, done.output
    assert done.stderr.endswith("3 accepted\n")
    assert [Path(row["file"]).name for row in parquet.read_table(out).to_pylist()] == ["a.jpg", "b.jpg", "c.jpg"]
    assert not out.with_name("out.parquet.part").exists()


def test_a_run_with_missing_results_resumes_without_new_uploads(
    here: Deployment, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here.s3, "put_object", put_object_with_results(here, except_for=("b",)), raising=False)
    out = photos.parent / "out.jsonl"
    first = run(photos, "--output", out, *SHORT_TIMEOUT)
    assert first.exit_code == 1
    assert "1 of 3 photos" in first.output
    assert "\n2 accepted, 1 without a result\n" in first.stderr
    assert "b.jpg: it is waiting for its turn" in first.output
    written = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["event"] is None for line in written] == [False, True, False]
    resume_file = out.with_name("out.jsonl.part")
    pending = next(
        entry["uploaded"]["document_id"]
        for entry in map(json.loads, resume_file.read_text().splitlines())
        if "uploaded" in entry and entry["file"].endswith("b.jpg")
    )
    assert written[1]["document_id"] == pending
    documents = DynamoDbDocuments(here.dynamodb, table=here.work_table, keep_days=1)
    documents.store_event(pending, StoredEvent(event=event_of(pending), published=True))
    second = run(photos, "--output", out)
    assert second.exit_code == 0, second.output
    assert uploads(here) == 3
    assert all(json.loads(line)["event"] for line in out.read_text().splitlines())
    assert not resume_file.exists()


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_missing_result_can_be_got_later_by_its_id(
    here: Deployment, photos: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setattr(here.s3, "put_object", put_object_with_results(here, except_for=("b", "c")), raising=False)
    done = run(photos / "b.jpg", photos / "c.jpg", *SHORT_TIMEOUT, *options)
    assert done.exit_code == 1
    ids = dict(re.findall(r"^(\w)\.jpg: its document is ([0-9a-f]{32})$", done.stderr, re.MULTILINE))
    assert ids.keys() == {"b", "c"}
    assert f"to get what is missing later: permit-ocr get {ids['b']} {ids['c']} --stack here\n" in done.stderr


def test_a_photo_that_changed_in_the_meantime_is_uploaded_again(
    here: Deployment, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here.s3, "put_object", put_object_with_results(here, except_for=("b",)), raising=False)
    out = photos.parent / "out.csv"
    assert run(photos, "--output", out, *SHORT_TIMEOUT).exit_code == 1
    (photos / "b.jpg").write_bytes(b"another")
    assert run(photos, "--output", out).exit_code == 0
    assert uploads(here) == 4


def test_a_file_with_several_pages_has_one_row_per_page(
    here: Deployment, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here.s3, "put_object", put_object_with_results(here, pages=2), raising=False)
    done = run(photos / "a.jpg", "--json")
    assert [json.loads(line)["data"]["document"]["page"] for line in done.stdout.splitlines() if line] == [1, 2]


@pytest.mark.parametrize("options", [("--json",), ("--output", "out.jsonl")])
def test_a_file_of_both_sides_gets_a_hint_at_cases(
    here: Deployment, photos: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setattr(here.s3, "put_object", put_object_with_results(here, pages=2), raising=False)
    monkeypatch.chdir(photos.parent)
    hint = "a.jpg: a front and a back; with --case NAME they also get a result together"
    assert hint in run(photos / "a.jpg", *options).stderr
    Path("out.jsonl").unlink(missing_ok=True)
    assert "--case" not in run(photos / "a.jpg", "--case", "7", *options).stderr


def test_skipped_files_in_a_folder_are_reported(
    here: Deployment, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here.s3, "put_object", put_object_with_results(here), raising=False)
    (photos / "notes.txt").write_text("not a photo")
    done = run(photos, "--json")
    assert done.exit_code == 0
    assert "1 file skipped" in done.stderr


def test_an_existing_output_file_is_not_overwritten(here: Deployment, photos: Path) -> None:
    out = photos.parent / "out.csv"
    out.write_text("mine")
    done = run(photos, "--output", out)
    assert done.exit_code == 2
    assert "already exists" in done.output
    assert (out.read_text(), uploads(here)) == ("mine", 0)


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl", "parquet"])
def test_a_missing_folder_is_named_as_it_was_typed(here: Deployment, photos: Path, suffix: str) -> None:
    done = run(photos, "--output", f"/nonexistent/o.{suffix}")
    assert done.exit_code == 2
    assert f"/nonexistent/o.{suffix}: the folder /nonexistent does not exist" in done.output
    assert uploads(here) == 0


def test_pairs_are_found_by_name_and_share_a_case(
    here: Deployment, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here.s3, "put_object", put_object_with_results(here), raising=False)
    (photos / "d front.jpg").write_bytes(b"d front")
    (photos / "d back.jpg").write_bytes(b"d back")
    done = run(photos, "--pairs", "--json")
    assert done.exit_code == 0, done.output
    assert f"3 photos without a partner: {photos}/a.jpg, {photos}/b.jpg, {photos}/c.jpg" in done.stderr
    assert "d back.jpg + d front.jpg: no pair" in done.stderr, "the fake completes no pair"
    assert sorted(cases_of_uploads(here).values(), key=str)[:3] == [None] * 3
    assert len(set(cases_of_uploads(here).values())) == 2


def test_all_photos_belong_to_the_given_case(here: Deployment, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(here.s3, "put_object", put_object_with_results(here), raising=False)
    assert run(photos, "--case", "2026-0815", "--json").exit_code == 0
    assert set(cases_of_uploads(here).values()) == {"2026-0815"}


@pytest.mark.parametrize(
    ("options", "reason"),
    [(("--case", "a b"), "--case: must have 1 to 64 letters"), (("--case", "1", "--pairs"), "exclude each other")],
)
def test_impossible_cases_upload_nothing(here: Deployment, photos: Path, options: tuple[str, ...], reason: str) -> None:
    done = run(photos, *options)
    assert (done.exit_code, reason in done.output, uploads(here)) == (2, True, 0)


def cases_of_uploads(deployment: Deployment) -> dict[str, str | None]:
    listed = deployment.s3.list_objects_v2(Bucket=deployment.upload_bucket)["Contents"]
    heads = {one["Key"]: deployment.s3.head_object(Bucket=deployment.upload_bucket, Key=one["Key"]) for one in listed}
    return {key: head["Metadata"].get("case") for key, head in heads.items()}

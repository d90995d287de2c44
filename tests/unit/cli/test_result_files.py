"""Results as CSV, JSON Lines and Parquet."""

import csv
import json
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from cli.results.files import FileResult, columns, row, writer_for
from permit_ocr.domain.permits import Kind
from tests.unit.fakes import MAINLAND_FRONT, submission, world


@pytest.fixture(scope="module")
def recognized() -> FileResult:
    event = world(MAINLAND_FRONT).recognize(submission(kind=Kind.MAINLAND_PERMIT), deadline=time.monotonic() + 45)
    return FileResult(file=Path("in/卡.jpg"), event=json.loads(event))


@pytest.fixture
def rejected() -> FileResult:
    error = {"code": "Document.Empty", "meaning": "The file is empty.", "advice": "Upload it again."}
    data = {"document": {"id": "2"}, "kind": None, "error": error, "verdict": "rejected", "reasons": ["Document.Empty"]}
    return FileResult(file=Path("b.jpg"), event={"id": "2", "type": "permit.rejected.v1", "data": data})


def _cells(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_row_contains_the_fields_of_its_event(recognized: FileResult) -> None:
    cells = row(recognized)
    data: Any = recognized.event and recognized.event["data"]
    assert cells["file"] == "in/卡.jpg"
    assert cells["fields.Number"] == data["fields"]["Number"]
    assert cells["validity.valid_until"] == date.fromisoformat(data["validity"]["valid_until"])
    assert cells["validity.days_remaining"] == data["validity"]["days_remaining"]
    assert cells["verdict"] == data["verdict"]
    assert cells["reasons"] == ("; ".join(data["reasons"]) or None)
    assert list(cells) == list(columns())


def test_every_format_has_the_same_rows(recognized: FileResult, rejected: FileResult, tmp_path: Path) -> None:
    missing = FileResult(file=Path("c.jpg"), event=None)
    for suffix in ("csv", "jsonl", "parquet"):
        file = tmp_path / f"results.{suffix}"
        writer_for(file)(file, iter([recognized, rejected, missing]))
    typed = parquet.read_table(tmp_path / "results.parquet").to_pylist()
    assert typed == [row(recognized), row(rejected), row(missing)]
    as_text = _cells(tmp_path / "results.csv")
    assert [[cell or None for cell in cells.values()] for cells in as_text] == [
        [None if value is None else str(value) for value in cells.values()] for cells in typed
    ]
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["event"] for line in lines] == [recognized.event, rejected.event, None]
    assert [line["file"] for line in lines] == ["in/卡.jpg", "b.jpg", "c.jpg"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_text_that_looks_like_a_formula_is_prefixed_with_an_apostrophe(text: str, tmp_path: Path) -> None:
    data = {"document": {}, "fields": {"Name": text}}
    file = tmp_path / "results.csv"
    writer_for(file)(file, [FileResult(file=Path("a.jpg"), event={"id": "1", "type": "t", "data": data})])
    (cells,) = _cells(file)
    assert cells["fields.Name"] == f"'{text}"


def test_an_unknown_format_is_rejected_with_the_supported_ones() -> None:
    with pytest.raises(ValueError, match=r"\.csv, \.jsonl or \.parquet"):
        writer_for(Path("results.xlsx"))


def test_parquet_without_pyarrow_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.results.files.find_spec", lambda _name: None)
    with pytest.raises(ValueError, match="make setup"):
        writer_for(Path("results.parquet"))

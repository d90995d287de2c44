"""Results as CSV, Excel workbooks, JSON Lines and Parquet."""

import csv
import json
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pyarrow import parquet

from cli.results.files import FileResult, columns, row, writer_for
from permit_ocr.domain.permits import Kind
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import submission, world


@pytest.fixture(scope="module")
def recognized() -> FileResult:
    event = world(MAINLAND_FRONT).recognize(submission(kind=Kind.MAINLAND_PERMIT), deadline=time.monotonic() + 45)
    parsed = json.loads(event)
    parsed["data"] |= {"confidences": {"Name": 0.5, "Number": 0.9877, "ValidDate": None}, "document_confidence": 0.75}
    return FileResult(file="in/卡.jpg", event=parsed)


@pytest.fixture
def rejected() -> FileResult:
    error = {"code": "Document.Empty", "meaning": "The file is empty.", "advice": "Upload it again."}
    data = {"document": {"id": "2"}, "kind": None, "error": error, "verdict": "rejected", "reasons": ["Document.Empty"]}
    return FileResult(file="b.jpg", event={"id": "2", "type": "permit.rejected.v1", "data": data})


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
    assert (cells["confidences.Name"], cells["confidences.ValidDate"]) == (0.5, None)
    assert cells["document_confidence"] == 0.75
    assert list(cells) == list(columns())


def test_every_text_field_has_a_column_for_its_confidence() -> None:
    of_fields = {name for name, kind in columns().items() if name.startswith("fields.") and kind is str}
    of_confidences = {name for name, kind in columns().items() if name.startswith("confidences.") and kind is float}
    assert {name.replace("confidences.", "fields.", 1) for name in of_confidences} == of_fields
    assert "confidences.MainlandTravelPermitBackInfos.IDNumber" in of_confidences


def test_a_pair_has_its_verdict_and_its_case() -> None:
    sample = Path(__file__).parents[4] / "events" / "samples" / "permit.completed.v1.json"
    cells = row(FileResult(file="pair", event=json.loads(sample.read_text(encoding="utf-8"))))
    assert (cells["case"], cells["verdict"], cells["validity.status"]) == ("2026-0815", "rejected", "expired")


def test_every_format_has_the_same_rows(recognized: FileResult, rejected: FileResult, tmp_path: Path) -> None:
    missing = FileResult(file="c.jpg", event=None)
    for suffix in ("csv", "xlsx", "jsonl", "parquet"):
        file = tmp_path / f"results.{suffix}"
        writer_for(file)(file, iter([recognized, rejected, missing]))
    typed = parquet.read_table(tmp_path / "results.parquet").to_pylist()
    assert typed == [row(recognized), row(rejected), row(missing)]
    sheet = load_workbook(tmp_path / "results.xlsx")["results"]
    headings, *rows = [list(cells) for cells in sheet.iter_rows(values_only=True)]
    assert headings == list(columns())
    days = [[cell.date() if isinstance(cell, datetime) else cell for cell in cells] for cells in rows]
    assert days == [list(cells.values()) for cells in typed]
    as_text = _cells(tmp_path / "results.csv")
    assert [[cell or None for cell in cells.values()] for cells in as_text] == [
        [None if value is None else str(value) for value in cells.values()] for cells in typed
    ]
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["event"] for line in lines] == [recognized.event, rejected.event, None]
    assert [line["file"] for line in lines] == ["in/卡.jpg", "b.jpg", "c.jpg"]


@pytest.mark.parametrize(("side", "sex"), [("front", "not known"), ("back", None)])
def test_a_side_without_sex_has_an_empty_cell(side: str, sex: str | None) -> None:
    event = {"id": "1", "type": "t", "data": {"document": {}, "side": side, "normalized": {"sex": "not known"}}}
    assert row(FileResult(file="a.jpg", event=event))["normalized.sex"] == sex


def named(name: str) -> FileResult:
    event = {"id": "1", "type": "t", "data": {"document": {}, "fields": {"Name": name}}}
    return FileResult(file="a.jpg", event=event)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "810000196110293288", "007", "12345678E5"])
def test_a_spreadsheet_evaluates_and_changes_no_text(text: str, tmp_path: Path) -> None:
    for suffix in ("csv", "xlsx"):
        writer_for(tmp_path / f"results.{suffix}")(tmp_path / f"results.{suffix}", [named(text)])
    (cells,) = _cells(tmp_path / "results.csv")
    assert cells["fields.Name"] == f"'{text}"
    sheet = load_workbook(tmp_path / "results.xlsx")["results"]
    cell = sheet.cell(row=2, column=list(columns()).index("fields.Name") + 1)
    assert (cell.value, cell.data_type) == (text, "s")


@pytest.mark.parametrize("text", ["60824864", "H75646782", "0", "2018.09.06-2023.09.06", "10000000000"])
def test_other_text_is_written_as_it_is(text: str, tmp_path: Path) -> None:
    writer_for(tmp_path / "results.csv")(tmp_path / "results.csv", [named(text)])
    (cells,) = _cells(tmp_path / "results.csv")
    assert cells["fields.Name"] == text


def test_an_unknown_format_is_rejected_with_the_supported_ones() -> None:
    with pytest.raises(ValueError, match=r"\.csv, \.xlsx, \.jsonl, \.parquet"):
        writer_for(Path("results.ods"))


def test_parquet_without_pyarrow_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.results.formats.find_spec", lambda _name: None)
    with pytest.raises(ValueError, match="make setup"):
        writer_for(Path("results.parquet"))

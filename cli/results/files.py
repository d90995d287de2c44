"""Write results as CSV, Excel workbooks, JSON Lines or Parquet."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from importlib.util import find_spec
from itertools import batched
from pathlib import Path
from typing import Any, Final, get_type_hints

from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.card.normalized import NormalizedFields
from permit_ocr.domain.card.valid_date import Validity

_ROWS_PER_BATCH: Final = 1000
_BACK: Final = "MainlandTravelPermitBackInfos"
_NOT_CARD_TEXT: Final = frozenset(("Profile", "PortraitImageInfo", "WarnCardInfos", _BACK))
_WORKBOOK_COLUMN: Final = 20
"""Width of columns with text and dates, in characters."""
_CHANGED_NUMBER: Final = re.compile(r"0[0-9]+|[0-9]{12,}|[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+")
"""Text that a spreadsheet takes for a number and does not show as it is."""
_FORMULA_PREFIXES: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """The name of a photo, or of a pair, and its event; None if there is no result."""

    file: str
    event: dict[str, Any] | None


type Cell = str | int | float | bool | date | None


def writer_for(file: Path) -> Callable[[Path, Iterable[FileResult]], None]:
    """Return the function that writes the format of ``file``'s suffix. Raises ``ValueError``."""
    if file.suffix.lower() == ".parquet" and find_spec("pyarrow") is None:
        raise ValueError(f"{file}: Parquet needs pyarrow, which a demo does not install. Run make setup, or use .csv.")
    try:
        return _WRITERS[file.suffix.lower()]
    except KeyError:
        raise ValueError(f"{file}: the name must end with {', '.join(_WRITERS)}") from None


def write_json_lines(file: Path, results: Iterable[FileResult]) -> None:
    """Write one ``{"file": …, "event": …}`` per line, the event as published. Raises ``OSError``."""
    with file.open("w", encoding="utf-8") as out:
        for result in results:
            line = {"file": result.file, "event": result.event}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


def write_csv(file: Path, results: Iterable[FileResult]) -> None:
    """Write one row per result. Raises ``OSError``.

    The byte order mark makes spreadsheets read the file as UTF-8. Card text is untrusted input, so text that a
    spreadsheet would evaluate as a formula is prefixed with an apostrophe. So are numbers that it would change: those
    with leading zeros, an exponent, or more than 11 digits (Excel shows ``8.1E+17`` and keeps only 15 of them).
    """
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        rows = csv.DictWriter(out, list(columns()))
        rows.writeheader()
        rows.writerows({name: _csv_cell(value) for name, value in row(result).items()} for result in results)


def write_workbook(file: Path, results: Iterable[FileResult]) -> None:
    """Write one row per result to an Excel workbook, text as text and dates as dates. Raises ``OSError``."""
    import xlsxwriter  # noqa: PLC0415  needed only for this format

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(file), options) as workbook:
        sheet = workbook.add_worksheet("results")
        bold = workbook.add_format({"bold": True})
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 1)
        for column, (name, kind) in enumerate(columns().items()):
            sheet.set_column(column, column, _WORKBOOK_COLUMN if kind in {str, date} else None)
            sheet.write_string(0, column, name, bold)
        number = 0
        for number, result in enumerate(results, start=1):
            for column, value in enumerate(row(result).values()):
                match value:
                    case str():
                        sheet.write_string(number, column, value)
                    case date():
                        sheet.write_datetime(number, column, value, day)
                    case bool():
                        sheet.write_boolean(number, column, value)
                    case int() | float():
                        sheet.write_number(number, column, value)
        sheet.autofilter(0, 0, number, len(columns()) - 1)


def write_parquet(file: Path, results: Iterable[FileResult]) -> None:
    """Write one row per result with typed columns. Raises ``OSError``."""
    import pyarrow as pa  # noqa: PLC0415  large, and needed only for this format
    from pyarrow import parquet  # noqa: PLC0415

    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_(), date: pa.date32()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns().items()])
    with parquet.ParquetWriter(file, schema) as out:
        for batch in batched(results, _ROWS_PER_BATCH, strict=False):
            out.write_table(pa.Table.from_pylist([row(result) for result in batch], schema=schema))


@cache
def columns() -> Mapping[str, type]:
    """Return the type of every column. Columns follow from the fields of the event models."""
    fixed: dict[str, type] = {"file": str, "document_id": str, "page": int, "event": str, "time": str}
    fixed |= {"case": str, "document": str, "side": str, "permit_type": str, "verdict": str, "reasons": str}
    validity = {f"validity.{name}": kind for name, kind in _plain_fields(Validity)}
    normalized = {f"normalized.{name}": kind for name, kind in _plain_fields(NormalizedFields)}
    raw = {
        f"fields.{name}": kind
        for answer in (ResidencePermitAnswer, MainlandPermitAnswer)
        for name, kind in _plain_fields(answer)
        if name not in _NOT_CARD_TEXT
    }
    raw |= {f"fields.{_BACK}.{name}": kind for name, kind in _plain_fields(MainlandPermitBack)}
    confidences = {name.replace("fields.", "confidences.", 1): float for name, kind in raw.items() if kind is str}
    confidences = {"document_confidence": float} | confidences
    end: dict[str, type] = {"failed_checks": str, "warnings": str, "authenticity": str, "portrait_key": str}
    end |= {"provider.endpoint": str, "provider.request_id": str, "provider.reused": bool}
    end |= {"error.code": str, "error.meaning": str, "error.advice": str}
    return fixed | validity | normalized | raw | confidences | end


def row(result: FileResult) -> dict[str, Cell]:
    """Return the cells of one result by column; None if empty."""
    event = result.event or {"data": {}}
    data = event["data"]
    cells: dict[str, Any] = dict(_flatten({name: value for name, value in data.items() if isinstance(value, dict)}))
    same = ("case", "side", "permit_type", "verdict", "document_confidence", "authenticity", "portrait_key")
    cells |= {name: data.get(name) for name in same}
    cells["case"] = data.get("case") or data.get("document", {}).get("case")
    cells |= {"file": result.file, "document_id": event.get("id"), "page": data.get("document", {}).get("page")}
    cells |= {"event": event.get("type"), "time": event.get("time"), "document": data.get("kind")}
    cells["reasons"] = _join(data.get("reasons"))
    cells["failed_checks"] = _join([check["name"] for check in data.get("checks", []) if check["outcome"] == "failed"])
    cells["warnings"] = _join([warning["name"] for warning in data.get("warnings", [])])
    return {name: _as_cell(kind, cells.get(name)) for name, kind in columns().items()}


def _plain_fields(model: type) -> Iterator[tuple[str, type]]:
    """Yield the fields of a dataclass with the type of their cells."""
    hints = get_type_hints(model)
    for field in fields(model):
        kinds = getattr(hints[field.name], "__args__", ()) or (hints[field.name],)
        kind = next(kind for kind in kinds if kind is not type(None))
        yield field.name, kind if kind in {int, float, bool, date} else str


def _flatten(nested: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in nested.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _as_cell(kind: type, value: Any) -> Cell:  # noqa: ANN401  JSON
    if value is None or value == "":
        return None
    if kind is date:
        return date.fromisoformat(value)
    if kind is str:
        return _join(value) if isinstance(value, list) else str(value)
    return kind(value)  # type: ignore[no-any-return]


def _join(values: Iterable[str] | None) -> str | None:
    return "; ".join(values) or None if values is not None else None


def _csv_cell(value: Cell) -> Cell:
    is_changed = isinstance(value, str) and (value.startswith(_FORMULA_PREFIXES) or _CHANGED_NUMBER.fullmatch(value))
    return f"'{value}" if is_changed else value


_WRITERS: Final = {
    ".csv": write_csv,
    ".xlsx": write_workbook,
    ".jsonl": write_json_lines,
    ".parquet": write_parquet,
}

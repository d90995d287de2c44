"""Write results as CSV, JSON Lines or Parquet."""

import csv
import json
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
_FORMULA_PREFIXES: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """A photo, or one of its pages, and its event; None if it timed out."""

    file: Path
    event: dict[str, Any] | None


type Cell = str | int | bool | date | None


def writer_for(file: Path) -> Callable[[Path, Iterable[FileResult]], None]:
    """Return the function that writes the format of ``file``'s suffix. Raises ``ValueError``."""
    if file.suffix.lower() == ".parquet" and find_spec("pyarrow") is None:
        raise ValueError(f"{file}: Parquet needs pyarrow, which a demo does not install. Run make setup, or use .csv.")
    try:
        return {".csv": write_csv, ".jsonl": write_json_lines, ".parquet": write_parquet}[file.suffix.lower()]
    except KeyError:
        raise ValueError(f"{file}: the name must end with .csv, .jsonl or .parquet") from None


def write_json_lines(file: Path, results: Iterable[FileResult]) -> None:
    """Write one ``{"file": …, "event": …}`` per line, the event as published. Raises ``OSError``."""
    with file.open("w", encoding="utf-8") as out:
        for result in results:
            line = {"file": str(result.file), "event": result.event}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


def write_csv(file: Path, results: Iterable[FileResult]) -> None:
    """Write one row per result. Raises ``OSError``.

    The byte order mark makes spreadsheets read the file as UTF-8. Card text is untrusted input, so text that a
    spreadsheet would evaluate as a formula is prefixed with an apostrophe.
    """
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        rows = csv.DictWriter(out, list(columns()))
        rows.writeheader()
        rows.writerows({name: _csv_cell(value) for name, value in row(result).items()} for result in results)


def write_parquet(file: Path, results: Iterable[FileResult]) -> None:
    """Write one row per result with typed columns. Raises ``OSError``."""
    import pyarrow as pa  # noqa: PLC0415  large, and needed only for this format
    from pyarrow import parquet  # noqa: PLC0415

    kinds = {str: pa.string(), int: pa.int64(), bool: pa.bool_(), date: pa.date32()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns().items()])
    with parquet.ParquetWriter(file, schema) as out:
        for batch in batched(results, _ROWS_PER_BATCH, strict=False):
            out.write_table(pa.Table.from_pylist([row(result) for result in batch], schema=schema))


@cache
def columns() -> Mapping[str, type]:
    """Return the type of every column. Columns follow from the fields of the event models."""
    fixed: dict[str, type] = {"file": str, "document_id": str, "page": int, "event": str, "time": str}
    fixed |= {"document": str, "side": str, "permit_type": str, "verdict": str, "reasons": str}
    validity = {f"validity.{name}": kind for name, kind in _plain_fields(Validity)}
    normalized = {f"normalized.{name}": kind for name, kind in _plain_fields(NormalizedFields)}
    raw = {
        f"fields.{name}": kind
        for answer in (ResidencePermitAnswer, MainlandPermitAnswer)
        for name, kind in _plain_fields(answer)
        if name not in _NOT_CARD_TEXT
    }
    raw |= {f"fields.{_BACK}.{name}": kind for name, kind in _plain_fields(MainlandPermitBack)}
    end: dict[str, type] = {"failed_checks": str, "warnings": str, "authenticity": str, "portrait_key": str}
    end |= {"provider.endpoint": str, "provider.request_id": str, "provider.reused": bool}
    end |= {"error.code": str, "error.meaning": str, "error.advice": str}
    return fixed | validity | normalized | raw | end


def row(result: FileResult) -> dict[str, Cell]:
    """Return the cells of one result by column; None if empty."""
    event = result.event or {"data": {}}
    data = event["data"]
    nested = {"validity": {}, "normalized": {}, "fields": {}, "provider": {}, "error": {}} | {
        name: value for name, value in data.items() if isinstance(value, dict)
    }
    cells: dict[str, Any] = dict(_flatten(nested))
    cells |= {name: data.get(name) for name in ("side", "permit_type", "verdict", "authenticity", "portrait_key")}
    cells |= {"file": str(result.file), "document_id": event.get("id"), "page": data.get("document", {}).get("page")}
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
        yield field.name, kind if kind in {int, bool, date} else str


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
    return bool(value) if kind is bool else int(value)


def _join(values: Iterable[str] | None) -> str | None:
    return "; ".join(values) or None if values is not None else None


def _csv_cell(value: Cell) -> Cell:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_PREFIXES) else value

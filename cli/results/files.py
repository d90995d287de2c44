"""Write results as CSV, Excel workbooks, JSON Lines or Parquet."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, get_type_hints

from cli.results.formats import JSON_LINES, Cell, check_format, write_lines, write_table
from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.card.normalized import NormalizedFields
from permit_ocr.domain.card.valid_date import Validity
from permit_ocr.domain.permits import Side

_BACK: Final = "MainlandTravelPermitBackInfos"
_NOT_CARD_TEXT: Final = frozenset(("Profile", "PortraitImageInfo", "WarnCardInfos", _BACK))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """The name of a photo, or of a pair, and its event; without a result None, but the id to get it by later."""

    file: str
    event: dict[str, Any] | None
    document_id: str | None = None


def writer_for(file: Path) -> Callable[[Path, Iterable[FileResult]], None]:
    """Return the function that writes the format of ``file``'s suffix. Raises ``ValueError``.

    In JSON Lines each line is ``{"file": …, "event": …}``, the event as published. Without one, the line has the
    ``document_id``.
    """
    suffix = check_format(file)
    return _write_json_lines if suffix == JSON_LINES else partial(_write_table, suffix)


def _write_json_lines(file: Path, results: Iterable[FileResult]) -> None:
    write_lines(file, map(_line, results))


def _line(result: FileResult) -> dict[str, Any]:
    line: dict[str, Any] = {"file": result.file, "event": result.event}
    return line if result.event else line | {"document_id": result.document_id}


def _write_table(suffix: str, file: Path, results: Iterable[FileResult]) -> None:
    write_table(file, columns(), map(row, results), suffix=suffix)


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
    cells |= {
        "file": result.file,
        "document_id": event.get("id", result.document_id),
        "page": data.get("document", {}).get("page"),
    }
    cells |= {"event": event.get("type"), "time": event.get("time"), "document": data.get("kind")}
    if data.get("side") == Side.BACK:  # which carries no sex: "not known" would look like a failed reading
        cells["normalized.sex"] = None
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

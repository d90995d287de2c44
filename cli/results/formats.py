"""Write rows as CSV, Excel workbooks or Parquet, and objects as JSON Lines."""

import csv
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.util import find_spec
from itertools import batched
from pathlib import Path
from typing import Any, Final

from cli.error_messages import check_folder_of

JSON_LINES: Final = ".jsonl"
_ROWS_PER_BATCH: Final = 1000
_WORKBOOK_COLUMN: Final = 20
"""Width of columns with text and dates, in characters."""
_CHANGED_NUMBER: Final = re.compile(r"0[0-9]+|[0-9]{12,}|[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+")
"""Text that a spreadsheet takes for a number and does not show as it is."""
_FORMULA_PREFIXES: Final = ("=", "+", "-", "@", "\t", "\r")

type Cell = str | int | float | bool | date | None
type Columns = Mapping[str, type]
"""The type of every column: text, numbers, booleans or dates."""
type Rows = Iterable[Mapping[str, Cell]]
"""Rows with a cell for every column."""


def check_format(file: Path) -> str:
    """Return the suffix of a file that can be written. Raises ``ValueError`` for any other."""
    check_folder_of(file)
    suffix = file.suffix.lower()
    if suffix == ".parquet" and find_spec("pyarrow") is None:
        raise ValueError(f"{file}: Parquet needs pyarrow, which a demo does not install. Run make setup, or use .csv.")
    if suffix not in _SUFFIXES:
        raise ValueError(f"{file}: the name must end with {', '.join(_SUFFIXES)}")
    return suffix


def write_lines(file: Path, objects: Iterable[Mapping[str, Any]]) -> None:
    """Write one object per line. Raises ``OSError``."""
    with file.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in objects)


def write_table(file: Path, columns: Columns, rows: Rows, *, suffix: str) -> None:
    """Write rows in the format of a suffix, which is not that of JSON Lines. Raises ``OSError``."""
    _WRITERS[suffix](file, columns, rows)


def _write_csv(file: Path, columns: Columns, rows: Rows) -> None:
    """Write CSV.

    The byte order mark makes spreadsheets read the file as UTF-8. Card text is untrusted input, so text that a
    spreadsheet would evaluate as a formula is prefixed with an apostrophe. So are numbers that it would change: those
    with leading zeros, an exponent, or more than 11 digits (Excel shows ``8.1E+17`` and keeps only 15 of them).
    """
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, list(columns))
        writer.writeheader()
        writer.writerows({name: _csv_cell(value) for name, value in row.items()} for row in rows)


def _write_workbook(file: Path, columns: Columns, rows: Rows) -> None:
    """Write an Excel workbook, text as text and dates as dates."""
    import xlsxwriter  # noqa: PLC0415  needed only for this format

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    # Opened here, because the library's error for a file that cannot be opened is no OSError.
    with file.open("wb") as out, xlsxwriter.Workbook(out, options) as workbook:
        sheet = workbook.add_worksheet("results")
        bold = workbook.add_format({"bold": True})
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 1)
        for column, (name, kind) in enumerate(columns.items()):
            sheet.set_column(column, column, _WORKBOOK_COLUMN if kind in {str, date} else None)
            sheet.write_string(0, column, name, bold)
        number = 0
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row.values()):
                match value:
                    case str():
                        sheet.write_string(number, column, value)
                    case date():
                        sheet.write_datetime(number, column, value, day)
                    case bool():
                        sheet.write_boolean(number, column, value)
                    case int() | float():
                        sheet.write_number(number, column, value)
        sheet.autofilter(0, 0, number, len(columns) - 1)


def _write_parquet(file: Path, columns: Columns, rows: Rows) -> None:
    """Write Parquet with typed columns."""
    import pyarrow as pa  # noqa: PLC0415  large, and needed only for this format
    from pyarrow import parquet  # noqa: PLC0415

    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_(), date: pa.date32()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    # Opened here, because the library puts error numbers into its messages.
    with file.open("wb") as out, parquet.ParquetWriter(out, schema) as table:
        for batch in batched(rows, _ROWS_PER_BATCH, strict=False):
            table.write_table(pa.Table.from_pylist(list(batch), schema=schema))


def _csv_cell(value: Cell) -> Cell:
    is_changed = isinstance(value, str) and (value.startswith(_FORMULA_PREFIXES) or _CHANGED_NUMBER.fullmatch(value))
    return f"'{value}" if is_changed else value


_WRITERS: Final = {".csv": _write_csv, ".xlsx": _write_workbook, ".parquet": _write_parquet}
_SUFFIXES: Final = (".csv", ".xlsx", JSON_LINES, ".parquet")

"""Print results one by one, as they arrive, in columns that fit the terminal."""

from typing import Any, Final

from rich.console import Console

from cli.quantities import quantity
from cli.results.layout import GAP, PHOTO, fit, fixed_table, print_left_out, styled_cell
from cli.results.table import reasons_of, summary_cells
from cli.uploads.file_names import FileNames
from permit_ocr.domain.events import REMINDERS

_NATURAL: Final = {
    "time": 8,
    PHOTO: 41,
    "event": 22,
    "document": 17,
    "side": 5,
    "number": 18,
    "validity": 16,
    "valid until": 11,
    "verdict": 10,
    "reasons": 60,
    "id": 32,
}
"""The widths that the columns need, by heading and in order: what comes later is not known yet."""
_LEAST: Final = _NATURAL | {PHOTO: 32, "event": 12, "reasons": 24}
_IMPORTANCE: Final = (
    *(PHOTO, "verdict", "event", "valid until", "number", "side", "time", "validity"),
    *("document", "reasons", "id"),
)


class ResultLines:
    """Prints the headings before the first result. ``names`` are of uploads whose keys hide them."""

    def __init__(self, names: FileNames) -> None:
        self._names = names
        self._console = Console(emoji=False)
        if not self._console.is_terminal:  # a file or a pipe has no width of its own
            self._console.width = sum(_NATURAL.values()) + GAP * len(_NATURAL)
        self._widths = fit(_LEAST, _NATURAL, order=tuple(_NATURAL), importance=_IMPORTANCE, width=self._console.width)
        self._has_headings = False

    def print(self, event: dict[str, Any]) -> None:
        """Print one event."""
        cells = summary_cells(event) | {
            "time": event["time"][11:19],
            PHOTO: self._name(event),
            "event": _event(event),
            "reasons": reasons_of(event["data"]),
            "id": event["id"],
        }
        if not self._has_headings:
            print_left_out(self._console, self._widths, _NATURAL)
        table = fixed_table(self._widths, right=(), header=not self._has_headings)
        self._has_headings = True
        table.add_row(*(styled_cell(heading, cells[heading] or "–", width) for heading, width in self._widths.items()))
        self._console.print(table)
        self._console.file.flush()  # before the message is deleted, and without delay in a pipe

    def _name(self, event: dict[str, Any]) -> str:
        """Return the name of the file as far as it is known: the API and ``recognize`` choose keys that hide it."""
        data = event["data"]
        if event["type"] in REMINDERS:
            return f"case {data['case']}" if data["case"] else str(data["document_id"])
        if "document" not in data:
            return f"case {data['case']}"
        document = data["document"]
        key = document["key"] or ""
        name = self._names.get(key) or key.rpartition("/")[2] or "–"
        return f"{name}, page {document['page']}" if document["page"] else name


def _event(event: dict[str, Any]) -> str:
    """Return what happened: ``recognized``, ``reviewed``, ``reminder: 30 days left``."""
    if event["type"] not in REMINDERS:
        return str(event["type"].split(".")[1])
    days = event["data"]["days_remaining"]
    if days < 0:
        return "reminder: expired"
    return f"reminder: {quantity(days, 'day')} left" if days else "reminder: last day"

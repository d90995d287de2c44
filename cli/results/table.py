"""Print results as a table that fits the terminal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from cli.quantities import listing, quantity
from cli.results.layout import GAP, PHOTO, fit, fixed_table, least_name_width, print_left_out, styled_cell
from cli.uploads.submission import Result
from permit_ocr.domain.events import REJECTED, REMINDERS, REVIEWED

_WARNINGS: Final = "warnings"
_ORDER: Final = (
    *(PHOTO, "document", "side", "number", "validity", "valid until"),
    *("days left", "verdict", _WARNINGS, "seconds"),
)
_IMPORTANCE: Final = (
    *(PHOTO, "verdict", "valid until", "number", "side", "validity"),
    *("document", _WARNINGS, "days left", "seconds"),
)
"""The columns that do not fit are left out, the last of these first."""
_OPTIONAL: Final = frozenset((_WARNINGS, "seconds"))
"""Columns that are left out if all of their cells are empty."""
_EMPTY: Final = "–"
_RIGHT: Final = frozenset(("days left", "seconds"))
_WARNINGS_WIDTH: Final = 24
_OBJECTIONS: Final = ("check_failed:", "suspect:", "mismatch:")
_MOST_NAMES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One row: the name of the photo or the pair, and its event; None if it has no result. ``seconds`` if measured."""

    name: str
    event: dict[str, Any] | None
    seconds: float | None = None


def print_results(rows: Sequence[ResultRow]) -> None:
    """Print one row per result, and below the table why photos were rejected, need a review or are incomplete."""
    console = Console(emoji=False)
    cells = [_cells(row) for row in rows]
    headings = [one for one in _ORDER if one not in _OPTIONAL or any(row[one] != _EMPTY for row in cells)]
    widths = {
        heading: max(cell_len(text) for text in (heading, *(row[heading] for row in cells))) for heading in headings
    }
    if not console.is_terminal:  # a file or a pipe has no width of its own
        console.width = sum(widths.values()) + GAP * len(widths)
    fitting = _fit(cells, widths, width=console.width)
    console.print(_table(cells, fitting))
    print_left_out(console, fitting, headings)
    for explanation, names in _explanations(rows).items():
        # In a pipe, one line each; in a terminal, wrapped between words.
        text = f"{listing(names, most=_MOST_NAMES)}: {explanation}"
        console.print(text, markup=False, highlight=False, soft_wrap=not console.is_terminal)
    if note := _authenticity_note([row.event["data"] for row in rows if row.event]):
        console.print(note, style="dim", highlight=False, soft_wrap=not console.is_terminal)


def rows_of(results: Iterable[Result]) -> list[ResultRow]:
    """Return the rows of uploaded photos: one for each, or one for each page."""
    return [
        ResultRow(
            name=name_of(result.submission.file.name, event) if event else result.submission.file.name,
            event=event,
            seconds=result.seconds,
        )
        for result in results
        for event in result.events or (None,)
    ]


def name_of(file_name: str, event: dict[str, Any]) -> str:
    """Return the name of a photo, or of one of its pages."""
    page = event["data"].get("document", {}).get("page")
    return f"{file_name}, page {page}" if page else file_name


def summary_cells(event: dict[str, Any]) -> dict[str, str]:
    """Return the cells of an event by heading; empty if there is nothing to show."""
    data = event["data"]
    if event["type"] in REMINDERS:
        return dict.fromkeys(_ORDER, "") | {
            "document": data["kind"],
            "validity": "expired" if data["days_remaining"] < 0 else "expiring",
            "valid until": data["valid_until"],
        }
    cells = dict.fromkeys(_ORDER, "") | {"verdict": data["verdict"], "side": data.get("side") or ""}
    cells["document"] = data.get("permit_type") or data["kind"] or ""
    if event["type"] == REJECTED:
        return cells
    validity = data["validity"]
    days = validity["days_remaining"]
    return cells | {
        "side": data.get("side", "both"),
        "number": number_of(data),
        "validity": _words(validity["status"]),
        "valid until": validity["valid_until"] or "",
        "days left": "" if days is None or days < 0 else str(days),
        _WARNINGS: _warnings(data),
    }


def number_of(data: dict[str, Any]) -> str:
    """Return the card's number, of a pair that on the front or else the one on the back; empty if none was read."""
    normalized = [side["normalized"] for side in _sides(data) if "normalized" in side]
    return next((number for one in normalized if (number := one["number"] or one["permit_number"])), "")


def reasons_of(data: dict[str, Any]) -> str:
    """Return the reasons in words: ``validity: not on this side, low confidence: name``."""
    return _listed(data.get("reasons", []))


def _sides(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [data["front"], data["back"]] if "front" in data else [data]


def _listed(reasons: Iterable[str]) -> str:
    return ", ".join(_words(reason).replace(":", ": ") for reason in reasons)


def _words(code: str) -> str:
    return code.replace("_", " ")


def _cells(row: ResultRow) -> dict[str, str]:
    cells = summary_cells(row.event) if row.event else dict.fromkeys(_ORDER, "") | {"verdict": "no result"}
    cells = {heading: text or _EMPTY for heading, text in cells.items()}
    return cells | {PHOTO: row.name, "seconds": _EMPTY if row.seconds is None else f"{row.seconds:.1f}"}


def _warnings(data: dict[str, Any]) -> str:
    """Return what the provider, a check or the other side objects to, as in the reasons."""
    return _listed(reason for reason in data["reasons"] if reason.startswith(_OBJECTIONS))


def _fit(rows: Sequence[dict[str, str]], natural: dict[str, int], *, width: int) -> dict[str, int]:
    """Return the widths of the columns that fit."""
    least = natural | {PHOTO: least_name_width([row[PHOTO] for row in rows], width=width)}
    if _WARNINGS in natural:
        words = [word for row in rows for word in row[_WARNINGS].split()]
        least[_WARNINGS] = max(min(natural[_WARNINGS], _WARNINGS_WIDTH), *map(cell_len, words))
    importance = [heading for heading in _IMPORTANCE if heading in natural]
    return fit(least, natural, order=list(natural), importance=importance, width=width)


def _table(rows: Sequence[dict[str, str]], widths: dict[str, int]) -> Table:
    table = fixed_table(widths, right=_RIGHT, header=True)
    for row in rows:
        table.add_row(*(styled_cell(heading, row[heading], widths[heading]) for heading in widths))
    return table


def _explanations(rows: Sequence[ResultRow]) -> dict[str, list[str]]:
    """Return the names of the photos by what is to be explained about them."""
    found: dict[str, list[str]] = {}
    pairs = [sides for row in rows if row.event and len(sides := _sides(row.event["data"])) > 1]
    completed = {side["document"]["id"] for pair in pairs for side in pair}
    for row in rows:
        event = row.event
        if not event or (event["data"]["verdict"] == "incomplete" and event["id"] in completed):
            continue
        if explanation := _explanation(event):
            found.setdefault(explanation, []).append(row.name)
    return found


def _explanation(event: dict[str, Any]) -> str | None:
    data = event["data"]
    if event["type"] == REJECTED:
        return f"{data['error']['meaning']} {data['error']['advice']} ({data['error']['code']})"
    if event["type"] == REVIEWED:
        review = data["review"]
        against = f", against the checks ({_words(review['override']['reason'])})" if review["override"] else ""
        return f"{review['decision']} by a reviewer: {_words(review['reason'])}{against}"
    if data["verdict"] == "incomplete":
        return "incomplete: the period of validity is on the other side; send both sides as one case"
    return f"needs review: {reasons_of(data)}" if data["verdict"] == "review" else None


def _authenticity_note(results: Sequence[dict[str, Any]]) -> str | None:
    """Say for how many of the photos that were read the provider did not look for copies."""
    outcomes = [data["authenticity"] for data in results if "authenticity" in data]
    unchecked = outcomes.count("not_checked")
    if not unchecked:
        return None
    of_which = "" if unchecked == len(outcomes) else f" for {unchecked} of {quantity(len(outcomes), 'photo')}"
    return f"Authenticity was not checked{of_which}: the provider did not run copy detection."

"""Print results as a table."""

from collections.abc import Sequence
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.quantities import quantity
from cli.submission import Result
from permit_ocr.domain.events import REJECTED

_WIDE: Final = 160
_COLOURS: Final = {
    "valid": "green",
    "long_term": "green",
    "expiring": "yellow",
    "not_yet_valid": "yellow",
    "unreadable": "yellow",
    "expired": "red",
    "accepted": "green",
    "incomplete": "yellow",
    "review": "yellow",
    "rejected": "red",
}


def print_results(results: Sequence[Result]) -> None:
    """Print one row per photo, and below the table the reasons for rejections and reviews."""
    console = Console(emoji=False)
    if not console.is_terminal:
        console.width = _WIDE  # a file or a pipe has no width of its own
    console.print(_table(results))
    for result in results:
        for event in result.events:
            if explanation := _explanation(event):
                console.print(f"{_name(result, event)}: {explanation}", markup=False, highlight=False, soft_wrap=True)
    if note := _authenticity_note([event["data"] for result in results for event in result.events]):
        console.print(note, style="dim")


def _authenticity_note(results: Sequence[dict[str, Any]]) -> str | None:
    """Say for how many of the photos that were read the provider did not look for copies."""
    outcomes = [data["authenticity"] for data in results if "authenticity" in data]
    unchecked = outcomes.count("not_checked")
    if not unchecked:
        return None
    of_which = "" if unchecked == len(outcomes) else f" for {unchecked} of {quantity(len(outcomes), 'photo')}"
    return f"Authenticity was not checked{of_which}: the provider did not run copy detection."


def _explanation(event: dict[str, Any]) -> str | None:
    data = event["data"]
    if event["type"] == REJECTED:
        return f"{data['error']['meaning']} {data['error']['advice']} ({data['error']['code']})"
    if data["verdict"] == "incomplete":
        return "incomplete: the period of validity is on the other side; send both sides as one case"
    return f"needs review: {', '.join(data['reasons'])}" if data["verdict"] == "review" else None


def _table(results: Sequence[Result]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for heading in ("photo", "document"):
        table.add_column(heading, overflow="fold")
    for heading in ("side", "number", "validity", "valid until"):
        table.add_column(heading, no_wrap=True)
    table.add_column("days left", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("warnings", overflow="fold")
    table.add_column("seconds", justify="right", no_wrap=True)
    for result in results:
        for event in result.events:
            table.add_row(_name(result, event), *_cells(event), f"{result.seconds:.1f}")
        if not result.events:
            empty = ("–", "–", "–", "–", "–", "–", Text("no result", style="red"), "–")
            table.add_row(result.submission.file.name, *empty, f"{result.seconds:.1f}")
    return table


def _name(result: Result, event: dict[str, Any]) -> str:
    page = event["data"]["document"].get("page")
    return f"{result.submission.file.name}, page {page}" if page else result.submission.file.name


def _cells(event: dict[str, Any]) -> tuple[str | Text, ...]:
    data = event["data"]
    verdict = Text(data["verdict"], style=_COLOURS[data["verdict"]])
    if event["type"] == REJECTED:
        return (data["kind"] or "–", data["side"] or "–", "–", "–", "–", "–", verdict, "–")
    validity = data["validity"]
    status = validity["status"]
    days = validity["days_remaining"]
    return (
        data["permit_type"] or data["kind"],
        data["side"],
        data["normalized"]["number"] or data["normalized"]["permit_number"] or "–",
        Text(status, style=_COLOURS.get(status, "")),
        validity["valid_until"] or "–",
        "–" if days is None else str(days),
        verdict,
        _warnings(data),
    )


def _warnings(data: dict[str, Any]) -> str:
    names = [warning["name"] for warning in data["warnings"] if warning["name"] != "not_enabled"]
    names += [check["name"] for check in data["checks"] if check["outcome"] == "failed"]
    return ", ".join(names) or "–"

"""Lay out a table of results: which columns fit, how wide they are, and how file names are broken."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

PHOTO: Final = "photo"
"""Heading of the column with file names."""
GAP: Final = 2
"""Columns of the terminal between two columns of a table: a space of padding, and one where a rule would be."""
_NAME_LINES: Final = 2
_NAME_WIDTH: Final = 32
_NAME_SHARE: Final = 0.4
"""Names have this width, or this share of the table's if that is more. Longer ones are broken or shortened."""
_COLOURS: Final = {
    "valid": "green",
    "long term": "green",
    "expiring": "yellow",
    "not yet valid": "yellow",
    "unreadable": "yellow",
    "expired": "red",
    "accepted": "green",
    "incomplete": "yellow",
    "review": "yellow",
    "rejected": "red",
    "no result": "red",
}


def fit(
    least: Mapping[str, int],
    natural: Mapping[str, int],
    *,
    order: Sequence[str],
    importance: Sequence[str],
    width: int,
) -> dict[str, int]:
    """Return the columns that fit into ``width``, in ``order``, with their widths.

    Each column has at least its ``least`` width and at most its ``natural`` one; ``importance`` is the order in which
    columns are added until one does not fit.
    """
    widths: dict[str, int] = {}
    for heading in importance:
        if sum(widths.values()) + least[heading] + GAP * len(widths) > width:
            break
        widths[heading] = least[heading]
    free = width - sum(widths.values()) - GAP * (len(widths) - 1)
    for heading, used in widths.items():
        extra = min(free, natural[heading] - used)
        widths[heading] = used + extra
        free -= extra
    return {heading: widths[heading] for heading in order if heading in widths}


def print_left_out(console: Console, shown: Collection[str], headings: Iterable[str]) -> None:
    """Say which columns a terminal is too narrow for."""
    left_out = [heading for heading in headings if heading not in shown]
    if left_out and console.is_terminal:
        console.print(f"not shown for lack of width: {', '.join(left_out)}", style="dim", highlight=False)


def fixed_table(widths: Mapping[str, int], *, right: Collection[str], header: bool) -> Table:
    """Return an empty table with these columns, by heading, of which some are aligned to the right."""
    table = Table(
        box=box.SIMPLE_HEAD,
        header_style="bold",
        show_header=header,
        show_edge=False,
        padding=(0, GAP - 1, 0, 0),
        pad_edge=False,
    )
    for heading, width in widths.items():
        table.add_column(heading, justify="right" if heading in right else "left", width=width)
    return table


def styled_cell(heading: str, text: str, width: int) -> Text:
    """Return a cell: file names broken at a good place, verdicts and validity in colour."""
    if heading == PHOTO:
        return Text("\n".join(wrap_name(text, width)))
    return Text(text, style=_COLOURS.get(text, ""))


def wrap_name(name: str, width: int) -> list[str]:
    """Return the lines of a file name, broken only after spaces, hyphens and underscores.

    A part without these that is longer than a line is shortened in its middle.
    """
    lines = [""]
    for part in _parts(name):
        if cell_len((lines[-1] + part).rstrip()) <= width:
            lines[-1] += part
        else:
            lines.append(_shortened(part, width))
    return [line.rstrip() for line in lines if line]


def least_name_width(names: Sequence[str], *, width: int) -> int:
    """Return the least width at which the names are readable in a table of this ``width``.

    Each name is on two lines at most, and on one if it is short, unless the column would take too much of the table.
    """
    widest = len(PHOTO)
    for name in names:
        parts = max(cell_len(part.rstrip()) for part in _parts(name))
        widest = max(widest, parts, min(cell_len(name), _NAME_WIDTH))
        while len(wrap_name(name, widest)) > _NAME_LINES:
            widest += 1
    return min(widest, max(_NAME_WIDTH, round(_NAME_SHARE * width)))


def _parts(name: str) -> list[str]:
    """Return the parts of a name that stay together; Chinese text may be broken anywhere."""
    return re.findall(r"[\u2e80-\uffef]|[^ _\-\u2e80-\uffef]*[ _\-]+|[^ _\-\u2e80-\uffef]+", name)


def _shortened(part: str, width: int) -> str:
    if cell_len(part.rstrip()) <= width:
        return part
    half = (width - 1) // 2
    return f"{part[: width - 1 - half]}…{part[-half:]}"

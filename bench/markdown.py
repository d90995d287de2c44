"""Markdown tables, and replacing the generated figures of a documentation page between two markers."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

END: Final = "<!-- end of figures -->"


def write_figures(page: Path, *, command: str, figures: str) -> None:
    """Replace the figures on ``page`` that ``command`` generates. Raises ``SystemExit`` if the markers are missing."""
    begin = f"<!-- figures: written by {command} -->"
    before, found_begin, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found_end, after = rest.partition(END)
    if not found_begin or not found_end:
        raise SystemExit(f"{page} has no markers for these figures: {begin} … {END}")
    page.write_text(f"{before}{begin}\n\n{figures}\n\n{END}{after}", encoding="utf-8")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, ["---"] * len(headings), *rows))


def key_value_table(values: Mapping[str, str]) -> str:
    """Return a two-column Markdown table without headings."""
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in values.items())])


def date_and_machine(*, load: float) -> dict[str, str]:
    """Return today's date and a description of the machine; ``load`` is the load average before the benchmark."""
    cpu = re.findall(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory_kb = int(re.findall(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))[0])
    return {
        "Date": f"{datetime.now(UTC):%Y-%m-%d}",
        "Machine": f"{os.cpu_count()} × {cpu[0] if cpu else platform.machine()}, {memory_kb / 1024**2:.0f} GiB, "
        f"{platform.system()} {platform.release()}; load at the start {load:.1f}",
    }

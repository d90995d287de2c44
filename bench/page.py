"""Figures on a page: a measurement writes them between two marks, and a person everything around them."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

END: Final = "<!-- end of figures -->"


def write(page: Path, *, by: str, figures: str) -> None:
    """Put the figures that ``by`` makes where the page has them. Raises ``SystemExit`` if it has no place for them."""
    begin = f"<!-- figures: written by {by} -->"
    before, begun, rest = page.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise SystemExit(f"{page} has no place for figures: {begin} … {END}")
    page.write_text(f"{before}{begin}\n\n{figures}\n\n{END}{after}", encoding="utf-8")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, ["---"] * len(headings), *rows))


def facts(named: Mapping[str, str]) -> str:
    """Return a Markdown table without headings, a row for each."""
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in named.items())])


def date_and_machine(*, load: float) -> dict[str, str]:
    """Return when this is and what it runs on; ``load`` is the system's when it began."""
    cpu = re.findall(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory_kb = int(re.findall(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))[0])
    return {
        "Date": f"{datetime.now(UTC):%Y-%m-%d}",
        "Machine": f"{os.cpu_count()} × {cpu[0] if cpu else platform.machine()}, {memory_kb / 1024**2:.0f} GiB, "
        f"{platform.system()} {platform.release()}; load when it began {load:.1f}",
    }

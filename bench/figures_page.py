"""Figures on a page of ``docs``: written between two markers by the command that measured them, never by hand."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

READING: Final = ("rapidocr", "onnxruntime", "opencv-python-headless", "pillow")
"""The packages that read cards."""
_END: Final = "<!-- end of figures -->"


def write_figures(page: Path, command: str, figures: str) -> None:
    """Put the figures of a command where the page has a place for them; the text around them is written by hand.

    Raises ``SystemExit`` if the page has no such place.
    """
    begin = f"<!-- figures: written by {command} -->"
    text = page.read_text(encoding="utf-8")
    before, begun, rest = text.partition(begin)
    _, ended, after = rest.partition(_END)
    if not begun or not ended:
        raise SystemExit(f"{page} has no place for figures: {begin} … {_END}")
    page.write_text(f"{before}{begin}\n\n{figures}\n\n{_END}{after}", encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("".join(f"| {cell} " if cell else "| " for cell in cells) + "|" for cells in lines)


def circumstances(command: str, cards: str, *, load: float) -> str:
    """Return what was run, on what, where and when; ``load`` is that of the machine before it began."""
    versions = ", ".join(f"{name} {version(name)}" for name in READING)
    lines = {
        "Command": f"`.venv/bin/{command}`",
        "Cards": cards,
        "Date": f"{datetime.now(UTC):%Y-%m-%d}",
        "Machine": f"{machine()}; load when it began {load:.1f}, at the end {os.getloadavg()[0]:.1f}",
        "Versions": f"Python {platform.python_version()}, {versions}",
    }
    return table(("", ""), lines.items())


def machine() -> str:
    """Return the processors, the memory and the kernel in words."""
    cpu = re.findall(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory_kb = int(re.findall(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))[0])
    processors = f"{os.cpu_count()} × {cpu[0] if cpu else platform.machine()}"
    return f"{processors}, {memory_kb / 1024**2:.0f} GiB, {platform.system()} {platform.release()}"

"""The sandbox's date: a file that its user may change at any time, also to something that is no date."""

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

_CHECK_SECONDS: Final = 0.5


async def watch_date(today_file: Path, report: Callable[[str], None]) -> None:
    """Report a text that is no date, once, until cancelled. The functions have the real date then."""
    before = _wrong_text(today_file)
    reported: bytes | None = None
    while True:
        text = _wrong_text(today_file)
        if text == before and text != reported:  # a file that is being written may be empty for a moment
            reported = text
            if text is not None:
                report(f"{today_file}: must be a date such as 2036-01-31; until then the real one applies")
        before = text
        await asyncio.sleep(_CHECK_SECONDS)


def _wrong_text(today_file: Path) -> bytes | None:
    """Return the file's text if it is no date, empty if unreadable; None if it is a date or if there is no file."""
    try:
        text = today_file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        return b""
    try:
        date.fromisoformat(text.decode().strip())
    except ValueError:
        return text
    return None

"""Messages about a run, on standard error: standard output has nothing but results."""

from typing import NoReturn

import typer
from rich.console import Console


class MessageConsole(Console):
    """Standard error, for the messages of one command.

    A message is printed as it is: brackets are no markup, and nothing is wrapped, so that paths and ids can be copied.
    """

    def __init__(self, command: str = "") -> None:
        """Name the command in errors; without a name they only say that they are from ``permit-ocr``."""
        super().__init__(stderr=True, emoji=False)
        self._program = f"permit-ocr {command}".rstrip()

    def message(self, text: str, *, style: str | None = None) -> None:
        """Print a message."""
        self.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def error(self, text: str) -> None:
        """Print an error after the name of the command."""
        self.message(f"{self._program}: {text}", style="red")

    def fail(self, text: str, *, status: int) -> NoReturn:
        """Print an error and end the command with an exit status."""
        self.error(text)
        raise typer.Exit(status)

"""``permit-ocr``: one command a file, imported only when called, so that ``--help`` waits for no engine and no SDK."""

import re
from importlib import import_module
from inspect import cleandoc
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

COMMANDS: Final = {
    "up": ("cli.up:up", "Run the sandbox: the application's own template on this machine."),
    "recognize": ("cli.recognize:recognize", "Upload photographs, wait for their results and print them."),
    "watch": ("cli.watch:watch", "Print the messages of the results queue as they arrive."),
    "redrive": ("cli.redrive:redrive", "Show what was given up and put it back on the intake queue."),
    "webhook": ("cli.webhook:webhook", "Send events to the receiver of webhooks again."),
    "backfill": ("cli.backfill:backfill", "Put objects that are in the bucket already on the intake queue."),
    "demo": ("cli.demo:demo", "Run the specimen photographs through a sandbox of their own."),
    "read": ("cli.read:read", "Print what the recogniser reads in photographs, without a server."),
    "recognizer": ("cli.recognizer:recognizer", "Serve both OCR actions on this machine, as the provider does."),
}
"""Name of each command: where its function is, and the first sentence of that function's docstring."""

_WRONG_VALUES: Final = {
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "value_error": "{error}",
}
"""What Typer's library finds wrong with a value, by its own name of that."""


class _Lazy(TyperCommand):
    """Stands in the list of commands; the command itself is imported when its arguments are parsed."""

    def __init__(self, name: str, where: str, summary: str) -> None:
        super().__init__(name, help=summary)
        self._where = where

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:  # noqa: ANN401  as Typer's
        module, _, function = self._where.partition(":")
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        called = getattr(import_module(module), function)
        alone.command(self.name, help=_unfolded(called.__doc__))(called)
        try:
            return get_command(alone).make_context(info_name, args, *rest, **extra)
        except typer.BadParameter as wrong:
            wrong.message = _in_plain_words(wrong)
            raise


def _in_plain_words(wrong: typer.BadParameter) -> str:
    """Return what is wrong with an option's value: Typer says it in the words of the library that found it."""
    from pydantic import ValidationError  # noqa: PLC0415  Typer has loaded it by then, and only then

    if not isinstance(wrong.__cause__, ValidationError):
        return wrong.message
    found = wrong.__cause__.errors()[0]
    return _WRONG_VALUES.get(found["type"], found["msg"]).format_map(found.get("ctx", {}))


def _unfolded(documentation: str) -> str:
    """Return a docstring with each paragraph on one line: the terminal folds it where its own edge is."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", cleandoc(documentation))


class _Commands(TyperGroup):
    def __init__(self, **settings: Any) -> None:  # noqa: ANN401  as Typer's
        super().__init__(**settings)
        for name, (where, summary) in COMMANDS.items():
            self.add_command(_Lazy(name, where, summary))


app = typer.Typer(cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def permit_ocr() -> None:
    """Read residents' permits for Hong Kong, Macao and Taiwan from photographs and judge their expiry."""

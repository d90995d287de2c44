"""``permit-ocr``: imports a command only when it is called, so that ``--help`` loads neither OCR engine nor AWS SDK."""

import re
from importlib import import_module
from inspect import cleandoc
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from permit_ocr import __version__

COMMANDS: Final = {
    "up": ("cli.commands.up:up", "Run the sandbox: the application's own template on this machine."),
    "recognize": (
        "cli.commands.documents.recognize:recognize",
        "Upload photos, wait for their results and print them.",
    ),
    "get": ("cli.commands.documents.get:get", "Print the results of documents, or of a case."),
    "expiring": (
        "cli.commands.documents.expiring:expiring",
        "Print which permits expire soon, those that expire first at the top.",
    ),
    "watch": ("cli.commands.documents.watch:watch", "Print the messages on the results queue as they arrive."),
    "redrive": (
        "cli.commands.redrive:redrive",
        "List the dead-letter queue and move messages to the intake queue.",
    ),
    "delete": (
        "cli.commands.documents.delete:delete",
        "Delete documents, or a case with every document that was submitted with it.",
    ),
    "accuracy": (
        "cli.commands.accuracy:accuracy",
        "Print how many of the fields that reviewers have checked were read correctly.",
    ),
    "webhook": ("cli.commands.webhook:webhook", "Resend events to the webhook receiver."),
    "backfill": ("cli.commands.backfill:backfill", "Queue the objects that are already in the bucket."),
    "demo": ("cli.commands.demo:demo", "Run the specimen photos through a temporary sandbox."),
    "read": ("cli.commands.read:read", "Print what the recogniser reads in photos, without a server."),
    "recognizer": ("cli.commands.recognizer:recognizer", "Serve both OCR actions locally, like the provider."),
}
"""By command name: the location of its function, and the first line of that function's docstring."""

_VALUE_ERRORS: Final = {
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "value_error": "{error}",
}
"""Messages for invalid option values, by pydantic's error type."""


class _LazyCommand(TyperCommand):
    """A command whose module is imported only when its arguments are parsed."""

    def __init__(self, name: str, location: str, summary: str) -> None:
        super().__init__(name, help=summary)
        self._location = location

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:  # noqa: ANN401  as Typer's
        module, _, name = self._location.partition(":")
        function = getattr(import_module(module), name)
        command_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        command_app.command(self.name, help=_unwrap_paragraphs(function.__doc__))(function)
        try:
            return get_command(command_app).make_context(info_name, args, *rest, **extra)
        except typer.BadParameter as error:
            error.message = _value_error_message(error)
            raise


def _value_error_message(error: typer.BadParameter) -> str:
    """Return a plain message for an invalid option value; Typer passes on pydantic's wording."""
    from pydantic import ValidationError  # noqa: PLC0415  Typer has already imported it here

    if not isinstance(error.__cause__, ValidationError):
        return error.message
    details = error.__cause__.errors()[0]
    return _VALUE_ERRORS.get(details["type"], details["msg"]).format_map(details.get("ctx", {}))


def _unwrap_paragraphs(docstring: str) -> str:
    """Return a docstring with one line per paragraph, so that the terminal wraps it to its own width."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", cleandoc(docstring))


class _Commands(TyperGroup):
    def __init__(self, **settings: Any) -> None:  # noqa: ANN401  as Typer's
        super().__init__(**settings)
        for name, (location, summary) in COMMANDS.items():
            self.add_command(_LazyCommand(name, location, summary))


app = typer.Typer(cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False)


def _print_version(requested: bool) -> None:  # noqa: FBT001  as Typer's
    if requested:
        typer.echo(f"permit-ocr {__version__}")
        raise typer.Exit


@app.callback()
def permit_ocr(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Read Hong Kong, Macao and Taiwan residents' permits from photos and check their validity."""

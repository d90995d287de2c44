"""``permit-ocr up``: run the sandbox in the foreground."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.error_messages import message_of
from cli.messages import MessageConsole
from sandbox.errors import SandboxError
from sandbox.project import find_root, state_directory
from sandbox.settings import Settings
from sandbox.up import Sandbox, run_until_stopped

_PORT_HELP = "; 0 for any free one."


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("must be a date such as 2030-01-31") from None


def up(
    api_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the HTTP API" + _PORT_HELP)] = 8000,
    aws_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the AWS mock (moto)" + _PORT_HELP)] = 4566,
    ocr_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the recogniser" + _PORT_HELP)] = 8100,
    ocr_endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="Another OCR server instead of the recogniser: http://HOST:PORT.")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A template parameter (repeatable).")
    ] = None,
    today: Annotated[
        date | None,
        typer.Option(
            parser=_day,
            metavar="DATE",
            help="The date by which permits are judged and reminders are sent. Default: the real one.",
        ),
    ] = None,
    cpu_quota: Annotated[
        bool,
        typer.Option(
            "--cpu-quota",
            help="Limit each function to the CPU that Lambda gives its memory size; needs root.",
        ),
    ] = False,
    enforce_iam: Annotated[
        bool,
        typer.Option("--enforce-iam", help="Deny the functions what the deployed IAM policies do not allow."),
    ] = False,
    account_concurrency: Annotated[
        int | None,
        typer.Option(min=1, help="Refuse invocations beyond this many at a time; a new AWS account has a quota of 10."),
    ] = None,
    memory_size: Annotated[
        int | None,
        typer.Option(hidden=True, min=128, max=10_240, help="Memory of every function in MB; overrides the template."),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(hidden=True, min=1, max=10, help="Most uploads in a batch; overrides the template.")
    ] = None,
    functions_aws_endpoint: Annotated[
        str | None,
        typer.Option(hidden=True, help="AWS endpoint for the functions: a proxy before --aws-port."),
    ] = None,
) -> None:
    """Run the sandbox: the application's own template on this machine.

    Builds what has changed, listens on 127.0.0.1 only and runs until Ctrl-C or SIGTERM. When it is ready,
    .sandbox/endpoints.json lists all endpoints. --today writes its date to .sandbox/today, where it may be changed
    while the sandbox runs.

    Exit status: 0 if it was stopped, 1 if it could not start or one of its processes exited.

    Example: permit-ocr up --api-port 8080
    """
    console = MessageConsole("up")
    try:
        root = find_root(Path.cwd())
        settings = Settings(
            root=root,
            state=state_directory(root),
            api_port=api_port,
            aws_port=aws_port,
            ocr_port=ocr_port,
            ocr_endpoint=ocr_endpoint,
            parameters=_parameters(parameter or []),
            functions_aws_endpoint=functions_aws_endpoint,
            cpu_quota=cpu_quota,
            enforce_iam=enforce_iam,
            account_concurrency=account_concurrency,
            memory_size=memory_size,
            batch_size=batch_size,
            today=today,
        )
        _run(settings, console)
    except (SandboxError, OSError) as error:
        console.fail(message_of(error), status=1)


def _run(settings: Settings, console: MessageConsole) -> None:
    """Run the sandbox; until it is ready, a terminal shows only the last step of the start."""
    with console.status("starting") as status:
        is_ready = False

        def report(line: str) -> None:
            if console.is_terminal and not is_ready:
                status.update(escape(line))  # so that the output begins with the address
            else:
                console.message(line, style="dim")

        def ready(sandbox: Sandbox) -> None:
            nonlocal is_ready
            is_ready = True
            status.stop()
            _print_ready(console, sandbox, settings)

        asyncio.run(run_until_stopped(settings, report, ready))


def _parameters(assignments: list[str]) -> dict[str, str]:
    pairs = [assignment.partition("=") for assignment in assignments]
    if invalid := [name for name, equals, _ in pairs if not (name and equals)]:
        raise SandboxError(f"--parameter {invalid[0]}: must be NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _print_ready(console: MessageConsole, sandbox: Sandbox, settings: Settings) -> None:
    address = sandbox.endpoints["api_url"]
    has_console = any((route.method, route.path) == ("GET", "/") for route in sandbox.stack.routes)
    first = f"Open {address}/ in a browser" if has_console else f"The API is at {address}"
    console.message(f"{first}. Ready after {sandbox.seconds:.1f} s.", style="bold")
    console.message(f"The API's reference is at {address}/docs.")
    for name, value in sandbox.endpoints.items():
        console.message(f"{name:<30}{value}")
    issuers = {route.jwt.issuer for route in sandbox.stack.routes if route.jwt}
    authentication = (
        f"The API requires tokens from {', '.join(issuers)}."
        if issuers
        else "The API requires no signature here; deployed, it requires IAM signatures."
    )
    console.message(f"{authentication} The AWS mock accepts any key. Press Ctrl-C to stop.", style="dim")
    console.message(f"endpoints: {settings.state / 'endpoints.json'}", style="dim")

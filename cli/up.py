"""``permit-ocr up``: the sandbox in the foreground."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sandbox.errors import SandboxError
from sandbox.project import find_root, state_directory
from sandbox.settings import Settings
from sandbox.up import Sandbox, run_until_stopped

_PORT_HELP = "; 0 for any free one."


def up(
    api_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the HTTP API" + _PORT_HELP)] = 8000,
    aws_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of AWS (moto)" + _PORT_HELP)] = 4566,
    ocr_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the recogniser" + _PORT_HELP)] = 8100,
    ocr_endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="Another OCR server in place of the recogniser: http://HOST:PORT.")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter of the template; may be repeated.")
    ] = None,
    cpu_quota: Annotated[
        bool,
        typer.Option(
            "--cpu-quota",
            help="Limit each function to the CPU that Lambda gives its memory size; needs root.",
        ),
    ] = False,
    memory_size: Annotated[
        int | None,
        typer.Option(hidden=True, min=128, max=10_240, help="Of every function, in MB, in place of the template's."),
    ] = None,
    functions_aws_endpoint: Annotated[
        str | None, typer.Option(hidden=True, help="What the functions call as AWS: a proxy before --aws-port.")
    ] = None,
) -> None:
    """Run the sandbox: the application's own template on this machine.

    Builds what has changed, runs until Ctrl-C or SIGTERM, listens on 127.0.0.1 only. When it is ready,
    .sandbox/endpoints.json says where everything is.

    Exit status: 0 after it was stopped, 1 if it could not start or a part of it ended.

    Example: permit-ocr up --api-port 8080
    """
    console = Console(stderr=True)
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
            memory_size=memory_size,
        )
        with console.status("starting") as status:

            def say(line: str) -> None:
                console.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)

            def ready(sandbox: Sandbox) -> None:
                status.stop()
                _print_ready(console, sandbox, settings)

            asyncio.run(run_until_stopped(settings, say, ready))
    except SandboxError as error:
        console.print(f"permit-ocr up: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _parameters(said: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in said]
    if wrong := [name for name, equals, _ in pairs if not (name and equals)]:
        raise SandboxError(f"--parameter {wrong[0]}: it must be NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _print_ready(console: Console, sandbox: Sandbox, settings: Settings) -> None:
    console.print(f"ready after {sandbox.seconds:.1f} s", style="bold", highlight=False)
    rows = [
        *sandbox.endpoints.items(),
        *(("route", f"{route.method} {route.path}") for route in sandbox.stack.routes),
    ]
    for name, value in rows:
        console.print(
            f"{name:<30}{value}", markup=False, highlight=False, soft_wrap=True
        )  # whole, so that it can be copied
    issuers = {route.jwt.issuer for route in sandbox.stack.routes if route.jwt}
    asks = (
        f"The API asks for tokens of {', '.join(issuers)}."
        if issuers
        else "The API asks for no signature here; deployed, it asks for IAM's."
    )
    console.print(
        f"{asks} AWS takes any key. Ctrl-C stops.",
        style="dim",
        highlight=False,
        soft_wrap=True,
    )
    console.print(f"endpoints: {settings.state / 'endpoints.json'}", style="dim", highlight=False, soft_wrap=True)

"""``permit-ocr recognize``: send photographs, wait, print what they came to."""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.deployment import NoDeployment, sandbox_deployment, stack_deployment
from cli.result_table import print_results
from cli.submission import results, submit
from permit_ocr.domain.errors import RetryLater


def recognize(
    files: Annotated[list[Path], typer.Argument(help="Photographs, PNG or JPEG.", exists=True, dir_okay=False)],
    document: Annotated[
        Literal["residence-permit", "mainland-permit", "auto"], typer.Option(help="What the photographs show.")
    ] = "auto",
    card_side: Annotated[
        Literal["FRONT", "BACK"] | None,
        typer.Option(case_sensitive=False, help="The side they show; FRONT has the portrait."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one event a line instead of a table.")] = False,
    return_portrait: Annotated[bool, typer.Option(help="Cut the portrait out and store it in the bucket.")] = False,
    stack: Annotated[str | None, typer.Option(help="A deployed stack; without it the sandbox running here.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the last result.", min=1)] = 120.0,
) -> None:
    """Upload photographs, wait for their results and print them.

    Exit status: 0 if every photograph has a result (a rejection is one), 1 if one has none in time, 2 if it could
    not begin.

    Example: permit-ocr recognize front.jpg back.jpg --document residence-permit
    """
    stderr = Console(stderr=True)
    try:
        deployment = stack_deployment(stack) if stack else sandbox_deployment()
        with _progress(stderr) as progress:
            uploading = progress.add_task("uploading", total=len(files))
            sent = []
            for file in files:
                sent.append(
                    submit(file, deployment, document=document, card_side=card_side, return_portrait=return_portrait)
                )
                progress.advance(uploading)
            reading = progress.add_task("reading", total=len(files))
            done = []
            for result in results(sent, deployment, timeout_seconds=timeout):
                done.append(result)
                progress.advance(reading)
    except (NoDeployment, ClientError, BotoCoreError, RetryLater, OSError) as error:
        stderr.print(f"permit-ocr: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from None
    done.sort(key=lambda result: sent.index(result.submission))  # as the files were named
    if as_json:
        sys.stdout.writelines(json.dumps(result.event, ensure_ascii=False) + "\n" for result in done if result.event)
    else:
        print_results(done)
    if missing := [result for result in done if result.event is None]:
        stderr.print(
            f"permit-ocr: {len(missing)} of {len(files)} photographs had no result within {timeout:g} s", style="red"
        )
        raise typer.Exit(1)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)

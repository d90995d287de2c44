"""``permit-ocr demo``: every step for the specimen photos, from the upload to the message on the results queue."""

import asyncio
import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import typer
from rich.console import Console

from cli.deployment import Deployment, deployment_from_endpoints
from cli.error_messages import message_of
from cli.messages import MessageConsole
from cli.quantities import quantity
from cli.results.table import print_results, rows_of
from cli.uploads.submission import Result, Submission, submit, wait_for_results
from sandbox.errors import SandboxError
from sandbox.project import find_root, state_directory
from sandbox.settings import Settings
from sandbox.up import running_sandbox

_SPECIMENS: Final = Path("events/specimens")
_RESULT_SECONDS: Final = 120.0
_MESSAGE_SECONDS: Final = 20.0
_TRY_NEXT: Final = """
Try next, in this directory:
  .venv/bin/permit-ocr up                           keeps a sandbox running until Ctrl-C
  ... and then, in a second terminal:
  .venv/bin/permit-ocr recognize events/specimens   uploads photos and prints their results
  .venv/bin/permit-ocr watch                        shows the messages on the results queue
  or open http://127.0.0.1:8000/ and drop photos on the page
Without a sandbox:
  .venv/bin/permit-ocr read events/specimens        shows what the recogniser reads
README.md has more to try; docs/deploy.md says how to deploy."""


def demo() -> None:
    """Run the specimen photos through a temporary sandbox.

    Builds and starts a sandbox on free ports, uploads the photos in events/specimens, prints their results and saves
    the messages on the results queue as JSON.

    Exit status: 0 if every photo has its message on the queue, 1 otherwise.

    Example: permit-ocr demo
    """
    console = MessageConsole("demo")
    try:
        root = find_root(Path.cwd())
        asyncio.run(_demo(root, console))
    except (SandboxError, OSError) as error:
        console.fail(message_of(error), status=1)


async def _demo(root: Path, console: MessageConsole) -> None:
    state = state_directory(root) / "demo"
    settings = Settings(root=root, state=state, api_port=0, aws_port=0, ocr_port=0, ocr_endpoint=None)

    def report(line: str) -> None:
        console.message(line, style="dim")

    async with running_sandbox(settings, report) as running:
        report(f"ready after {running.seconds:.1f} s")
        deployment = deployment_from_endpoints(running.endpoints)
        specimens = json.loads((root / _SPECIMENS / "truth.json").read_text())["specimens"]
        done = await asyncio.to_thread(_recognize, root / _SPECIMENS, specimens, deployment, console)
        written = await asyncio.to_thread(_save_messages, done, deployment, state / "results")
    print_results(rows_of(done))
    Console(emoji=False).print(
        f"messages: {written} of {len(done)} in {state / 'results'}", highlight=False, soft_wrap=True
    )
    if written < len(done):
        raise typer.Exit(1)
    console.message(_TRY_NEXT)


def _recognize(
    directory: Path, specimens: Sequence[dict[str, Any]], deployment: Deployment, console: MessageConsole
) -> list[Result]:
    sent: list[Submission] = []
    for specimen in specimens:
        file = directory / specimen["file"]
        options = {"document": specimen["document"], "card_side": specimen["card_side"] or None}
        sent.append(submit(file, file.read_bytes(), deployment, **options))
    console.message(f"uploaded {quantity(len(sent), 'photo')}", style="dim")
    done: list[Result] = []
    for result in wait_for_results(sent, deployment, timeout_seconds=_RESULT_SECONDS):
        done.append(result)
        line = f"{len(done):>2}/{len(sent)} {result.submission.file.name}"
        console.message(line if result.events else f"{line}: no result", style="dim")
    return sorted(done, key=lambda result: sent.index(result.submission))


def _save_messages(done: Sequence[Result], deployment: Deployment, directory: Path) -> int:
    """Consume the results queue, save its messages and return the number of photos that had one."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    names = {result.submission.document_id: result.submission.file.stem for result in done if result.events}
    written = 0
    deadline = time.monotonic() + _MESSAGE_SECONDS
    while written < len(names) and time.monotonic() < deadline:
        received = deployment.sqs.receive_message(
            QueueUrl=deployment.results_queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        for message in received.get("Messages", []):
            event = json.loads(message["Body"])
            text = json.dumps(event, ensure_ascii=False, indent=2) + "\n"
            (directory / f"{names[event['id']]}.json").write_text(text)
            deployment.sqs.delete_message(QueueUrl=deployment.results_queue_url, ReceiptHandle=message["ReceiptHandle"])
            written += 1
    return written

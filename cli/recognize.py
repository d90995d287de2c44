"""``permit-ocr recognize``: send photographs, wait, print what they came to or write it to a file."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cli.deployment import Deployment, NoDeployment, sandbox_deployment, stack_deployment
from cli.photographs import NoPhotographs, Paths, Shown, SideShown, photographs
from cli.result_files import FileResult, writer_of
from cli.result_table import print_results
from cli.run_journal import OtherRun, Run, RunJournal, Uploaded
from cli.submission import Result, Submission, results, submit
from permit_ocr.domain.errors import RetryableError

_UPLOADERS: Final = 8
_NOT_BEGUN: Final = 2


def recognize(
    paths: Paths,
    document: Shown = "auto",
    card_side: SideShown = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the results to FILE: .csv, .jsonl (JSON Lines) or .parquet."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one event a line instead of a table.")] = False,
    return_portrait: Annotated[bool, typer.Option(help="Cut the portrait out and store it in the bucket.")] = False,
    stack: Annotated[str | None, typer.Option(help="A deployed stack; without it the sandbox running here.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for one more result.", min=1)] = 120.0,
) -> None:
    """Upload photographs, wait for their results and print them.

    With --output a run can be stopped at any moment: run again, it uploads nothing twice and goes on. Until it is
    complete its journal lies beside FILE, as FILE.part.

    Exit status: 0 if every photograph has a result (a rejection is one), 1 if one has none in time, 2 if it could
    not begin.

    Example: permit-ocr recognize scans/ 'phone/*.heic' --document residence-permit --output results.csv
    """
    stderr = Console(stderr=True)
    try:
        deployment = stack_deployment(stack) if stack else sandbox_deployment()
        found = photographs(paths)
        files = found.files
        if skipped := found.said_of_skipped():
            stderr.print(skipped, highlight=False)
        run = Run(
            upload_bucket=deployment.upload_bucket,
            document=document,
            card_side=card_side,
            return_portrait=return_portrait,
        )
        if output:
            missing = _recognize_to_file(files, run, deployment, output, timeout, stderr)
        else:
            missing = _recognize_to_terminal(files, run, deployment, timeout, stderr, as_json=as_json)
    except (
        NoDeployment,
        NoPhotographs,
        OtherRun,
        ClientError,
        BotoCoreError,
        RetryableError,
        OSError,
        ValueError,
    ) as error:
        _fail(stderr, str(error), status=_NOT_BEGUN)
    if missing:
        again = "; run it again: it goes on" if output else ""
        _fail(stderr, f"{missing} of {len(files)} photographs had no result in time{again}", status=1)


def _recognize_to_terminal(
    files: Sequence[Path], run: Run, deployment: Deployment, timeout: float, stderr: Console, *, as_json: bool
) -> int:
    """Return how many photographs have no result."""
    done = _recognized(files, run, deployment, None, timeout, stderr)
    if as_json:
        for result in done:
            sys.stdout.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in result.events)
    else:
        print_results(done)
    return sum(not result.events for result in done)


def _recognize_to_file(
    files: Sequence[Path], run: Run, deployment: Deployment, output: Path, timeout: float, stderr: Console
) -> int:
    """Return how many photographs have no result; what there is, is in ``output``."""
    write = writer_of(output)
    journal_file = output.with_name(f"{output.name}.part")
    if output.exists() and not journal_file.exists():
        raise FileExistsError(f"{output} is there already: name another file, or delete it")
    with RunJournal(journal_file, run) as journal:
        if journal.uploads:
            stderr.print(f"going on after {len(journal.uploads)} uploads", highlight=False)
        _recognized(files, run, deployment, journal, timeout, stderr)
        uploads = [(file, journal.uploads[str(file)].document_id) for file in files]
        written = output.with_name(f"{output.name}.new")
        write(written, _file_results(uploads, journal))
        written.replace(output)
        missing = sum(not journal.is_done(document_id) for _, document_id in uploads)
        if not missing:
            journal.delete()
    stderr.print(f"wrote {output}", highlight=False, soft_wrap=True)
    return missing


def _file_results(uploads: Sequence[tuple[Path, str]], journal: RunJournal) -> Iterator[FileResult]:
    for file, document_id in uploads:
        if journal.is_done(document_id):
            yield from (FileResult(file=file, event=event) for event in journal.events(document_id))
        else:
            yield FileResult(file=file, event=None)


def _recognized(
    files: Sequence[Path],
    run: Run,
    deployment: Deployment,
    journal: RunJournal | None,
    timeout: float,
    stderr: Console,
) -> list[Result]:
    """Upload what is not uploaded yet and wait for what has no result yet.

    Without a journal the results are returned, in the order of ``files``; with one they are noted there instead, so
    that as many as there are need no memory.
    """
    sent: list[Submission] = []
    done: list[Result] = []
    with _progress(stderr) as progress:
        uploading = progress.add_task("uploading", total=len(files))
        for submission in _submitted(files, run, deployment, journal):
            sent.append(submission)
            progress.advance(uploading)
        waiting = [one for one in sent if not (journal and journal.is_done(one.document_id))]
        reading = progress.add_task("reading", total=len(files), completed=len(sent) - len(waiting))
        for result in results(waiting, deployment, timeout_seconds=timeout):
            if journal is None:
                done.append(result)
            elif result.events:
                journal.note_events(result.submission.document_id, list(result.events))
            progress.advance(reading)
    place = {submission.file: number for number, submission in enumerate(sent)}
    return sorted(done, key=lambda result: place[result.submission.file])


def _submitted(
    files: Sequence[Path], run: Run, deployment: Deployment, journal: RunJournal | None
) -> Iterator[Submission]:
    """Yield each file's submission, in order; some are uploaded at a time, and what the journal has is not."""

    def submitted(file: Path) -> tuple[Submission, Uploaded | None]:
        content = file.read_bytes()
        digest = sha256(content).hexdigest()
        earlier = journal.uploads.get(str(file)) if journal else None
        if earlier and earlier.sha256 == digest:
            return Submission(file=file, document_id=earlier.document_id, began=time.monotonic()), None
        submission = submit(
            file,
            content,
            deployment,
            document=run.document,
            card_side=run.card_side,
            return_portrait=run.return_portrait,
        )
        return submission, Uploaded(sha256=digest, document_id=submission.document_id)

    with ThreadPoolExecutor(_UPLOADERS, thread_name_prefix="upload") as uploaders:
        # A few at a time: an upload whose note was not reached is made again after a stop.
        for start in range(0, len(files), _UPLOADERS):
            for submission, uploaded in uploaders.map(submitted, files[start : start + _UPLOADERS]):
                if journal and uploaded:
                    journal.note_upload(submission.file, uploaded)
                yield submission


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True)


def _fail(console: Console, message: str, *, status: int) -> NoReturn:
    console.print(f"permit-ocr: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(status)

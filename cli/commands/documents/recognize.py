"""``permit-ocr recognize``: upload photos, wait for their results, and print them or write them to a file."""

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

from cli.deployment import Deployment, DeploymentNotFound, sandbox_deployment, stack_deployment
from cli.image_files import CardSideOption, DocumentOption, NoImagesFound, PathsArgument, find_images
from cli.quantities import quantity
from cli.results.files import FileResult, writer_for
from cli.results.table import print_results, rows_of
from cli.uploads.resume_state import ResumeState, RunMismatch, RunOptions, UploadRecord
from cli.uploads.submission import Result, Submission, submit, wait_for_results
from permit_ocr.domain.errors import RetryableError

_UPLOADERS: Final = 8
_NOT_STARTED: Final = 2


def recognize(
    paths: PathsArgument,
    document: DocumentOption = "auto",
    card_side: CardSideOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the results to FILE: .csv, .xlsx (Excel), .jsonl (JSON Lines) or .parquet."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one event per line instead of a table.")] = False,
    return_portrait: Annotated[bool, typer.Option(help="Crop the portrait and store it in the bucket.")] = False,
    stack: Annotated[str | None, typer.Option(help="A deployed stack. Default: the sandbox running here.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the next result.", min=1)] = 120.0,
) -> None:
    """Upload photos, wait for their results and print them.

    With --output, a run can be stopped at any time. Run the same command again to resume it; nothing is uploaded
    twice. The progress is stored in FILE.part until the run is complete.

    Exit status: 0 if every photo has a result (a rejection is a result), 1 if a result is missing, 2 if the run could
    not start.

    Example: permit-ocr recognize scans/ 'phone/*.heic' --document residence-permit --output results.csv
    """
    stderr = Console(stderr=True, emoji=False)
    try:
        deployment = stack_deployment(stack) if stack else sandbox_deployment()
        images = find_images(paths)
        files = images.files
        if skipped := images.skipped_message():
            stderr.print(skipped, highlight=False)
        options = RunOptions(
            upload_bucket=deployment.upload_bucket,
            document=document,
            card_side=card_side,
            return_portrait=return_portrait,
        )
        if output:
            missing = _recognize_to_file(files, options, deployment, output, timeout, stderr)
        else:
            missing = _recognize_to_terminal(files, options, deployment, timeout, stderr, as_json=as_json)
    except (
        DeploymentNotFound,
        NoImagesFound,
        RunMismatch,
        ClientError,
        BotoCoreError,
        RetryableError,
        OSError,
        ValueError,
    ) as error:
        _fail(stderr, str(error), status=_NOT_STARTED)
    if missing:
        hint = "; run the command again to resume" if output else ""
        _fail(stderr, f"{missing} of {quantity(len(files), 'photo')} had no result in time{hint}", status=1)


def _recognize_to_terminal(
    files: Sequence[Path],
    options: RunOptions,
    deployment: Deployment,
    timeout: float,
    stderr: Console,
    *,
    as_json: bool,
) -> int:
    """Print the results and return the number of photos without one."""
    done = _upload_and_wait(files, options, deployment, None, timeout, stderr)
    if as_json:
        for result in done:
            sys.stdout.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in result.events)
    else:
        print_results(rows_of(done))
    return sum(not result.events for result in done)


def _recognize_to_file(
    files: Sequence[Path], options: RunOptions, deployment: Deployment, output: Path, timeout: float, stderr: Console
) -> int:
    """Write the results to ``output`` and return the number of photos without one."""
    write = writer_for(output)
    resume_file = output.with_name(f"{output.name}.part")
    if output.exists() and not resume_file.exists():
        raise FileExistsError(f"{output} already exists: choose another file or delete it")
    with ResumeState(resume_file, options) as state:
        if state.uploads:
            stderr.print(f"resuming after {quantity(len(state.uploads), 'upload')}", highlight=False)
        _upload_and_wait(files, options, deployment, state, timeout, stderr)
        uploads = [(file, state.uploads[str(file)].document_id) for file in files]
        written = output.with_name(f"{output.name}.new")
        write(written, _file_results(uploads, state))
        written.replace(output)
        missing = sum(not state.is_done(document_id) for _, document_id in uploads)
        if not missing:
            state.delete()
    stderr.print(f"wrote {output}", highlight=False, soft_wrap=True)
    return missing


def _file_results(uploads: Sequence[tuple[Path, str]], state: ResumeState) -> Iterator[FileResult]:
    for file, document_id in uploads:
        if state.is_done(document_id):
            yield from (FileResult(file=file, event=event) for event in state.events(document_id))
        else:
            yield FileResult(file=file, event=None)


def _upload_and_wait(
    files: Sequence[Path],
    options: RunOptions,
    deployment: Deployment,
    state: ResumeState | None,
    timeout: float,
    stderr: Console,
) -> list[Result]:
    """Upload the files that are not uploaded yet and wait for the missing results.

    Without a resume state, return the results in the order of ``files``. With one, record them there instead, so that
    memory does not grow with their number.
    """
    sent: list[Submission] = []
    done: list[Result] = []
    with _progress(stderr) as progress:
        uploading = progress.add_task("uploading", total=len(files))
        for submission in _submit_all(files, options, deployment, state):
            sent.append(submission)
            progress.advance(uploading)
        pending = [submission for submission in sent if not (state and state.is_done(submission.document_id))]
        waiting = progress.add_task("waiting for results", total=len(files), completed=len(sent) - len(pending))
        for result in wait_for_results(pending, deployment, timeout_seconds=timeout):
            if state is None:
                done.append(result)
            elif result.events:
                state.record_events(result.submission.document_id, list(result.events))
            progress.advance(waiting)
    order = {submission.file: number for number, submission in enumerate(sent)}
    return sorted(done, key=lambda result: order[result.submission.file])


def _submit_all(
    files: Sequence[Path], options: RunOptions, deployment: Deployment, state: ResumeState | None
) -> Iterator[Submission]:
    """Yield the submission of each file in order, uploading several files in parallel and skipping recorded ones."""

    def submit_one(file: Path) -> tuple[Submission, UploadRecord | None]:
        content = file.read_bytes()
        digest = sha256(content).hexdigest()
        earlier = state.uploads.get(str(file)) if state else None
        if earlier and earlier.sha256 == digest:
            return Submission(file=file, document_id=earlier.document_id, started_at=time.monotonic()), None
        submission = submit(
            file,
            content,
            deployment,
            document=options.document,
            card_side=options.card_side,
            return_portrait=options.return_portrait,
        )
        return submission, UploadRecord(sha256=digest, document_id=submission.document_id)

    with ThreadPoolExecutor(_UPLOADERS, thread_name_prefix="upload") as uploaders:
        # Small batches: after an interruption, uploads that were not recorded yet are repeated.
        for start in range(0, len(files), _UPLOADERS):
            for submission, uploaded in uploaders.map(submit_one, files[start : start + _UPLOADERS]):
                if state and uploaded:
                    state.record_upload(submission.file, uploaded)
                yield submission


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True)


def _fail(console: Console, message: str, *, status: int) -> NoReturn:
    console.print(f"permit-ocr: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(status)

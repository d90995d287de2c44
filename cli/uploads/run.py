"""One run over many photos: upload them in parallel and wait for their results, with progress bars."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cli.deployment import Deployment
from cli.messages import MessageConsole
from cli.uploads.pairs import Cases
from cli.uploads.resume_state import ResumeState, RunOptions, UploadRecord
from cli.uploads.submission import Result, Submission, submit, wait_for_results

_UPLOADERS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is recognised, and how; ``timeout`` in seconds."""

    files: Sequence[Path]
    cases: Cases
    options: RunOptions
    deployment: Deployment
    timeout: float
    stderr: MessageConsole


def upload_and_wait(run: Run, state: ResumeState | None) -> list[Result]:
    """Upload the files that are not uploaded yet and wait for the missing results.

    Without a resume state, return the results in the order of the files. With one, record them there instead, so that
    memory does not grow with their number.
    """
    sent: list[Submission] = []
    done: list[Result] = []
    with _progress(run.stderr) as progress:
        uploading = progress.add_task("uploading", total=len(run.files))
        for submission in _submit_all(run, state):
            sent.append(submission)
            progress.advance(uploading)
        pending = [submission for submission in sent if not (state and state.is_done(submission.document_id))]
        waiting = progress.add_task("waiting for results", total=len(sent), completed=len(sent) - len(pending))
        for result in wait_for_results(pending, run.deployment, timeout_seconds=run.timeout):
            if state is None:
                done.append(result)
            elif result.events:
                state.record_events(result.submission.document_id, list(result.events))
            progress.advance(waiting)
    order = {submission.file: number for number, submission in enumerate(sent)}
    return sorted(done, key=lambda result: order[result.submission.file])


def _submit_all(run: Run, state: ResumeState | None) -> Iterator[Submission]:
    """Yield the submission of each file in order, uploading several files in parallel and skipping recorded ones."""
    options = run.options

    def submit_one(file: Path) -> tuple[Submission, UploadRecord | None]:
        content = file.read_bytes()
        digest = sha256(content).hexdigest()
        earlier = state.uploads.get(str(file)) if state else None
        if earlier and earlier.sha256 == digest:
            return Submission(file=file, document_id=earlier.document_id, started_at=time.monotonic()), None
        submission = submit(
            file,
            content,
            run.deployment,
            document=options.document,
            card_side=options.card_side,
            return_portrait=options.return_portrait,
            case=run.cases.names.get(file),
        )
        return submission, UploadRecord(sha256=digest, document_id=submission.document_id)

    with ThreadPoolExecutor(_UPLOADERS, thread_name_prefix="upload") as uploaders:
        # Small batches: after an interruption, uploads that were not recorded yet are repeated.
        for start in range(0, len(run.files), _UPLOADERS):
            for submission, uploaded in uploaders.map(submit_one, run.files[start : start + _UPLOADERS]):
                if state and uploaded:
                    state.record_upload(submission.file, uploaded)
                yield submission


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True)

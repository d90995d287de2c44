"""``permit-ocr recognize``: upload photos, wait for their results, and print them or write them to a file."""

import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from botocore.exceptions import BotoCoreError, ClientError

from cli.deployment import DeploymentNotFound, find_deployment
from cli.error_messages import message_of
from cli.image_files import CardSideOption, DocumentOption, NoImagesFound, PathsArgument, find_images
from cli.messages import MessageConsole
from cli.options import Stack
from cli.quantities import listing, quantity
from cli.results.files import FileResult, writer_for
from cli.results.table import ResultRow, print_results, rows_of
from cli.results.tally import Tally
from cli.uploads.missing_results import explain_missing
from cli.uploads.pairs import Cases, completed_events, find_pairs
from cli.uploads.resume_state import ResumeState, RunMismatch, RunOptions
from cli.uploads.run import Run, upload_and_wait
from permit_ocr.domain.errors import RetryableError
from permit_ocr.domain.pair import CASE_RULE, is_case

_UPLOADERS: Final = 8
_NOT_STARTED: Final = 2
_SIDES: Final = 2


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
    case: Annotated[
        str | None, typer.Option(metavar="NAME", help="The case of all photos: the two sides of one card.")
    ] = None,
    pairs: Annotated[bool, typer.Option("--pairs", help="Find the two sides of each card by name; see above.")] = False,
    return_portrait: Annotated[
        bool, typer.Option("--return-portrait", help="Crop the portrait and store it in the bucket.")
    ] = False,
    stack: Stack = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the next result.", min=1)] = 120.0,
) -> None:
    """Upload photos, wait for their results and print them.

    With --pairs, two photos are the sides of one card if they are in one folder and their names differ only in the
    words front and back (正面 and 反面), or if they are the only two in it. Each pair also gets a result of its own.

    With --output, a run can be stopped at any time. Run the same command again to resume it; nothing is uploaded
    twice. The progress is stored in FILE.part until the run is complete.

    Exit status: 0 if every photo has a result, also if it is rejected (its verdict says so), 1 if a result is missing
    (the command says why), 2 if the run could not start.

    Example: permit-ocr recognize scans/ 'phone/*.heic' --document residence-permit --output results.csv
    """
    stderr = MessageConsole()
    try:
        deployment = find_deployment(stack)
        images = find_images(paths)
        files = images.files
        if skipped := images.skipped_message():
            stderr.message(skipped)
        run = Run(
            files=files,
            cases=_cases(files, case, pairs=pairs),
            options=RunOptions(
                upload_bucket=deployment.upload_bucket,
                document=document,
                card_side=card_side,
                return_portrait=return_portrait,
                case=case,
                pairs=pairs,
            ),
            deployment=deployment,
            timeout=timeout,
            stderr=stderr,
        )
        if run.cases.alone:
            text = f"{quantity(len(run.cases.alone), 'photo')} without a partner: {listing(map(str, run.cases.alone))}"
            stderr.message(text)
        missing = _recognize_to_file(run, output) if output else _recognize_to_terminal(run, as_json=as_json)
        if missing:
            _explain(missing, run)
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
        stderr.fail(message_of(error), status=_NOT_STARTED)
    if missing:
        if not output:
            _say_how_to_get(missing, stack, stderr)
        hint = "; run the command again to resume" if output else ""
        stderr.fail(f"{len(missing)} of {quantity(len(files), 'photo')} had no result in time{hint}", status=1)


def _cases(files: Sequence[Path], case: str | None, *, pairs: bool) -> Cases:
    """Return the cases of the photos. Raises ``ValueError`` and ``OSError``."""
    if case is None:
        return find_pairs(files) if pairs else Cases()
    if pairs:
        raise ValueError("--case and --pairs exclude each other: --pairs names a case for each pair")
    if not is_case(case):
        raise ValueError(f"--case: must have {CASE_RULE}")
    return Cases(names=dict.fromkeys(files, case))


def _recognize_to_terminal(run: Run, *, as_json: bool) -> dict[Path, str]:
    """Print the results and return the document ids of the photos without one."""
    done = upload_and_wait(run, None)
    tally = Tally()
    for result in done:
        tally.add(result.submission.file.name, result.events)
    of_pairs = completed_events(run.cases.files_by_case(), run.deployment)
    _report_missing_pairs(run, of_pairs)
    if as_json:
        events = [event for result in done for event in result.events]
        events += [event for of_case in of_pairs.values() for event in of_case]
        sys.stdout.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
    else:
        print_results([*rows_of(done), *_pair_rows(run.cases, of_pairs)])
    _hint_at_cases(run, tally)
    return {result.submission.file: result.submission.document_id for result in done if not result.events}


def _report_missing_pairs(run: Run, of_pairs: Mapping[str, Sequence[dict[str, Any]]]) -> None:
    """Say which photos of one case have no result together, although each has one."""
    for case, files in run.cases.files_by_case().items():
        if len(files) > 1 and not of_pairs[case]:
            names = " + ".join(file.name for file in files)
            text = f"{names}: no pair, because they are not a front and a back of one kind of card that could be read"
            run.stderr.message(text)


def _hint_at_cases(run: Run, tally: Tally) -> None:
    if tally.two_sided and not run.options.case:
        names = listing(tally.two_sided)
        run.stderr.message(f"{names}: a front and a back; with --case NAME they also get a result together")


def _pair_rows(cases: Cases, of_pairs: Mapping[str, Sequence[dict[str, Any]]]) -> Iterator[ResultRow]:
    for case, files in cases.files_by_case().items():
        name = " + ".join(file.name for file in files) if len(files) == _SIDES else f"both sides of case {case}"
        yield from (ResultRow(name=name, event=event) for event in of_pairs[case])


def _recognize_to_file(run: Run, output: Path) -> dict[Path, str]:
    """Write the results to ``output`` and return the document ids of the photos without one."""
    write = writer_for(output)
    resume_file = output.with_name(f"{output.name}.part")
    if output.exists() and not resume_file.exists():
        raise FileExistsError(f"{output} already exists: choose another file or delete it")
    with ResumeState(resume_file, run.options) as state:
        if state.uploads:
            run.stderr.message(f"resuming after {quantity(len(state.uploads), 'upload')}")
        upload_and_wait(run, state)
        uploads = {file: state.uploads[str(file)].document_id for file in run.files}
        of_pairs = completed_events(run.cases.files_by_case(), run.deployment)
        _report_missing_pairs(run, of_pairs)
        written = output.with_name(f"{output.name}.new")
        tally = Tally()
        pair_results = (FileResult(file=row.name, event=row.event) for row in _pair_rows(run.cases, of_pairs))
        write(written, chain(_file_results(uploads, state, tally), pair_results))
        written.replace(output)
        missing = {file: document_id for file, document_id in uploads.items() if not state.is_done(document_id)}
        if not missing:
            state.delete()
    run.stderr.message(f"wrote {output}")
    run.stderr.message(tally.in_words())
    _hint_at_cases(run, tally)
    return missing


def _file_results(uploads: Mapping[Path, str], state: ResumeState, tally: Tally) -> Iterator[FileResult]:
    """Yield the results of each file, and count them: there may be too many for the memory."""
    for file, document_id in uploads.items():
        events = list(state.events(document_id))
        tally.add(file.name, events)
        yield from (FileResult(file=str(file), event=event) for event in events)
        if not events:
            yield FileResult(file=str(file), event=None, document_id=document_id)


def _say_how_to_get(missing: Mapping[Path, str], stack: str | None, stderr: MessageConsole) -> None:
    for file, document_id in missing.items():
        stderr.message(f"{file.name}: its document is {document_id}")
    command = shlex.join(["permit-ocr", "get", *missing.values(), *(["--stack", stack] if stack else [])])
    stderr.message(f"to get what is missing later: {command}")


def _explain(missing: Mapping[Path, str], run: Run) -> None:
    """Say for each photo without a result why, the same reason once."""
    reasons = explain_missing(list(missing.values()), run.deployment)
    names: dict[str, list[str]] = {}
    for file, document_id in missing.items():
        names.setdefault(reasons[document_id], []).append(file.name)
    for reason, files in names.items():
        run.stderr.message(f"{listing(files)}: {reason}")

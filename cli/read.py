"""``permit-ocr read``: the engine's own answer about photographs, without a server and without an account."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from cli.photographs import NoPhotographs, Paths, Shown, SideShown, photographs
from permit_ocr.application.recognize import ocr_requests_for
from permit_ocr.domain.confidence import SURE_ENOUGH, confidence_by_field
from permit_ocr.domain.judgement import has_key_field, side_of
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.tencent.error_table import look_up
from permit_ocr.tencent.response_format import answer_fields
from recognizer.cpu_count import available_cpus
from recognizer.reading.reader import load_models
from recognizer.reading.reader import read as read_card
from recognizer.reading.result import Reading, ReadingError

TAKES: Final = "read takes PNG and JPEG files alone; recognize takes HEIC, PDF and more"
_NO_IMAGE: Final = "FailedOperation.ImageDecodeFailed"
_NO_CARD: Final = "FailedOperation.ImageNoSpecifiedCard"
_WIDE: Final = 160
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A card that was read, and as what."""

    kind: Kind
    side: Side
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRead:
    """Why a photograph says nothing."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a photograph came to."""

    file: Path
    said: Read | NotRead
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return it as the line that ``--json`` prints; the portrait is not in it."""
        line: dict[str, Any] = {"file": str(self.file), "seconds": round(self.seconds, 3)}
        if isinstance(self.said, NotRead):
            return line | {"error": asdict(self.said)}
        answer = answer_fields(self.said.reading.answer)
        for portrait in ("Profile", "PortraitImageInfo"):
            answer.pop(portrait, None)
        confidences = {name: round(sure, _DIGITS) for name, sure in self.said.reading.confidences.items()}
        return line | {
            "document": self.said.kind,
            "card_side": self.said.side.upper(),
            "answer": answer,
            "confidences": confidences,
        }


def read(
    paths: Paths,
    document: Shown = "auto",
    card_side: SideShown = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line instead of a table.")] = False,
) -> None:
    """Print what the recogniser reads in photographs, without a server.

    With --json each photograph is a line with "file", "seconds" and either "document", "card_side", "answer" (the
    action's fields) and "confidences" (0 to 1, by field), or "error".

    read takes PNG and JPEG files alone; recognize takes HEIC, PDF and more, and makes plain images of them first.

    Exit status: 0 if every photograph was read, 1 if one was not, 2 if it could not begin.

    Example: permit-ocr read front.jpg back.jpg --document mainland-permit --json
    """
    stderr = Console(stderr=True)
    try:
        found = photographs(paths)
    except NoPhotographs as error:
        stderr.print(f"permit-ocr: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from None
    if skipped := found.said_of_skipped():
        stderr.print(skipped, highlight=False)
    asked = RecognitionOptions(
        kind=None if document == "auto" else Kind(document), side=Side(card_side.lower()) if card_side else None
    )
    outcomes = []
    with _progress(stderr) as progress:
        reading = progress.add_task("reading", total=len(found.files))
        for outcome in _outcomes(found.files, asked):
            outcomes.append(outcome)
            progress.advance(reading)
            if as_json:
                sys.stdout.write(json.dumps(outcome.as_json(), ensure_ascii=False) + "\n")
                sys.stdout.flush()
    if not as_json:
        _print_table(outcomes)
    if any(isinstance(outcome.said, NotRead) for outcome in outcomes):
        raise typer.Exit(1)


def _outcomes(files: Sequence[Path], asked: RecognitionOptions) -> Iterator[Outcome]:
    """Read as many at a time as there are processors; outcomes come in the order of the files."""
    load_models()
    with ThreadPoolExecutor(available_cpus()) as threads:
        yield from threads.map(partial(_outcome, asked=asked), files)


def _outcome(file: Path, *, asked: RecognitionOptions) -> Outcome:
    started = time.perf_counter()
    try:
        said = _read(file.read_bytes(), asked)
    except OSError as error:
        said = NotRead(code="FileNotReadable", message=error.strerror or "The file cannot be read.")
    return Outcome(file=file, said=said, seconds=time.perf_counter() - started)


def _read(image: bytes, asked: RecognitionOptions) -> Read | NotRead:
    """Ask for each document it may be, as the application does, until the image shows one."""
    code = _NO_CARD
    for kind, side in ocr_requests_for(asked):
        try:
            reading = read_card(image, kind=kind, side=side)
        except ReadingError as error:
            code = error.code
            if not look_up(code).try_next_action:
                break
            continue
        if has_key_field(reading.answer):
            return Read(kind=kind, side=side_of(reading.answer, asked_side=side), reading=reading)
        code = _NO_CARD
    message = look_up(code).message
    return NotRead(code=code, message=f"{message} {TAKES}" if code == _NO_IMAGE else message)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def _print_table(outcomes: Sequence[Outcome]) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE  # a file or a pipe has no width: nothing is folded there
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for heading in ("photograph", "field", "value"):
        table.add_column(heading, overflow="fold")
    table.add_column("confidence", justify="right", no_wrap=True)
    for outcome in outcomes:
        for row in _rows(outcome):
            table.add_row(*row)
        table.add_section()
    console.print(table)


def _rows(outcome: Outcome) -> Iterator[tuple[str | Text, ...]]:
    name = outcome.file.name
    if isinstance(outcome.said, NotRead):
        yield name, "", Text(f"{outcome.said.message} ({outcome.said.code})", style="red"), ""
        return
    yield name, "", f"{outcome.said.kind}, {outcome.said.side} ({outcome.seconds:.1f} s)", ""
    values = dict(_texts(answer_fields(outcome.said.reading.answer)))
    for field, sure in confidence_by_field(outcome.said.reading.answer, outcome.said.reading.confidences).items():
        shown = "–" if sure is None else Text(f"{sure:.2f}", style="" if sure >= SURE_ENOUGH else "yellow")
        yield "", field, Text(values[field]), shown


def _texts(answer: dict[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    for name, value in answer.items():
        if isinstance(value, str):
            yield f"{within}{name}", value
        elif isinstance(value, dict):
            yield from _texts(value, f"{within}{name}.")

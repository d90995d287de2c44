"""``permit-ocr read``: read photos with the OCR engine directly, without a server or credentials."""

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
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from cli.error_messages import reason_of
from cli.image_files import CardSideOption, DocumentOption, NoImagesFound, PathsArgument, find_images
from cli.messages import MessageConsole
from permit_ocr.application.recognize import kinds_and_sides
from permit_ocr.domain.confidence import CONFIDENCE_THRESHOLD, confidence_by_field
from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.judgement import has_key_field, side_of
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.images.formats import Format, check_readable, format_of, is_reduced_first
from permit_ocr.images.rejections import MAX_UNSCALED_PIXELS, rejection
from permit_ocr.tencent.error_table import look_up
from permit_ocr.tencent.report_format import report_as_json
from recognizer.cpu_count import available_cpus
from recognizer.reading.reader import load_models
from recognizer.reading.reader import read as read_card
from recognizer.reading.result import Reading, ReadingError

ACCEPTED_FORMATS: Final = "read accepts only PNG and JPEG files."
CONVERTED_BY_RECOGNIZE: Final = "Use recognize: it converts HEIC, PDF and more."
TOO_LARGE_TO_READ: Final = f"The image is a PNG or progressive JPEG of more than {MAX_UNSCALED_PIXELS:,} pixels."
REDUCED_BY_RECOGNIZE: Final = "Use recognize: it makes the image smaller."
_TRUNCATED: Final = "Document.Truncated"
_NOT_DECODABLE: Final = "FailedOperation.ImageDecodeFailed"
_NO_CARD: Final = "FailedOperation.ImageNoSpecifiedCard"
_BACK_FIELDS: Final = "MainlandTravelPermitBackInfos."
_WIDE: Final = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizedCard:
    """A card, the document and side it was recognised as, and the reading."""

    kind: Kind
    side: Side
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why no card could be read."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome for one file."""

    file: Path
    result: RecognizedCard | Failure
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return the line that ``--json`` prints, without the portrait."""
        line: dict[str, Any] = {"file": str(self.file), "seconds": round(self.seconds, 3)}
        if isinstance(self.result, Failure):
            return line | {"error": asdict(self.result)}
        answer = asdict(self.result.reading.answer)
        for portrait in ("Profile", "PortraitImageInfo"):
            answer.pop(portrait, None)
        return line | {
            "document": self.result.kind,
            "card_side": self.result.side.upper(),
            "answer": answer,
            **report_as_json(self.result.reading.report),
        }


def read(
    paths: PathsArgument,
    document: DocumentOption = "auto",
    card_side: CardSideOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line instead of a table.")] = False,
) -> None:
    """Print what the recogniser reads in photos, without a server.

    With --json, each photo is one line with "file", "seconds" and either "document", "card_side", "answer" (the OCR
    action's fields), "confidences" (0 to 1, by field), "document_confidence", "positions" (corners in pixels) and
    "machine_readable_zone", or "error".

    read accepts only PNG and JPEG files. Use recognize: it converts HEIC, PDF and more.

    Exit status: 0 if every photo was read, 1 if one was not, 2 if it could not start.

    Example: permit-ocr read front.jpg back.jpg --document mainland-permit --json
    """
    stderr = MessageConsole()
    try:
        images = find_images(paths)
    except NoImagesFound as error:
        stderr.fail(str(error), status=2)
    if skipped := images.skipped_message():
        stderr.message(skipped)
    options = RecognitionOptions(
        kind=None if document == "auto" else Kind(document), side=Side(card_side.lower()) if card_side else None
    )
    outcomes = []
    with _progress(stderr) as progress:
        reading = progress.add_task("reading", total=len(images.files))
        for outcome in _read_files(images.files, options):
            outcomes.append(outcome)
            progress.advance(reading)
            if as_json:
                sys.stdout.write(json.dumps(outcome.as_json(), ensure_ascii=False) + "\n")
                sys.stdout.flush()
    if not as_json:
        _print_outcomes(outcomes)
    if any(isinstance(outcome.result, Failure) for outcome in outcomes):
        raise typer.Exit(1)


def _read_files(files: Sequence[Path], options: RecognitionOptions) -> Iterator[Outcome]:
    """Read the files in parallel, one thread per CPU, and yield the outcomes in their order."""
    load_models()
    with ThreadPoolExecutor(available_cpus()) as threads:
        yield from threads.map(partial(_read_file, options=options), files)


def _read_file(file: Path, *, options: RecognitionOptions) -> Outcome:
    started = time.perf_counter()
    try:
        result = _read_image(file.read_bytes(), options)
    except OSError as error:
        result = Failure(code="FileNotReadable", message=f"{reason_of(error).capitalize()}.")
    return Outcome(file=file, result=result, seconds=time.perf_counter() - started)


def _read_image(image: bytes, options: RecognitionOptions) -> RecognizedCard | Failure:
    """Try each OCR action in the application's order until one recognises a card."""
    rejected = _rejection(image)
    if rejected and rejected.code != _TRUNCATED:
        return Failure(code=rejected.code, message=f"{rejected.meaning} {rejected.advice}")
    code = _NO_CARD
    for kind, side in kinds_and_sides(options):
        try:
            reading = read_card(image, kind=kind, side=side)
        except ReadingError as error:
            code = error.code
            if not look_up(code).try_next_action:
                break
            continue
        if has_key_field(reading.answer):
            return RecognizedCard(kind=kind, side=side_of(reading.answer, asked_side=side), reading=reading)
        code = _NO_CARD
    if code == _NOT_DECODABLE:
        undecodable = rejected or rejection("Document.Damaged")
        return Failure(code=undecodable.code, message=f"{undecodable.meaning} {undecodable.advice}")
    return Failure(code=code, message=look_up(code).message)


def _rejection(image: bytes) -> RejectDocument | None:
    """Return why the application would refuse a file, which may yet be readable if only its end is missing."""
    if format_of(image) not in {None, Format.JPEG, Format.PNG}:
        return RejectDocument("Document.UnsupportedFormat", ACCEPTED_FORMATS, CONVERTED_BY_RECOGNIZE)
    try:
        check_readable(image)
    except RejectDocument as error:
        return error
    if is_reduced_first(image):
        return RejectDocument("Document.TooManyPixels", TOO_LARGE_TO_READ, REDUCED_BY_RECOGNIZE)
    return None


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def _print_outcomes(outcomes: Sequence[Outcome]) -> None:
    console = Console(emoji=False)
    if not console.is_terminal:
        console.width = _WIDE  # a file or a pipe has no width of its own
    for outcome in outcomes:
        name = outcome.file.name
        if isinstance(outcome.result, Failure):
            text = f"{name}: {outcome.result.message} ({outcome.result.code})"
            console.print(text, style="red", markup=False, highlight=False)
        else:
            heading = f"{name}: {outcome.result.kind}, {outcome.result.side} ({outcome.seconds:.1f} s)"
            console.print(heading, style="bold", markup=False, highlight=False)
            console.print(_table(outcome.result.reading))


def _table(reading: Reading) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2))
    for name in ("field", "value"):
        table.add_column(name, overflow="fold")
    table.add_column("confidence", justify="right", no_wrap=True)
    values = dict(_text_fields(asdict(reading.answer)))
    for field, confidence in confidence_by_field(reading.answer, reading.report.confidences).items():
        shown = "–" if confidence is None else f"{confidence:.2f}"
        style = "yellow" if confidence is not None and confidence < CONFIDENCE_THRESHOLD else ""
        table.add_row(field.replace(_BACK_FIELDS, "Back."), Text(values[field]), Text(shown, style=style))
    return table


def _text_fields(answer: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in answer.items():
        if isinstance(value, str):
            yield f"{prefix}{name}", value
        elif isinstance(value, dict):
            yield from _text_fields(value, f"{prefix}{name}.")

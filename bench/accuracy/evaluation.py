"""Reading a set of photos with the recogniser, and some of them with RapidOCR for comparison.

Documents that are not permits are requested as every kind and side.
"""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from bench.accuracy.datasets import Photo
from bench.accuracy.portraits import Portraits
from bench.accuracy.scoring import CONFIDENT, Score, text_fields
from bench.accuracy.worker import RAPIDOCR, RAPIDOCR_DEFAULTS, RECOGNIZER, Outcome, Worker
from permit_ocr.domain.permits import Kind, Side
from specimens.cards.card import CardSide

_REQUESTS: Final = (
    (Kind.RESIDENCE_PERMIT, Side.FRONT),
    (Kind.MAINLAND_PERMIT, Side.FRONT),
    (Kind.MAINLAND_PERMIT, Side.BACK),
)
"""How a document that is no permit is requested. The side makes no difference to a residence permit's request."""
_EVERY: Final = {RAPIDOCR: 2, RAPIDOCR_DEFAULTS: 10}
"""RapidOCR reads all faces of every second or tenth round."""
_WRONG_KIND_EVERY: Final = 7
"""Every seventh card is also requested as the other kind. Seven does not divide the six faces, so all get a turn."""
_PROGRESS_EVERY: Final = 50


@dataclass(slots=True)
class ReaderComparison:
    """The outcomes of a baseline reader, and the recogniser's for the same photos."""

    baseline: list[Outcome] = field(default_factory=list)
    recognizer: list[Outcome] = field(default_factory=list)

    @property
    def time_ratio(self) -> float:
        """The recogniser's total time relative to the baseline's."""
        return sum(one.seconds for one in self.recognizer) / sum(one.seconds for one in self.baseline)

    @property
    def cpu_ratio(self) -> float:
        """The recogniser's total processor time relative to the baseline's."""
        return sum(one.cpu_seconds for one in self.recognizer) / sum(one.cpu_seconds for one in self.baseline)


@dataclass(slots=True)
class Refusals:
    """The results for documents that are not permits."""

    shown: Counter[str] = field(default_factory=Counter)
    """Documents by layout."""
    answered: Counter[str] = field(default_factory=Counter)
    """Those for which at least one request was answered with a field's text."""
    accepted: Counter[str] = field(default_factory=Counter)
    """Those of them for which an answer's document confidence was ``CONFIDENT`` or more."""
    cpu_seconds: list[float] = field(default_factory=list)
    """Of each refused request."""

    def add(self, negative: str, outcomes: Sequence[Outcome]) -> None:
        """Add one document with the outcome of each request."""
        answers = [one for one in outcomes if any(text for _, text in text_fields(one.answer))]
        self.shown[negative] += 1
        self.answered[negative] += bool(answers)
        self.accepted[negative] += any(one.document_confidence >= CONFIDENT for one in answers)
        self.cpu_seconds += [one.cpu_seconds for one in outcomes if one not in answers]


@dataclass(slots=True)
class Report:
    """The results for one set of photos, and for documents that are not permits."""

    score: Score = field(default_factory=Score)
    portraits: Portraits = field(default_factory=Portraits)
    comparisons: dict[str, ReaderComparison] = field(
        default_factory=lambda: {RAPIDOCR: ReaderComparison(), RAPIDOCR_DEFAULTS: ReaderComparison()}
    )
    wrong_kind_requests: int = 0
    wrong_kind_answers: int = 0
    refusals: Refusals = field(default_factory=Refusals)


def evaluate(
    photos: Sequence[Photo],
    negatives: Sequence[Photo] = (),
    *,
    with_rapidocr: bool = True,
    with_portraits: bool = True,
    show_errors: bool = False,
) -> Report:
    """Read all photos and return the results. The readers take turns, each in a process of its own."""
    report = Report()
    with ExitStack() as stack:
        recognizer = stack.enter_context(Worker(RECOGNIZER))
        readers = report.comparisons if with_rapidocr else ()
        baselines = {reader: stack.enter_context(Worker(reader)) for reader in readers}
        for number, photo in enumerate(photos):
            outcome = _read(recognizer, photo)
            errors = report.score.add(photo.truth, outcome)
            if show_errors:
                _print_errors(photo, errors, outcome)
            _compare(report, baselines, number, photo, outcome)
            if number % _WRONG_KIND_EVERY == 0:
                report.wrong_kind_requests += 1
                report.wrong_kind_answers += _is_answered_as_wrong_kind(recognizer, photo)
            if with_portraits and photo.truth["portrait_corners"]:
                # A separate call: the timed call must not include the portrait, which RapidOCR does not cut out.
                report.portraits.add(photo.truth, photo.path, _read(recognizer, photo, portrait=True).answer)
            print_progress(number + 1, len(photos))
        for number, photo in enumerate(negatives):
            outcomes = [recognizer.read(photo.path, kind=kind, side=side) for kind, side in _REQUESTS]
            report.refusals.add(photo.truth["negative"], outcomes)
            print_progress(number + 1, len(negatives))
    return report


def print_progress(done: int, total: int) -> None:
    """Report progress on standard error every 50 photos."""
    if done % _PROGRESS_EVERY == 0:
        sys.stderr.write(f"{done} of {total} photos\n")


def _compare(report: Report, baselines: Mapping[str, Worker], number: int, photo: Photo, outcome: Outcome) -> None:
    for reader, worker in baselines.items():
        if number // len(CardSide) % _EVERY[reader] == 0:
            if number == 0:
                _read(worker, photo)  # a model's first call is slow; the recogniser is warmed up when it starts
            report.comparisons[reader].baseline.append(_read(worker, photo))
            report.comparisons[reader].recognizer.append(outcome)


def _read(worker: Worker, photo: Photo, *, portrait: bool = False) -> Outcome:
    return worker.read(photo.path, kind=photo.truth["kind"], side=photo.truth["side"], portrait=portrait)


def _is_answered_as_wrong_kind(recognizer: Worker, photo: Photo) -> bool:
    other = "mainland-permit" if photo.truth["kind"] == "residence-permit" else "residence-permit"
    outcome = recognizer.read(photo.path, kind=other, side="front")
    return any(value for _, value in text_fields(outcome.answer))


def _print_errors(photo: Photo, errors: Sequence[str], outcome: Outcome) -> None:
    expected, actual = dict(text_fields(photo.truth["answer"])), dict(text_fields(outcome.answer))
    scored = [name for name in photo.truth["illegible"] if name in expected]
    illegible = [name for name in scored if actual.get(name, "") not in {"", expected[name]}]
    for name in (*errors, *illegible):
        confidence = (outcome.confidences or {}).get(name, 0.0)
        answer = repr(actual.get(name, "")) if actual else outcome.error_code
        note = ", illegible" if name in illegible else ""
        print(f"{photo.path} {name}: {expected[name]!r} read as {answer}, confidence {confidence:.2f}{note}")

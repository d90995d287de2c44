"""The thresholds for the recogniser at each difficulty level, and the check of a report against them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.accuracy.evaluation import Report
from bench.accuracy.scoring import CONFIDENT
from bench.accuracy.worker import RAPIDOCR
from specimens.photography.photo import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Shares from 0 to 1, of legible fields; seconds on two processors, one image at a time."""

    field_accuracy: float
    card_accuracy: float
    kind_and_side_accuracy: float
    confident_errors: float
    """Maximum share of fields with a wrong, non-empty value at a confidence of ``CONFIDENT`` or more."""
    median_seconds: float


THRESHOLDS: Final = {
    Level.SCAN: Thresholds(
        field_accuracy=0.997,
        card_accuracy=0.98,
        kind_and_side_accuracy=1.0,
        confident_errors=0.001,
        median_seconds=0.5,
    ),
    Level.HAND_HELD: Thresholds(
        field_accuracy=0.997,
        card_accuracy=0.98,
        kind_and_side_accuracy=1.0,
        confident_errors=0.001,
        median_seconds=0.8,
    ),
    Level.HARD: Thresholds(
        field_accuracy=0.98,
        card_accuracy=0.85,
        kind_and_side_accuracy=0.995,
        confident_errors=0.005,
        median_seconds=0.9,
    ),
}
MAX_TIME_RATIO: Final = 1.3
"""Maximum time relative to a RapidOCR call with the same settings on the same images."""
MAX_MEMORY_GROWTH: Final = 1.05
"""Maximum mean resident size in the last quarter of a long run, relative to the second quarter."""
MIN_CARDS: Final = 300
"""Cards per level in a report; fewer prove nothing."""
MIN_LONG_RUN: Final = 2000
"""Images in a long run; fewer do not show that the resident size stays constant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One measured value and its threshold."""

    name: str
    value: float | None
    """None if it cannot be measured."""
    threshold: float
    is_maximum: bool = False
    format: Callable[[float], str] = "{:.2%}".format
    counts: str = ""
    """The counts behind a share, such as ``299 of 300``."""

    @property
    def passed(self) -> bool:
        """Whether the threshold is met; a value that cannot be measured does not meet it."""
        if self.value is None:
            return False
        return self.value <= self.threshold if self.is_maximum else self.value >= self.threshold

    @property
    def formatted_value(self) -> str:
        """The value as text."""
        return "n/a" if self.value is None else self.format(self.value)

    @property
    def formatted_threshold(self) -> str:
        """The threshold as text, with its direction."""
        return f"{'≤' if self.is_maximum else '≥'} {self.format(self.threshold)}"


def checks(report: Report, thresholds: Thresholds) -> Iterator[Check]:
    """Check a report; the time relative to RapidOCR is left out if RapidOCR was not run."""
    score = report.score
    yield _share("fields exactly right", score.right.total(), score.fields, thresholds.field_accuracy)
    yield _share("whole cards exactly right", score.cards_right, score.cards, thresholds.card_accuracy)
    yield _share("kind and side", score.kind_and_side_right, score.cards, thresholds.kind_and_side_accuracy)
    name = f"wrong, confidence {CONFIDENT} or more"
    if score.has_confidences:
        yield _share(name, score.confident_errors, score.fields, thresholds.confident_errors, is_maximum=True)
    else:
        yield Check(name=name, value=None, threshold=thresholds.confident_errors, is_maximum=True)
    yield _time("median seconds", median(score.seconds), thresholds.median_seconds)
    if (rapidocr := report.comparisons[RAPIDOCR]).baseline:
        yield _time("time relative to RapidOCR", rapidocr.time_ratio, MAX_TIME_RATIO)


def _share(name: str, part: int, whole: int, threshold: float, *, is_maximum: bool = False) -> Check:
    value = part / whole if whole else None
    counts = f"{part:,} of {whole:,}"
    return Check(name=name, value=value, threshold=threshold, is_maximum=is_maximum, counts=counts)


def _time(name: str, value: float, threshold: float) -> Check:
    return Check(name=name, value=value, threshold=threshold, is_maximum=True, format="{:.2f}".format)

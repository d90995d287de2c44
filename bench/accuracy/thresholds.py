"""The thresholds for the recogniser at each difficulty level, and the check of a report against them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import mean
from typing import Final

from bench.accuracy.evaluation import Report
from bench.accuracy.scoring import CONFIDENT
from bench.accuracy.worker import RAPIDOCR_DEFAULTS
from specimens.photography.photo import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Shares from 0 to 1, the same for every generator."""

    field_accuracy: float
    """Minimum share of legible fields."""
    card_accuracy: float
    kind_and_side_accuracy: float
    answered_negatives: float
    """Maximum share of documents that are no permit and still get an answer, requested as any kind and side."""
    confident_errors: float
    """Maximum share of fields, legible or not, with a wrong value at a confidence of ``CONFIDENT`` or more."""


THRESHOLDS: Final = {
    Level.SCAN: Thresholds(
        field_accuracy=0.995,
        card_accuracy=0.97,
        kind_and_side_accuracy=1.0,
        answered_negatives=0.0,
        confident_errors=0.001,
    ),
    Level.HAND_HELD: Thresholds(
        field_accuracy=0.995,
        card_accuracy=0.97,
        kind_and_side_accuracy=1.0,
        answered_negatives=0.0,
        confident_errors=0.001,
    ),
    Level.HARD: Thresholds(
        field_accuracy=0.98,
        card_accuracy=0.88,
        kind_and_side_accuracy=0.995,
        answered_negatives=1 / 300,
        confident_errors=0.003,
    ),
}
MAX_CPU_RATIO: Final = 0.35
"""Maximum processor time relative to RapidOCR as delivered, on the same images."""
MAX_REFUSAL_RATIO: Final = 1.3
"""Maximum processor time of a refusal relative to that of a successful reading, on average."""
MAX_PEAK_MB: Final = 450.0
MAX_MEMORY_GROWTH: Final = 1.05
"""Maximum mean resident size in the last quarter of a long run, relative to the second quarter."""
MIN_CARDS: Final = 300
"""Cards per level in a report; fewer prove nothing."""
MIN_NEGATIVES: Final = 104
"""Documents that are not permits, per level and generator: four of each kind, and over 300 per level in all."""
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
    """Check a report; what was not run (RapidOCR, negatives) is left out."""
    score = report.score
    yield _share("fields right", score.right.total(), score.fields, thresholds.field_accuracy)
    yield _share("whole cards right", score.cards_right, score.cards, thresholds.card_accuracy)
    yield _share("kind and side", score.kind_and_side_right, score.cards, thresholds.kind_and_side_accuracy)
    name, fields = f"wrong at confidence {CONFIDENT} or more", score.fields + score.illegible.total()
    if score.has_confidences:
        yield _share(name, score.all_confident_errors, fields, thresholds.confident_errors, is_maximum=True)
    else:
        yield Check(name=name, value=None, threshold=thresholds.confident_errors, is_maximum=True)
    if refusals := report.refusals.shown.total():
        answered = report.refusals.answered.total()
        yield _share("negatives answered", answered, refusals, thresholds.answered_negatives, is_maximum=True)
    if report.refusals.cpu_seconds:
        cost = mean(report.refusals.cpu_seconds) / mean(score.cpu_seconds)
        yield _cost("processor time of a refusal ÷ of a card", cost, MAX_REFUSAL_RATIO)
    if (rapidocr := report.comparisons[RAPIDOCR_DEFAULTS]).baseline:
        yield _cost("processor time ÷ RapidOCR as delivered", rapidocr.cpu_ratio, MAX_CPU_RATIO)
        peak = score.peak_mb
        yield Check(name="peak MB", value=peak, threshold=MAX_PEAK_MB, is_maximum=True, format="{:.0f}".format)


def _share(name: str, part: int, whole: int, threshold: float, *, is_maximum: bool = False) -> Check:
    value = part / whole if whole else None
    counts = f"{part:,} of {whole:,}"
    return Check(name=name, value=value, threshold=threshold, is_maximum=is_maximum, counts=counts)


def _cost(name: str, value: float, threshold: float) -> Check:
    return Check(name=name, value=value, threshold=threshold, is_maximum=True, format="{:.2f}".format)

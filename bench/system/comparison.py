"""Figures of the application, mostly as a ratio to the baseline's, measured in alternating rounds."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from math import comb
from statistics import median
from typing import Any, Final

from bench import markdown
from bench.environment.build import ROOT, build
from bench.system.thresholds import Threshold

COMMITTED: Final = ROOT / "docs" / "benchmarks.json"
"""The committed figures by key, as written by ``Comparison.to_json``."""
HEADINGS: Final = ["figure", "application", "baseline", "ratio", "threshold", "minimal handler"]
_NO_THRESHOLD: Final = Threshold()
_MIN_TOLERANCE: Final = 0.1
"""The range of a few rounds on one day is too narrow: a figure within 10 % of the committed one is not worse."""
_SIGNIFICANCE: Final = 0.05
"""Maximum probability that the true median lies outside the interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One figure over several rounds; the lists are in the order of the rounds.

    ``minimal`` is the same figure of a minimal handler. ``tolerance`` is the relative difference between runs that is
    accepted at least; measure it if there is only one round.
    """

    key: str
    label: str
    unit: str
    application: Sequence[float]
    baseline: Sequence[float] = ()
    minimal: Sequence[float] = ()
    minimal_label: str = ""
    threshold: Threshold = _NO_THRESHOLD
    tolerance: float = _MIN_TOLERANCE
    digits: int = 0

    @property
    def ratios(self) -> list[float]:
        """The application's figure relative to the baseline's, round by round; empty if the baseline's is zero."""
        if not all(self.baseline):
            return []
        pairs = zip(self.application, self.baseline, strict=bool(self.baseline))
        return [application / baseline for application, baseline in pairs]

    @property
    def passed(self) -> bool | None:
        """Whether the median is within the threshold; None without a threshold."""
        if self.threshold.ratio is not None:
            return median(self.ratios) <= self.threshold.ratio
        return None if self.threshold.value is None else median(self.application) <= self.threshold.value

    def row(self) -> list[str]:
        """Return the cells of its table row."""
        threshold = "—"
        if self.threshold.ratio is not None:
            threshold = f"≤ {self.threshold.ratio:g} ×"
        elif self.threshold.value is not None:
            threshold = f"≤ {self.threshold.value:g} {self.unit}"
        return [
            f"{self.label}, {self.unit}",
            _median_and_range(self.application, self.digits),
            _median_and_range(self.baseline, self.digits) if self.baseline else "—",
            _median_and_range(self.ratios, 2) if self.ratios else "—",
            threshold + {None: "", True: " ✓", False: " ✗"}[self.passed],
            f"{_median_and_range(self.minimal, self.digits)} {self.minimal_label}" if self.minimal else "—",
        ]

    def to_json(self) -> dict[str, Any]:
        """Return what a later run is compared with: the ratio, or the figure itself if that has the threshold.

        ``low`` and ``high`` are the confidence interval of the median, which one disturbed round does not widen.
        """
        is_ratio = bool(self.baseline) and self.threshold.value is None
        values = self.ratios if is_ratio else list(self.application)
        low, high = median_interval(values)
        return {
            "is": "ratio" if is_ratio else self.unit,
            "median": round(median(values), 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "application": round(median(self.application), 4),
            "passed": self.passed,
        }

    def regression(self, committed: dict[str, Any]) -> str | None:
        """Describe how the figure is worse than the committed one beyond the tolerance; None if it is not.

        A threshold that was met and is now missed is a regression however small the difference.
        """
        current = self.to_json()
        if committed["passed"] and self.passed is False:
            return (
                f"{self.label}: {current['median']:g} ({current['is']}) misses the threshold, "
                f"{committed['median']:g} met it"
            )
        limit = max(committed["high"], committed["median"] * (1 + self.tolerance))
        if current["median"] <= limit:
            return None
        return (
            f"{self.label}: {current['median']:g} ({current['is']}), was {committed['median']:g}, at most {limit:.3g}"
        )


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return a confidence interval of the median by the sign test, which assumes no distribution.

    Of ten values it leaves out the lowest and the highest, of fewer than nine none.
    """
    count, rank, probability = len(values), 0, 0.0
    while (probability := probability + 2 * comb(count, rank) / 2**count) <= _SIGNIFICANCE:
        rank += 1
    ordered = sorted(values)
    return ordered[max(rank, 1) - 1], ordered[-max(rank, 1)]


def table(comparisons: Sequence[Comparison]) -> str:
    """Return a Markdown table; its cells are medians with the range in parentheses."""
    return markdown.table(HEADINGS, [one.row() for one in comparisons])


def _median_and_range(values: Sequence[float], digits: int) -> str:
    middle, low, high = (f"{value:,.{digits}f}" for value in (median(values), min(values), max(values)))
    return middle if low == high else f"{middle} ({low}–{high})"


@dataclass(slots=True)
class Samples:
    """Measured values by name, in the order of the rounds."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """Add the value of one round."""
        self.values.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> list[float]:
        return self.values[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A group of comparisons; ``rounds`` is the default number of rounds, which published figures have."""

    title: str
    measure: Callable[[int], Awaitable[Sequence[Comparison]]]
    rounds: int

    def run(self, rounds: int) -> Sequence[Comparison]:
        """Measure in ``rounds`` rounds."""

        async def measure() -> Sequence[Comparison]:
            return await self.measure(rounds)

        return asyncio.run(measure())

    def main(self, description: str | None) -> int:
        """Run it from the command line and print its table; the exit status is 1 if a threshold is missed."""
        parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
        parser.add_argument("--rounds", type=int, default=self.rounds)
        arguments = parser.parse_args()
        build()
        comparisons = self.run(arguments.rounds)
        sys.stdout.write(table(comparisons) + "\n")
        return 1 if any(one.passed is False for one in comparisons) else 0

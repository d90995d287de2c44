"""Figures in pairs: ours and the baseline's measured in turn, and what the one is of the other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import comb
from statistics import median
from typing import Any, Final

_LEAST_SPREAD: Final = 0.1
"""A spread is of few rounds on one day: a figure within a tenth of the committed one is the same figure."""
_CHANCE: Final = 0.05
"""With at most this chance the median of endlessly many rounds lies outside the spread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One measurement of several rounds; the lists are in the order of the rounds.

    ``target`` is the most the ratio may be, ``most`` the most that ours may be; either may be missing. ``spread`` is by
    what share runs differ, at least: a single round tells nothing of it.
    """

    key: str
    what: str
    unit: str
    ours: Sequence[float]
    baseline: Sequence[float] = ()
    floor: Sequence[float] = ()
    floor_is: str = ""
    target: float | None = None
    most: float | None = None
    spread: float = _LEAST_SPREAD
    digits: int = 0

    @property
    def ratios(self) -> list[float]:
        """Ours as a share of the baseline's, round by round; none where the baseline's is nothing."""
        if not all(self.baseline):
            return []
        return [ours / theirs for ours, theirs in zip(self.ours, self.baseline, strict=bool(self.baseline))]

    @property
    def met(self) -> bool | None:
        """Whether the median keeps the target; None without one."""
        if self.target is not None:
            return median(self.ratios) <= self.target
        return None if self.most is None else median(self.ours) <= self.most

    def row(self) -> list[str]:
        """Return the cells of its row in the table."""
        floor = f"{_spread(self.floor, self.digits)} {self.floor_is}" if self.floor else "—"
        ratio = _spread(self.ratios, 2) if self.ratios else "—"
        target = f"≤ {self.target:g} ×" if self.target is not None else "—"
        if self.most is not None:
            target = f"≤ {self.most:g} {self.unit}"
        verdict = {None: "", True: " ✓", False: " ✗"}[self.met]
        baseline = _spread(self.baseline, self.digits) if self.baseline else "—"
        return [f"{self.what}, {self.unit}", _spread(self.ours, self.digits), baseline, ratio, target + verdict, floor]

    def to_json(self) -> dict[str, Any]:
        """Return what a later run is compared with: the ratio, or ours where that is what has a limit.

        ``low`` and ``high`` are the spread of the median, not of single rounds: one that was disturbed widens nothing.
        """
        is_ratio = bool(self.baseline) and self.most is None
        measured = self.ratios if is_ratio else list(self.ours)
        low, high = spread_of_median(measured)
        return {
            "is": "ratio" if is_ratio else self.unit,
            "median": round(median(measured), 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "met": self.met,
        }

    def worse_than(self, committed: dict[str, Any]) -> str | None:
        """Say what has become worse than the committed figure beyond the spread from run to run, if anything has.

        A target that was met and is missed is worse, however little is lacking.
        """
        now = self.to_json()
        if committed["met"] and self.met is False:
            return f"{self.what}: {now['median']:g} ({now['is']}) misses the target, {committed['median']:g} met it"
        limit = max(committed["high"], committed["median"] * (1 + self.spread))
        if now["median"] <= limit:
            return None
        return f"{self.what}: {now['median']:g} ({now['is']}), was {committed['median']:g}, at most {limit:.3g}"


def spread_of_median(rounds: Sequence[float]) -> tuple[float, float]:
    """Return between which two of the rounds the median of endlessly many lies, by the order of the rounds alone.

    Of ten rounds the lowest and the highest are left out, of fewer than nine none: the interval of the sign test.
    """
    count, rank, chance = len(rounds), 0, 0.0
    while (chance := chance + 2 * comb(count, rank) / 2**count) <= _CHANCE:
        rank += 1
    ordered = sorted(rounds)
    return ordered[max(rank, 1) - 1], ordered[-max(rank, 1)]


HEADINGS: Final = ["what", "ours", "baseline", "ours ÷ baseline", "target", "floor"]


def table(comparisons: Sequence[Comparison]) -> str:
    """Return a Markdown table, a row for each; a cell is the median with the range in brackets."""
    rows = [HEADINGS, ["---"] * len(HEADINGS), *(one.row() for one in comparisons)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _spread(values: Sequence[float], digits: int) -> str:
    middle, low, high = (f"{value:,.{digits}f}" for value in (median(values), min(values), max(values)))
    return middle if low == high else f"{middle} ({low}–{high})"


@dataclass(slots=True)
class Rounds:
    """Figures as they come, by name."""

    taken: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """Add one round's figure."""
        self.taken.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> list[float]:
        return self.taken[name]

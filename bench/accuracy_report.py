"""What was measured on one set of photographs, and the rows of the bar that it meets or does not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median

from bench.accuracy_bar import SURE, TIME_BESIDE_BARE, Bar
from bench.accuracy_portrait import Portraits
from bench.accuracy_score import Score
from bench.accuracy_worker import BARE, BARE_DEFAULTS, Outcome


@dataclass(slots=True)
class Beside:
    """What another reader made of photographs, and the recogniser of the same ones."""

    its: list[Outcome] = field(default_factory=list)
    ours: list[Outcome] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Return how much longer the recogniser takes, over all of the photographs."""
        return sum(one.seconds for one in self.ours) / sum(one.seconds for one in self.its)

    @property
    def processor_ratio(self) -> float:
        """Return the same of the processors' time."""
        return sum(one.processor_seconds for one in self.ours) / sum(one.processor_seconds for one in self.its)


@dataclass(slots=True)
class Report:
    """One set of photographs, read."""

    score: Score = field(default_factory=Score)
    portraits: Portraits = field(default_factory=Portraits)
    beside: dict[str, Beside] = field(default_factory=lambda: {BARE: Beside(), BARE_DEFAULTS: Beside()})
    asked_as_another: int = 0
    taken_for_another: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the bar: what was reached (None if it cannot be told) and what must be."""

    what: str
    value: float | None
    bar: float
    most: bool = False
    """The bar is the most that may be reached, not the least."""
    form: Callable[[float], str] = "{:.2%}".format
    counts: str = ""
    """The counts behind a share, as in ``299 of 300``."""

    @property
    def met(self) -> bool:
        """Tell whether the bar is met; what cannot be told does not meet it."""
        return self.value is not None and (self.value <= self.bar if self.most else self.value >= self.bar)

    @property
    def reached(self) -> str:
        """Return what was reached in words."""
        return "n/a" if self.value is None else self.form(self.value)


def rows(report: Report, bar: Bar) -> Iterator[Row]:
    """Return the rows of the bar; that of the time beside a bare call only if there were such calls."""
    score = report.score
    yield _share("fields exactly right", score.right.total(), score.fields, bar.fields_right)
    yield _share("whole cards exactly right", score.cards_right, score.cards, bar.cards_right)
    yield _share("kind and side", score.kind_and_side_right, score.cards, bar.kind_and_side)
    wrong = f"wrong, confidence {SURE} or more"
    if score.has_confidences:
        yield _share(wrong, score.sure_and_wrong, score.fields, bar.sure_and_wrong, most=True)
    else:
        yield Row(what=wrong, value=None, bar=bar.sure_and_wrong, most=True)
    times: Callable[[float], str] = "{:.2f}".format
    yield Row(what="median seconds", value=median(score.seconds), bar=bar.median_seconds, most=True, form=times)
    if (bare := report.beside[BARE]).its:
        yield Row(what="times a bare call", value=bare.ratio, bar=TIME_BESIDE_BARE, most=True, form=times)


def _share(what: str, part: int, whole: int, bar: float, *, most: bool = False) -> Row:
    value = part / whole if whole else None
    return Row(what=what, value=value, bar=bar, most=most, counts=f"{part:,} of {whole:,}")

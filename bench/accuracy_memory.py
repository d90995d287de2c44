"""Whether the resident size stays over a long run: many photographs of all levels, one after another in one process."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Final

from bench.accuracy_bar import FLAT
from bench.accuracy_cards import Photo
from bench.accuracy_worker import RECOGNIZER, Outcome, Worker

_STEP: Final = 100


@dataclass(frozen=True, slots=True)
class LongRun:
    """The resident size in MB after every so many photographs, as pairs of the number and the outcome."""

    sizes: tuple[tuple[int, Outcome], ...]

    @property
    def growth(self) -> float:
        """Return the mean of the last quarter beside that of the second; the first is when caches fill."""
        resident = [outcome.resident for _, outcome in self.sizes]
        quarter = max(1, len(resident) // 4)
        return mean(resident[-quarter:]) / mean(resident[quarter : 2 * quarter] or resident)

    @property
    def is_flat(self) -> bool:
        """Tell whether the bar is met."""
        return self.growth <= FLAT

    @property
    def largest(self) -> float:
        """Return the largest size since the process began, in MB."""
        return self.sizes[-1][1].largest


def long_run(photos: Sequence[Photo], images: int) -> LongRun:
    """Read so many photographs, going round and round, and print the sizes."""
    sizes: list[tuple[int, Outcome]] = []
    with Worker(RECOGNIZER) as worker:
        for number in range(1, images + 1):
            photo = photos[(number - 1) % len(photos)]
            outcome = worker.read(photo.path, kind=photo.truth["kind"], side=photo.truth["side"])
            if number == 1 or number % _STEP == 0 or number == images:
                sizes.append((number, outcome))
                print(f"{number:6} images: {outcome.resident:6.0f} MB, largest {outcome.largest:.0f} MB")
    run = LongRun(tuple(sizes))
    verdict = "met" if run.is_flat else "NOT MET"
    print(f"last quarter {run.growth:.1%} of the second, bar at most {FLAT:.0%}: {verdict}")
    return run

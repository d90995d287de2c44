"""Resident size over a long run: many photos of all levels, one after another in one process."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Final

from bench.accuracy.datasets import Photo
from bench.accuracy.thresholds import MAX_MEMORY_GROWTH
from bench.accuracy.worker import RECOGNIZER, Outcome, Worker

_SAMPLE_EVERY: Final = 100


@dataclass(frozen=True, slots=True)
class LongRun:
    """Samples of the resident size: the number of photos read so far, and the outcome of the last one."""

    samples: tuple[tuple[int, Outcome], ...]

    @property
    def growth(self) -> float:
        """The mean size in the last quarter relative to the second; caches fill during the first."""
        resident = [outcome.resident_mb for _, outcome in self.samples]
        quarter = max(1, len(resident) // 4)
        return mean(resident[-quarter:]) / mean(resident[quarter : 2 * quarter] or resident)

    @property
    def is_flat(self) -> bool:
        """Whether the growth is within the threshold."""
        return self.growth <= MAX_MEMORY_GROWTH

    @property
    def peak_mb(self) -> float:
        """The largest resident size since the process started."""
        return self.samples[-1][1].peak_mb


def long_run(photos: Sequence[Photo], images: int) -> LongRun:
    """Read ``images`` photos, repeating ``photos`` as often as needed, and print the sizes."""
    samples: list[tuple[int, Outcome]] = []
    with Worker(RECOGNIZER) as worker:
        for number in range(1, images + 1):
            photo = photos[(number - 1) % len(photos)]
            outcome = worker.read(photo.path, kind=photo.truth["kind"], side=photo.truth["side"])
            if number == 1 or number % _SAMPLE_EVERY == 0 or number == images:
                samples.append((number, outcome))
                print(f"{number:6} images: {outcome.resident_mb:6.0f} MB, peak {outcome.peak_mb:.0f} MB")
    run = LongRun(tuple(samples))
    verdict = "met" if run.is_flat else "NOT MET"
    print(f"last quarter {run.growth:.1%} of the second, threshold ≤ {MAX_MEMORY_GROWTH:.0%}: {verdict}")
    return run

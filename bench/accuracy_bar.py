"""The bar: what the recogniser must reach at each level, and beside a bare RapidOCR call."""

from dataclasses import dataclass
from typing import Final

from specimens.photograph import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Shares from 0 to 1, of legible fields; seconds on two processors, one image at a time."""

    fields_right: float
    cards_right: float
    kind_and_side: float
    sure_and_wrong: float
    """At most this share of the fields has a wrong value, not empty, of which the reader is sure."""
    median_seconds: float


BARS: Final = {
    Level.SCAN: Bar(fields_right=0.997, cards_right=0.98, kind_and_side=1.0, sure_and_wrong=0.001, median_seconds=0.5),
    Level.HAND_HELD: Bar(
        fields_right=0.997, cards_right=0.98, kind_and_side=1.0, sure_and_wrong=0.001, median_seconds=0.8
    ),
    Level.HARD: Bar(fields_right=0.98, cards_right=0.85, kind_and_side=0.995, sure_and_wrong=0.005, median_seconds=0.9),
}
SURE: Final = 0.9
"""The confidence from which on a reader is sure."""
TIME_BESIDE_BARE: Final = 1.3
"""At most so many times the seconds of a bare RapidOCR call with the same settings on the same images."""
FLAT: Final = 1.05
"""Over the last quarter of a long run the resident size is at most so many times what it was over the second."""
CARDS: Final = 300
"""Fewer at a level prove nothing."""
LONG_RUN: Final = 2000
"""Photographs read one after another; fewer do not show that the resident size stays."""

"""The thresholds of ``make bench`` and ``make bench-check``, by the key of the comparison.

``docs/benchmarks.md`` shows them in the column "threshold".
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A maximum for the ratio to the baseline, or for the application's own figure."""

    ratio: float | None = None
    value: float | None = None


THRESHOLDS: Final = {
    "cold-UploadsFunction": Threshold(ratio=0.42),
    "cold-ApiFunction": Threshold(ratio=0.50),
    "billed": Threshold(ratio=0.20),
    "billed-limited": Threshold(ratio=0.20),
    "billed-unlimited": Threshold(ratio=0.20),
    "added": Threshold(ratio=0.5),
    "memory": Threshold(value=256),
    "size-UploadsFunction": Threshold(ratio=0.15),  # 30 MB of the baseline's 198 MB
    "size-ApiFunction": Threshold(ratio=0.15),
    "size-total": Threshold(value=30),
    "backlog-unused": Threshold(value=10),
    "backlog-refused": Threshold(value=0),
    "backlog-lost": Threshold(value=0),
    "backlog-api": Threshold(value=3),
}

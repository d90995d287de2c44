"""What the recogniser reports beside the answer. The provider's own API has none of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from permit_ocr.domain.card.machine_readable_zone import MachineReadableZone

type Confidences = Mapping[str, float]
"""From 0 to 1, by the field's name in the answer (nested: ``outer.inner``); for some of the fields, or for none."""

type Point = tuple[int, int]
type Corners = tuple[Point, Point, Point, Point]
"""X and y in pixels of the image that was read, in the order in which the card itself, upright, has them: upper left,
upper right, lower right, lower left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions:
    """Where the card is in the image that was read, and where each field is.

    Each position is four corners ``[x, y]`` in pixels: the upper left corner of the upright card or text, then upper
    right, lower right and lower left. They may lie outside the image if the card is cut off.
    """

    card: Corners | None = None
    """The card's outline; null if it was not found."""
    fields: Mapping[str, Corners] = field(default_factory=dict)
    """By the field's name in the answer; a nested field is named ``outer.inner``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderReport:
    """The reader's confidences and positions, and the machine-readable zone it read."""

    confidences: Confidences = field(default_factory=dict)
    document_confidence: float | None = None
    """How sure the reader is that the image shows such a card, from 0 to 1."""
    positions: Positions | None = None
    machine_readable_zone: MachineReadableZone | None = None

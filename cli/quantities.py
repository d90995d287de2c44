"""Numbers and lists of things, in words."""

from collections.abc import Iterable
from typing import Final

_MOST_NAMES: Final = 5


def quantity(number: int, noun: str) -> str:
    """Return the number with the noun in the singular or the plural: ``1 photo``, ``2 photos``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listing(names: Iterable[str], *, most: int = _MOST_NAMES) -> str:
    """Return the names as a list, the first ``most`` of many: ``a.jpg, b.jpg and 3 more``."""
    known = list(names)
    shown = ", ".join(known[:most])
    return shown if len(known) <= most else f"{shown} and {len(known) - most} more"

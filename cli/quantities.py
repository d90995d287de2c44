"""Numbers of things, in words."""


def quantity(number: int, noun: str) -> str:
    """Return the number with the noun in the singular or the plural: ``1 photo``, ``2 photos``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"

"""Chance in words."""

from random import Random


def happens(random: Random, probability: float) -> bool:
    """Tell whether something of this probability happens this time."""
    return random.random() < probability

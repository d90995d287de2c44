from functools import cache

import pytest
from PIL import ImageFont

from bench.accuracy.datasets import PhotoSet, draw
from specimens.cards.card import CardSide
from specimens.collection import make_negatives, make_specimens
from specimens.negatives.kinds import NegativeKind
from specimens.photography.copies import COPIES_AND_ORIGINALS
from specimens.photography.photo import Level
from specimens.rendering.fonts import Font


@cache
def plain_font(_family: str, size: int) -> Font:
    return ImageFont.load_default(size)


@pytest.mark.slow
def test_photos_drawn_in_parallel_equal_those_drawn_in_sequence() -> None:
    """One more than the faces, so that the first has two photos, the second of them a copy."""
    count = len(CardSide) + 1
    made = make_specimens(
        seed=3,
        count=count,
        level=Level.SCAN,
        card_sides=list(CardSide),
        fonts=plain_font,
        treatments=COPIES_AND_ORIGINALS,
    )

    in_parallel = draw(PhotoSet(seed=3, level=Level.SCAN, count=count, copies=True), fonts=plain_font)
    assert [(one.file, one.truth(), one.jpeg) for one in in_parallel] == [
        (one.file, one.truth(), one.jpeg) for one in made
    ]


@pytest.mark.slow
def test_negatives_drawn_in_parallel_equal_those_drawn_in_sequence() -> None:
    count = len(NegativeKind) + 1
    made = make_negatives(seed=3, count=count, level=Level.SCAN, kinds=list(NegativeKind), fonts=plain_font)

    in_parallel = draw(PhotoSet(seed=3, level=Level.SCAN, count=count, negatives=True), fonts=plain_font)
    assert [(one.file, one.jpeg) for one in in_parallel] == [(one.file, one.jpeg) for one in made]

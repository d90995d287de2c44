from functools import cache

from PIL import ImageFont

from bench.accuracy_cards import drawn
from specimens.cards import Face
from specimens.collection import make_specimens
from specimens.copies import COPIES_AND_ORIGINALS
from specimens.fonts import Font
from specimens.photograph import Level


@cache
def plain_font(_family: str, size: int) -> Font:
    return ImageFont.load_default(size)


def test_photographs_drawn_side_by_side_are_those_drawn_one_after_another() -> None:
    """One more than the faces, so that the first has two photographs, the second of them a copy."""
    count = len(Face) + 1
    made = make_specimens(
        seed=3, count=count, level=Level.SCAN, faces=list(Face), fonts=plain_font, treatments=COPIES_AND_ORIGINALS
    )

    side_by_side = drawn(seed=3, level=Level.SCAN, count=count, copies=True, other_hand=False, fonts=plain_font)
    assert [(one.file, one.truth(), one.jpeg) for one in side_by_side] == [
        (one.file, one.truth(), one.jpeg) for one in made
    ]

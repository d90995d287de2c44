import numpy as np
import pytest

from recognizer.reading.ocr.card_text import CardText, Deskew
from tests.unit.recognizer.reading.cards import line

LINES = tuple(line("陈大文", 100, middle) for middle in (50, 150, 250))


@pytest.mark.parametrize(
    ("lit", "covered"),
    [
        (None, False),
        ((slice(100, 200), slice(0, 400)), True),
        ((slice(130, 170), slice(200, 240)), True),
        ((slice(300, 400), slice(0, 400)), False),
    ],
    ids=["even light", "glare on the whole line", "glare beside it", "glare elsewhere"],
)
def test_text_may_be_covered_where_its_background_is_brighter(
    lit: tuple[slice, slice] | None, *, covered: bool
) -> None:
    image = np.full((400, 400, 3), 170, np.uint8)
    if lit:
        image[lit] = 230
    text = CardText(
        image=image, lines=LINES, deskew=Deskew(), quarter_turns=0, origin=np.eye(3), quad_indexes=(0, 1, 2)
    )
    assert text.is_covered(LINES[1]) is covered

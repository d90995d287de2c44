"""The independent generators with a real browser. Missing fonts change what a page looks like, not whether it fits."""

from collections.abc import Iterator

import pytest

from specimens.cards.card import CardSide
from specimens.independent.browser import Browser, open_browser
from specimens.independent.html import draw as html
from specimens.independent.html.negatives import NEGATIVES
from specimens.independent.sample import Sample
from specimens.photography.photo import Level

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


def _draw(browser: Browser, card_side: CardSide, level: Level = Level.SCAN) -> Sample:
    return html.draw_permit(browser, seed=1, card_side=card_side, name=card_side.value, level=level)


@pytest.mark.parametrize("card_side", CardSide)
def test_every_printed_field_lies_on_the_card_of_a_scan(browser: Browser, card_side: CardSide) -> None:
    sample = _draw(browser, card_side)

    assert sample.positions
    assert sample.illegible == ()
    (left, top), _, (right, bottom), _ = sample.outline
    for corners in sample.positions.values():
        assert all(left < x < right and top < y < bottom for x, y in corners)
    assert (sample.portrait is None) == (card_side.side == "back")


def test_the_same_seed_gives_the_same_photo(browser: Browser) -> None:
    first, second = (_draw(browser, CardSide.HK_MACAO_BACK, Level.HARD) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("negative", NEGATIVES)
def test_every_negative_can_be_photographed(browser: Browser, negative: str) -> None:
    sample = html.draw_negative(browser, seed=1, negative=negative, name=negative, level=Level.HARD)

    assert sample.jpeg.startswith(b"\xff\xd8")
    assert sample.negative == negative

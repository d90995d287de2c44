"""The independent generators with a real browser. Missing fonts change what a page looks like, not whether it fits."""

from collections.abc import Iterator

import pytest

from specimens.cards.card import CardSide
from specimens.independent.browser import Browser, open_browser
from specimens.independent.generate import DRAWING, Generator
from specimens.independent.sample import Sample
from specimens.photography.photo import Level

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


def _draw(browser: Browser, generator: Generator, card_side: CardSide, level: Level = Level.SCAN) -> Sample:
    draw_permit, _ = DRAWING[generator]
    return draw_permit(browser, seed=1, card_side=card_side, name=card_side.value, level=level)


@pytest.mark.parametrize("generator", Generator)
@pytest.mark.parametrize("card_side", CardSide)
def test_every_printed_field_lies_on_the_card_of_a_scan(
    browser: Browser, generator: Generator, card_side: CardSide
) -> None:
    sample = _draw(browser, generator, card_side)

    assert sample.positions
    assert sample.illegible == ()
    (left, top), _, (right, bottom), _ = sample.outline
    for corners in sample.positions.values():
        assert all(left < x < right and top < y < bottom for x, y in corners)
    assert (sample.portrait is None) == (card_side.side == "back")


@pytest.mark.parametrize("generator", Generator)
def test_the_same_seed_gives_the_same_photo(browser: Browser, generator: Generator) -> None:
    first, second = (_draw(browser, generator, CardSide.HK_MACAO_BACK, Level.HARD) for _ in range(2))

    assert first == second


@pytest.mark.parametrize(
    ("generator", "negative"), [(generator, negative) for generator in Generator for negative in generator.negatives]
)
def test_every_negative_can_be_photographed(browser: Browser, generator: Generator, negative: str) -> None:
    _, draw_negative = DRAWING[generator]
    sample = draw_negative(browser, seed=1, negative=negative, name=negative, level=Level.HARD)

    assert sample.jpeg.startswith(b"\xff\xd8")
    assert (sample.generator, sample.negative) == (generator, negative)

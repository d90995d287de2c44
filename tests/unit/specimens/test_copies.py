from functools import cache
from random import Random

import numpy as np
import pytest
from PIL import Image

from specimens.cards.card import CardSide
from specimens.cards.generate import CardSpec, generate_card
from specimens.collection import make_specimens
from specimens.photography.copies import COPIES_AND_ORIGINALS, Treatment, apply_treatment
from specimens.photography.photo import Level
from specimens.rendering.canvas import HEIGHT, WIDTH
from specimens.rendering.fonts import FontLoader
from specimens.rendering.layout import draw_card, round_corners

pytestmark = pytest.mark.slow  # draws cards

_COPIES = [treatment for treatment in Treatment if treatment.is_copy]


@cache
def _card(fonts: FontLoader) -> Image.Image:
    random = Random(1)
    return round_corners(
        draw_card(generate_card(random, CardSpec(card_side=CardSide.TAIWAN_FRONT)), random, fonts).image
    )


@cache
def _treat(treatment: Treatment, fonts: FontLoader) -> tuple[Image.Image, tuple[int, int]]:
    return apply_treatment(_card(fonts), treatment, Random(2))


def _saturation(image: Image.Image) -> float:
    return float(np.asarray(image.convert("HSV"), np.float32)[..., 1].mean())


def _part(treated: tuple[Image.Image, tuple[int, int]]) -> Image.Image:
    image, (left, top) = treated
    return image.crop((left, top, left + WIDTH, top + HEIGHT))


def test_half_of_the_measured_sequence_are_copies_of_every_kind() -> None:
    assert {treatment for treatment in COPIES_AND_ORIGINALS if treatment.is_copy} == set(_COPIES)
    assert sum(treatment.is_copy for treatment in COPIES_AND_ORIGINALS) * 2 == len(COPIES_AND_ORIGINALS)


@pytest.mark.parametrize("treatment", Treatment)
def test_the_same_seed_makes_the_same_copy(treatment: Treatment, plain_font: FontLoader) -> None:
    again, origin = apply_treatment(_card(plain_font), treatment, Random(2))

    assert origin == _treat(treatment, plain_font)[1]
    assert again.tobytes() == _treat(treatment, plain_font)[0].tobytes()


@pytest.mark.parametrize("treatment", _COPIES)
def test_a_copy_is_on_a_sheet_of_white_paper(treatment: Treatment, plain_font: FontLoader) -> None:
    image, (left, top) = _treat(treatment, plain_font)

    assert image.width > left + WIDTH
    assert image.height > top + HEIGHT
    assert np.asarray(image.crop((0, 0, left, top)).convert("L")).min() > 225


@pytest.mark.parametrize("treatment", [Treatment.TONER_COPY, Treatment.GREY_PRINT])
def test_only_colour_copies_have_colour(treatment: Treatment, plain_font: FontLoader) -> None:
    original = _saturation(_part(_treat(Treatment.ORIGINAL, plain_font)))

    assert _saturation(_part(_treat(treatment, plain_font))) < original / 2
    assert _saturation(_part(_treat(Treatment.COLOUR_COPY, plain_font))) > original / 2


def test_a_faded_original_lacks_colour_but_is_not_a_copy(plain_font: FontLoader) -> None:
    faded, original = _treat(Treatment.FADED_ORIGINAL, plain_font), _treat(Treatment.ORIGINAL, plain_font)

    assert _saturation(faded[0]) < _saturation(original[0]) / 2
    assert not Treatment.FADED_ORIGINAL.is_copy
    assert faded[1] == (0, 0)


def test_treatments_alternate_and_are_recorded_in_the_truth(plain_font: FontLoader) -> None:
    made = make_specimens(
        seed=1,
        count=6,
        level=Level.SCAN,
        card_sides=[CardSide.TAIWAN_FRONT],
        fonts=plain_font,
        treatments=COPIES_AND_ORIGINALS,
    )

    assert [specimen.truth()["treatment"] for specimen in made] == list(COPIES_AND_ORIGINALS)

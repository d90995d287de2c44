from functools import cache
from random import Random

import numpy as np
import pytest
from PIL import Image

from specimens.cards import Face, Order, draw_card
from specimens.collection import make_specimens
from specimens.copies import COPIES_AND_ORIGINALS, Treatment, treated
from specimens.faces import draw_face, rounded
from specimens.fonts import FontLoader
from specimens.photograph import Level
from specimens.sheet import HEIGHT, WIDTH

_COPIES = [treatment for treatment in Treatment if treatment.is_copy]


@cache
def _card(fonts: FontLoader) -> Image.Image:
    random = Random(1)
    return rounded(draw_face(draw_card(random, Order(face=Face.TAIWAN_FRONT)), random, fonts).image)


@cache
def _treated(treatment: Treatment, fonts: FontLoader) -> tuple[Image.Image, tuple[int, int]]:
    return treated(_card(fonts), treatment, Random(2))


def _saturation(image: Image.Image) -> float:
    return float(np.asarray(image.convert("HSV"), np.float32)[..., 1].mean())


def _part(thing: tuple[Image.Image, tuple[int, int]]) -> Image.Image:
    image, (left, top) = thing
    return image.crop((left, top, left + WIDTH, top + HEIGHT))


def test_half_of_what_the_test_for_copies_is_measured_on_are_copies_of_every_sort() -> None:
    assert {treatment for treatment in COPIES_AND_ORIGINALS if treatment.is_copy} == set(_COPIES)
    assert sum(treatment.is_copy for treatment in COPIES_AND_ORIGINALS) * 2 == len(COPIES_AND_ORIGINALS)


@pytest.mark.parametrize("treatment", Treatment)
def test_the_same_chance_makes_the_same_copy(treatment: Treatment, plain_font: FontLoader) -> None:
    again, origin = treated(_card(plain_font), treatment, Random(2))

    assert origin == _treated(treatment, plain_font)[1]
    assert again.tobytes() == _treated(treatment, plain_font)[0].tobytes()


@pytest.mark.parametrize("treatment", _COPIES)
def test_a_copy_stands_on_a_sheet_of_white_paper(treatment: Treatment, plain_font: FontLoader) -> None:
    image, (left, top) = _treated(treatment, plain_font)

    assert image.width > left + WIDTH
    assert image.height > top + HEIGHT
    assert np.asarray(image.crop((0, 0, left, top)).convert("L")).min() > 225


@pytest.mark.parametrize("treatment", [Treatment.TONER_COPY, Treatment.GREY_PRINT])
def test_a_black_copy_has_no_colour_and_a_coloured_one_has(treatment: Treatment, plain_font: FontLoader) -> None:
    original = _saturation(_part(_treated(Treatment.ORIGINAL, plain_font)))

    assert _saturation(_part(_treated(treatment, plain_font))) < original / 2
    assert _saturation(_part(_treated(Treatment.COLOUR_COPY, plain_font))) > original / 2


def test_a_faded_original_lacks_colour_without_being_a_copy(plain_font: FontLoader) -> None:
    faded, original = _treated(Treatment.FADED_ORIGINAL, plain_font), _treated(Treatment.ORIGINAL, plain_font)

    assert _saturation(faded[0]) < _saturation(original[0]) / 2
    assert not Treatment.FADED_ORIGINAL.is_copy
    assert faded[1] == (0, 0)


def test_every_treatment_comes_in_turn_and_is_told_by_the_truth(plain_font: FontLoader) -> None:
    made = make_specimens(
        seed=1, count=6, level=Level.SCAN, faces=[Face.TAIWAN_FRONT], fonts=plain_font, treatments=COPIES_AND_ORIGINALS
    )

    assert [one.truth()["treatment"] for one in made] == list(COPIES_AND_ORIGINALS)

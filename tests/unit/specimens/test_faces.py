from dataclasses import asdict
from functools import cache
from random import Random

import pytest

from specimens.cards import EDITIONS, Card, Edition, Face, Order, draw_card
from specimens.collection import Hand
from specimens.faces import draw_face, rounded
from specimens.fonts import FontLoader
from specimens.other_hand import draw_face_otherwise
from specimens.sheet import HEIGHT, WIDTH, Sheet

_SEEDS = range(4)


@cache
def _drawn(
    face: Face, seed: int, fonts: FontLoader, edition: Edition | None = None, hand: Hand = draw_face
) -> tuple[Card, Sheet]:
    random = Random(seed)
    card = draw_card(random, Order(face=face, edition=edition))
    return card, hand(card, random, fonts)


def _printed(card: Card) -> set[str]:
    """Fields that a face must show."""
    said = asdict(card.answer)
    said.pop("CardType", None)
    back = said.pop("MainlandTravelPermitBackInfos", None)
    return {name for name, value in (back if card.face is Face.HK_MACAO_BACK else said).items() if value}


@pytest.mark.parametrize("hand", [draw_face, draw_face_otherwise])
@pytest.mark.parametrize("face", Face)
@pytest.mark.parametrize("seed", _SEEDS)
def test_every_field_of_the_truth_is_printed_and_no_other(
    face: Face, seed: int, hand: Hand, plain_font: FontLoader
) -> None:
    card, sheet = _drawn(face, seed, plain_font, hand=hand)

    beside = {"label", "mark", "mrz", "portrait"}
    assert set(sheet.places) - beside == _printed(card)
    assert len(sheet.places.get("mrz", [])) == len(card.mrz)


@pytest.mark.parametrize("face", Face)
def test_every_edition_can_be_drawn(face: Face, plain_font: FontLoader) -> None:
    for edition in EDITIONS[face.permit_type] if face is not Face.RESIDENCE_FRONT else (Edition.CURRENT,):
        card, sheet = _drawn(face, 1, plain_font, edition)

        assert sheet.image.size == (WIDTH, HEIGHT)
        assert card.edition is edition


@pytest.mark.parametrize("hand", [draw_face, draw_face_otherwise])
@pytest.mark.parametrize("face", Face)
@pytest.mark.parametrize("seed", _SEEDS)
def test_nothing_printed_covers_anything_else_nor_leaves_the_card(
    face: Face, seed: int, hand: Hand, plain_font: FontLoader
) -> None:
    _, sheet = _drawn(face, seed, plain_font, hand=hand)

    places = [(name, place) for name, places in sheet.places.items() for place in places]
    for number, (name, place) in enumerate(places):
        assert place.left >= 0, name
        assert place.top >= 0, name
        assert place.right <= WIDTH, name
        assert place.bottom <= HEIGHT, name
        assert [other for other, beside in places[number + 1 :] if place.meets(beside)] == [], name


@pytest.mark.parametrize("face", Face)
def test_every_face_is_marked_a_specimen(face: Face, plain_font: FontLoader) -> None:
    _, sheet = _drawn(face, 1, plain_font)

    assert len(sheet.places["mark"]) == 1


def test_only_fronts_have_a_portrait(plain_font: FontLoader) -> None:
    for face in Face:
        _, sheet = _drawn(face, 1, plain_font)

        assert ("portrait" in sheet.places) == (face.side == "front")


def test_corners_are_rounded_off(plain_font: FontLoader) -> None:
    _, sheet = _drawn(Face.TAIWAN_FRONT, 1, plain_font)

    alpha = rounded(sheet.image).getchannel("A")
    assert alpha.getpixel((0, 0)) == 0
    assert alpha.getpixel((WIDTH // 2, HEIGHT // 2)) == 255


def test_fonts_and_inks_differ_from_card_to_card(plain_font: FontLoader) -> None:
    styles = {repr(_drawn(Face.TAIWAN_FRONT, seed, plain_font)[1].style) for seed in range(6)}

    assert len(styles) == 6

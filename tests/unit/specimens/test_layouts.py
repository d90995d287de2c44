from dataclasses import asdict
from functools import cache
from random import Random

import pytest

from specimens.cards.card import EDITIONS, Card, CardSide, Edition
from specimens.cards.generate import CardSpec, generate_card
from specimens.rendering.canvas import HEIGHT, WIDTH, Canvas
from specimens.rendering.fonts import FontLoader
from specimens.rendering.layout import draw_card, round_corners

pytestmark = pytest.mark.slow  # draws cards

_SEEDS = range(6)


@cache
def _drawn(card_side: CardSide, seed: int, fonts: FontLoader, edition: Edition | None = None) -> tuple[Card, Canvas]:
    random = Random(seed)
    card = generate_card(random, CardSpec(card_side=card_side, edition=edition))
    return card, draw_card(card, random, fonts)


def _printed(card: Card) -> set[str]:
    """Return the fields that a card side must show."""
    fields = asdict(card.answer)
    fields.pop("CardType", None)
    back = fields.pop("MainlandTravelPermitBackInfos", None)
    printed = back if card.card_side is CardSide.HK_MACAO_BACK else fields
    return {name for name, value in printed.items() if value and (name != "Type" or card.title)}


@pytest.mark.parametrize("card_side", CardSide)
@pytest.mark.parametrize("seed", _SEEDS)
def test_exactly_the_fields_of_the_truth_are_printed(card_side: CardSide, seed: int, plain_font: FontLoader) -> None:
    card, canvas = _drawn(card_side, seed, plain_font)

    not_fields = {"label", "mark", "mrz", "portrait"}
    assert set(canvas.boxes) - not_fields == _printed(card)
    assert len(canvas.boxes.get("mrz", [])) == len(card.mrz)


@pytest.mark.parametrize("card_side", CardSide)
def test_every_edition_can_be_drawn(card_side: CardSide, plain_font: FontLoader) -> None:
    for edition in EDITIONS[card_side.permit_type] if card_side is not CardSide.RESIDENCE_FRONT else (Edition.CURRENT,):
        card, canvas = _drawn(card_side, 1, plain_font, edition)

        assert canvas.image.size == (WIDTH, HEIGHT)
        assert card.edition is edition


@pytest.mark.parametrize("card_side", CardSide)
@pytest.mark.parametrize("seed", _SEEDS)
def test_printed_elements_neither_overlap_nor_leave_the_card(
    card_side: CardSide, seed: int, plain_font: FontLoader
) -> None:
    _, canvas = _drawn(card_side, seed, plain_font)

    boxes = [(name, box) for name, lines in canvas.boxes.items() for box in lines]
    for number, (name, box) in enumerate(boxes):
        assert box.left >= 0, name
        assert box.top >= 0, name
        assert box.right <= WIDTH, name
        assert box.bottom <= HEIGHT, name
        assert [other for other, other_box in boxes[number + 1 :] if box.overlaps(other_box)] == [], name


@pytest.mark.parametrize("edition", [Edition.CURRENT, Edition.NON_CHINESE])
@pytest.mark.parametrize("seed", _SEEDS)
def test_a_hk_macao_front_looks_as_described(edition: Edition, seed: int, plain_font: FontLoader) -> None:
    _, canvas = _drawn(CardSide.HK_MACAO_FRONT, seed, plain_font, edition)

    labels, boxes = canvas.texts["label"], canvas.boxes
    assert "姓名" not in labels
    assert sum(text.startswith("THIS CARD IS INTENDED FOR ITS HOLDER") for text in labels) == 1
    order = ["Type", "EnglishName", "Birthday", "ValidDate", "IssueAuthority", "Number"]
    assert order == sorted(order, key=lambda name: boxes[name][0].top)
    birth = boxes["label"][labels.index("出生日期")]
    assert birth.bottom <= boxes["Birthday"][0].top
    assert birth.left == pytest.approx(boxes["Birthday"][0].left, abs=4)
    sex_is_beside_birth = boxes["Sex"][0].top < boxes["Birthday"][0].bottom
    assert sex_is_beside_birth or edition is Edition.NON_CHINESE, "only there it may be beside the nationality"
    for name in ("Sex", "IssueNumber") if sex_is_beside_birth else ("IssueNumber",):
        assert boxes[name][0].left == pytest.approx(0.65 * WIDTH, abs=24)


@pytest.mark.parametrize("seed", _SEEDS)
def test_an_exit_entry_front_looks_as_described(seed: int, plain_font: FontLoader) -> None:
    _, canvas = _drawn(CardSide.EXIT_ENTRY_FRONT, seed, plain_font)

    number, authority, place = (canvas.boxes[name][0] for name in ("Number", "IssueAuthority", "IssueAddress"))
    assert number.right == pytest.approx(WIDTH - 58, abs=3)
    assert number.top < 80
    assert not {"姓名", "证件号码"} & set(canvas.texts["label"])
    assert 0 <= place.left - authority.right < 16
    assert place.top < authority.bottom


@pytest.mark.parametrize("card_side", CardSide)
def test_every_card_side_is_marked_as_a_specimen(card_side: CardSide, plain_font: FontLoader) -> None:
    _, canvas = _drawn(card_side, 1, plain_font)

    assert len(canvas.boxes["mark"]) == 1


def test_only_fronts_have_a_portrait(plain_font: FontLoader) -> None:
    for card_side in CardSide:
        _, canvas = _drawn(card_side, 1, plain_font)

        assert ("portrait" in canvas.boxes) == (card_side.side == "front")


def test_corners_are_rounded(plain_font: FontLoader) -> None:
    _, canvas = _drawn(CardSide.TAIWAN_FRONT, 1, plain_font)

    alpha = round_corners(canvas.image).getchannel("A")
    assert alpha.getpixel((0, 0)) == 0
    assert alpha.getpixel((WIDTH // 2, HEIGHT // 2)) == 255


def test_fonts_and_inks_vary_between_cards(plain_font: FontLoader) -> None:
    styles = {repr(_drawn(CardSide.TAIWAN_FRONT, seed, plain_font)[1].style) for seed in range(6)}

    assert len(styles) == 6


def test_residence_fronts_vary_in_what_nobody_knows(plain_font: FontLoader) -> None:
    fronts = [_drawn(CardSide.RESIDENCE_FRONT, seed, plain_font)[1] for seed in range(12)]

    ratios = [front.boxes["label"][1].height / front.boxes["Sex"][0].height for front in fronts]
    assert min(ratios) < 0.7
    assert max(ratios) > 0.9
    assert len({len(front.texts["label"][0]) for front in fronts}) > 1
    assert len({front.boxes["portrait"][0].left for front in fronts}) > 6
    assert len({front.style.label_ink for front in fronts}) > 6

"""The HTML and SVG of permits and other documents, without a browser."""

import re
from collections.abc import Callable
from dataclasses import asdict
from random import Random

import pytest

from specimens.cards.card import Card, CardSide
from specimens.independent.contents import permit
from specimens.independent.html.faces import permit_page
from specimens.independent.html.negatives import NEGATIVES
from specimens.independent.html.style import draw_style
from specimens.independent.scene.other_documents import OTHER_DOCUMENTS
from specimens.independent.scene.permits import draw_permit

_BACK = "MainlandTravelPermitBackInfos"


def _html(random: Random, card: Card) -> str:
    return permit_page(random, card)


def _svg(random: Random, card: Card) -> str:
    return draw_permit(random, card).svg()


_both = pytest.mark.parametrize("draw", [_html, _svg])
type Draw = Callable[[Random, Card], str]


def _texts(page: str) -> dict[str, str]:
    """Return the text of each marked field; the lines of an address are joined."""
    texts: dict[str, str] = {}
    for name, text in re.findall(r'data-field="([\w.]+)">([^<]*)<', page):
        texts[name] = texts.get(name, "") + text
    return texts


@_both
@pytest.mark.parametrize("card_side", CardSide)
@pytest.mark.parametrize("seed", range(6))
def test_a_page_prints_exactly_the_fields_of_the_answer(card_side: CardSide, seed: int, draw: Draw) -> None:
    card = permit(Random(seed), card_side)
    answer = asdict(card.answer)
    nested = {f"{_BACK}.{name}": text for name, text in (answer.pop(_BACK, None) or {}).items() if name != "Type"}
    expected = {name for name, text in (answer | nested).items() if text and isinstance(text, str)}

    printed = {name for name, text in _texts(draw(Random(seed), card)).items() if text}
    printed -= {"portrait", "mrz-0", "mrz-1", "mrz-2"}
    assert printed == (expected if card.title else expected - {"Type"})


@_both
def test_a_page_repeats_the_answers_text(draw: Draw) -> None:
    for card_side in (CardSide.TAIWAN_FRONT, CardSide.RESIDENCE_FRONT):
        card = permit(Random(2), card_side)
        printed, answer = _texts(draw(Random(2), card)), asdict(card.answer)

        for name in {"Name", "Birthday", "ValidDate", "Number", "IssueAuthority", "Address"} & set(printed):
            assert printed[name] == answer[name]
        assert printed.get("EnglishName", "").replace(", ", ",") == answer.get("EnglishName", "")


@_both
@pytest.mark.parametrize("card_side", CardSide)
def test_every_page_is_marked_as_a_specimen(card_side: CardSide, draw: Draw) -> None:
    assert "SPECIMEN 样本" in draw(Random(1), permit(Random(1), card_side))


@_both
def test_the_same_seed_gives_the_same_page_and_another_seed_another_one(draw: Draw) -> None:
    pages = [draw(Random(seed), permit(Random(seed), CardSide.HK_MACAO_BACK)) for seed in (4, 4, 5)]

    assert pages[0] == pages[1] != pages[2]


@pytest.mark.parametrize("name", OTHER_DOCUMENTS)
def test_another_document_of_the_scene_has_text_but_no_field(name: str) -> None:
    document = OTHER_DOCUMENTS[name](Random(f"negative/{name}"))

    svg = document.canvas.svg()
    assert not re.search(r'data-field="(?!portrait|mrz-)', svg)
    assert len(re.sub(r"<[^>]*>", "", svg)) > 20
    assert document.width >= 85.6


@pytest.mark.parametrize("name", NEGATIVES)
def test_a_negative_has_text_but_no_field(name: str) -> None:
    random = Random(f"negative/{name}")
    body, height = NEGATIVES[name](random, draw_style(random))

    assert not re.search(r'data-field="(?!portrait|mrz-)', body)
    assert len(re.sub(r"<[^>]*>", "", body)) > 20
    assert height > 500

"""The HTML of permits and other documents, without a browser."""

import re
from dataclasses import asdict
from random import Random

import pytest

from specimens.cards.card import CardSide
from specimens.independent.contents import permit
from specimens.independent.html.faces import permit_page
from specimens.independent.html.negatives import NEGATIVES
from specimens.independent.html.style import draw_style

_BACK = "MainlandTravelPermitBackInfos"


def _texts(page: str) -> dict[str, str]:
    """Return the text of each marked field."""
    return dict(re.findall(r'data-field="([\w.]+)">([^<]*)<', page))


@pytest.mark.parametrize("card_side", CardSide)
@pytest.mark.parametrize("seed", range(6))
def test_a_page_prints_exactly_the_fields_of_the_answer(card_side: CardSide, seed: int) -> None:
    card = permit(Random(seed), card_side)
    answer = asdict(card.answer)
    nested = {f"{_BACK}.{name}": text for name, text in (answer.pop(_BACK, None) or {}).items() if name != "Type"}
    expected = {name for name, text in (answer | nested).items() if text and isinstance(text, str)}

    printed = _texts(permit_page(Random(seed), card))
    assert {name for name, text in printed.items() if text} - {"portrait"} == (
        expected if card.title else expected - {"Type"}
    )


def test_a_page_repeats_the_answers_text() -> None:
    card = permit(Random(2), CardSide.TAIWAN_FRONT)
    printed, answer = _texts(permit_page(Random(2), card)), asdict(card.answer)

    for name in ("Name", "Birthday", "ValidDate", "Number", "IssueAuthority", "IssueAddress", "Type"):
        assert printed[name] == answer[name]
    assert printed["EnglishName"].replace(", ", ",") == answer["EnglishName"]


@pytest.mark.parametrize("card_side", CardSide)
def test_every_page_is_marked_as_a_specimen(card_side: CardSide) -> None:
    assert "SPECIMEN 样本" in permit_page(Random(1), permit(Random(1), card_side))


def test_the_same_seed_gives_the_same_page_and_another_seed_another_one() -> None:
    pages = [permit_page(Random(seed), permit(Random(seed), CardSide.HK_MACAO_BACK)) for seed in (4, 4, 5)]

    assert pages[0] == pages[1] != pages[2]


@pytest.mark.parametrize("name", NEGATIVES)
def test_a_negative_has_text_but_no_field(name: str) -> None:
    random = Random(f"negative/{name}")
    body, height = NEGATIVES[name](random, draw_style(random))

    assert not re.search(r'data-field="(?!portrait|mrz-)', body)
    assert len(re.sub(r"<[^>]*>", "", body)) > 20
    assert height > 500

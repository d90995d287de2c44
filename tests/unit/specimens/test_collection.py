import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from permit_ocr.domain.card.answers import MainlandPermitAnswer, ResidencePermitAnswer
from specimens.cards.card import CardSide, Edition
from specimens.collection import COMMITTED, committed_cards, make_committed, make_specimens, write
from specimens.photography.photo import Level
from specimens.rendering.fonts import FontLoader

pytestmark = pytest.mark.slow  # draws cards

_KEYS = {
    "file",
    "document",
    "card_side",
    "kind",
    "side",
    "permit_type",
    "edition",
    "level",
    "treatment",
    "answer",
    "illegible",
    "positions",
    "title",
    "mrz",
    "card_corners",
    "portrait_corners",
}


def test_the_same_seed_writes_identical_files(tmp_path: Path, plain_font: FontLoader) -> None:
    for folder in ("once", "again"):
        made = make_specimens(seed=3, count=2, level=Level.SCAN, card_sides=list(CardSide), fonts=plain_font)
        assert write(made, tmp_path / folder) == 2

    files = sorted(path.name for path in (tmp_path / "once").iterdir())
    assert len(files) == 3
    assert all((tmp_path / "once" / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in files)


def test_every_truth_has_all_keys_and_all_answer_fields(tmp_path: Path, plain_font: FontLoader) -> None:
    write(make_specimens(seed=5, count=6, level=Level.SCAN, card_sides=list(CardSide), fonts=plain_font), tmp_path)
    truths = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["specimens"]

    assert [truth["file"] for truth in truths] == [f"{card_side}-1.jpg" for card_side in CardSide]
    for truth in truths:
        assert set(truth) == _KEYS
        answer = ResidencePermitAnswer if truth["kind"] == "residence-permit" else MainlandPermitAnswer
        assert set(truth["answer"]) == set(asdict(answer()))
        assert truth["card_side"] == truth["side"].upper()
        assert truth["document"] == truth["kind"]
        assert (truth["portrait_corners"] is not None) == (truth["side"] == "front")


def test_every_printed_field_has_a_position_on_the_card(plain_font: FontLoader) -> None:
    for specimen in make_specimens(seed=5, count=6, level=Level.SCAN, card_sides=list(CardSide), fonts=plain_font):
        nested = "MainlandTravelPermitBackInfos."
        answer = asdict(specimen.card.answer)
        positions = specimen.positions
        if specimen.card.card_side is CardSide.HK_MACAO_BACK:
            assert {f"{nested}Name", f"{nested}IDNumber"} <= set(positions)
        else:
            texts = {name for name, value in answer.items() if isinstance(value, str) and value}
            assert texts == {name for name in positions if not name.startswith(nested)}
        (left, top), _, (right, bottom), _ = specimen.card_corners
        for corners in positions.values():
            assert all(left - 12 < x < right + 12 and top - 12 < y < bottom + 12 for x, y in corners)


def test_a_specimen_does_not_depend_on_the_others(plain_font: FontLoader) -> None:
    among_all = list(make_specimens(seed=1, count=6, level=Level.SCAN, card_sides=list(CardSide), fonts=plain_font))
    alone = list(
        make_specimens(seed=1, count=1, level=Level.SCAN, card_sides=[CardSide.TAIWAN_FRONT], fonts=plain_font)
    )

    assert alone[0] in among_all


def test_the_same_card_is_photographed_at_every_level(plain_font: FontLoader) -> None:
    cards = [
        next(make_specimens(seed=1, count=1, level=level, card_sides=[CardSide.HK_MACAO_BACK], fonts=plain_font)).card
        for level in Level
    ]

    assert cards[0] == cards[1] == cards[2]


def test_committed_cards_match_the_committed_truth(committed: list[dict[str, Any]]) -> None:
    cards = list(committed_cards())

    assert [truth["answer"] for truth in committed] == [json.loads(json.dumps(asdict(card.answer))) for card in cards]
    assert [truth["permit_type"] + "-" + truth["side"] for truth in committed] == [card.card_side for card in cards]
    assert [truth["mrz"] for truth in committed] == [list(card.mrz) for card in cards]


def test_committed_cards_keep_their_names_and_levels(tmp_path: Path, plain_font: FontLoader) -> None:
    truth = json.loads(COMMITTED.read_text(encoding="utf-8"))
    (tmp_path / "truth.json").write_text(json.dumps({"specimens": truth["specimens"][:2]}), encoding="utf-8")

    made = list(make_committed(plain_font, tmp_path / "truth.json"))
    assert [specimen.file for specimen in made] == [entry["file"] for entry in truth["specimens"][:2]]
    assert [specimen.level for specimen in made] == [entry["level"] for entry in truth["specimens"][:2]]


def test_every_committed_photo_exists_and_is_small(committed: list[dict[str, Any]], committed_folder: Path) -> None:
    named = {truth["file"] for truth in committed}

    assert not any(truth["illegible"] for truth in committed)
    assert named == {path.name for path in committed_folder.glob("*.jpg")}
    assert max((committed_folder / name).stat().st_size for name in named) <= 128 * 1024


@pytest.mark.parametrize("card_side", CardSide)
def test_every_card_side_is_committed_at_least_twice(card_side: CardSide, committed: list[dict[str, Any]]) -> None:
    assert sum(truth["file"].startswith(card_side) for truth in committed) >= 2


def test_every_edition_and_both_easy_levels_are_committed(committed: list[dict[str, Any]]) -> None:
    assert {truth["edition"] for truth in committed} >= {Edition.CURRENT, Edition.OF_1999, Edition.NON_CHINESE}
    assert {truth["level"] for truth in committed} == {Level.SCAN, Level.HAND_HELD}


def test_committed_file_names_contain_no_personal_data(committed: list[dict[str, Any]]) -> None:
    for truth in committed:
        kind, _, number = truth["file"].removesuffix(".jpg").rpartition("-")
        assert kind in set(CardSide)
        assert number.isdecimal()


def test_an_auto_document_has_no_card_side(committed: list[dict[str, Any]]) -> None:
    unknown = [truth for truth in committed if truth["document"] == "auto"]

    assert unknown
    assert {truth["card_side"] for truth in unknown} == {""}

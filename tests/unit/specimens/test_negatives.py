import json
import re
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from specimens.__main__ import main
from specimens.cards.mrz import check_digit
from specimens.collection import make_negatives
from specimens.negatives.document import Document
from specimens.negatives.icao_lines import TravelDocument
from specimens.negatives.kinds import NegativeKind, draw_negative
from specimens.negatives.quotation import quote_permit
from specimens.photography.photo import Level
from specimens.rendering.canvas import WIDTH
from specimens.rendering.fonts import FontLoader

pytestmark = pytest.mark.slow  # draws documents

_LINE_COUNTS = {
    NegativeKind.TAIWAN_EXIT_PERMIT: ("CD", 1),
    NegativeKind.TAIWAN_PERMIT_BACK: ("CT", 3),
    NegativeKind.PASSPORT_CHINA: ("PO", 2),
    NegativeKind.PASSPORT_HONG_KONG: ("P<", 2),
    NegativeKind.PASSPORT_FOREIGN: ("P", 2),
    NegativeKind.FOREIGN_ID_TD1: ("", 3),
    NegativeKind.FOREIGN_ID_TD2: ("", 2),
    NegativeKind.MANUAL_PAGE: ("C", 3),
}
_UNMARKED = ("form", "screen", "bank", "manual", "ticket", "name-list")
"""Documents that nobody takes for an identity document."""
_DRAWN_AT_RANDOM = [
    kind
    for kind in NegativeKind
    if kind.startswith(("manual", "ticket", "foreign-id-td1", "foreign-id-front", "badge", "membership", "name-list"))
]


@cache
def _drawn(kind: NegativeKind, seed: int, fonts: FontLoader) -> Document:
    return draw_negative(kind, Random(seed), fonts)


@pytest.mark.parametrize("kind", NegativeKind)
@pytest.mark.parametrize("seed", range(3))
def test_every_text_is_on_the_document(kind: NegativeKind, seed: int, plain_font: FontLoader) -> None:
    canvas = _drawn(kind, seed, plain_font).canvas

    assert canvas.image.width == WIDTH
    for box in (box for boxes in canvas.boxes.values() for box in boxes):
        assert box.left >= 0
        assert box.top >= 0
        assert box.right <= WIDTH
        assert box.bottom <= canvas.image.height


@pytest.mark.parametrize("kind", NegativeKind)
def test_only_travel_documents_and_foreign_cards_have_lines(kind: NegativeKind, plain_font: FontLoader) -> None:
    lines = _drawn(kind, 1, plain_font).mrz

    code, count = _LINE_COUNTS.get(kind, ("", 0))
    assert len(lines) == count
    assert "".join(lines).startswith(code)


@pytest.mark.parametrize("kind", [kind for kind in NegativeKind if kind.startswith(("form", "screen"))])
def test_a_form_quotes_the_title_of_a_permit(kind: NegativeKind, plain_font: FontLoader) -> None:
    canvas = _drawn(kind, 1, plain_font).canvas

    texts = "".join(text for texts in canvas.texts.values() for text in texts)
    assert any(title in texts for title in ("居住证", "通行证"))


@pytest.mark.parametrize("kind", [kind for kind in NegativeKind if not kind.startswith(_UNMARKED)])
def test_identity_documents_are_marked_as_specimens(kind: NegativeKind, plain_font: FontLoader) -> None:
    assert len(_drawn(kind, 1, plain_font).canvas.boxes["mark"]) == 1


def test_there_are_at_least_ten_layouts_of_forms() -> None:
    assert sum(kind.startswith(("form", "screen")) for kind in NegativeKind) >= 10


@pytest.mark.parametrize("kind", _DRAWN_AT_RANDOM)
def test_no_two_documents_of_a_random_kind_have_one_layout(kind: NegativeKind, plain_font: FontLoader) -> None:
    layouts = {str(sorted(_drawn(kind, seed, plain_font).canvas.boxes.items())) for seed in range(6)}

    assert len(layouts) == 6


@pytest.mark.parametrize("seed", range(4))
def test_a_manual_prints_text_beside_lines_with_valid_check_digits(seed: int, plain_font: FontLoader) -> None:
    document = _drawn(NegativeKind.MANUAL_PAGE, seed, plain_font)
    first, second, _ = document.mrz
    texts = document.canvas.texts

    assert texts["mrz"] == list(document.mrz)
    assert len(texts["label"]) >= 2
    if first.startswith("C<CHN"):
        assert check_digit(first[:-1]) == first[-1]
    else:
        assert second[-1] == check_digit(first[2:22] + first[23:] + second[19:-1])


@pytest.mark.parametrize("kind", [NegativeKind.TICKET, NegativeKind.TICKET_TRAIN])
def test_a_ticket_has_a_number_like_a_permit(kind: NegativeKind, plain_font: FontLoader) -> None:
    for seed in range(6):
        texts = " ".join(text for texts in _drawn(kind, seed, plain_font).canvas.texts.values() for text in texts)

        assert re.search(r"(?<![\dA-Z])(?:[HMC][A-Z]?[\d*]{7,10}|[\d*]{8,10})(?![\dA-Z])", texts), seed


def test_cards_of_many_states_have_their_lines(plain_font: FontLoader) -> None:
    lines = [_drawn(NegativeKind.FOREIGN_ID_TD1, seed, plain_font).mrz for seed in range(12)]

    assert len({first[2:5] for first, _, _ in lines}) >= 4
    assert all(len(line) == 30 for card in lines for line in card)


def test_a_quotation_has_labels_and_values() -> None:
    for seed in range(40):
        quoted = quote_permit(Random(seed))

        assert quoted.title.endswith(("证", "）"))
        assert quoted.rows[0] == ("证件类型", quoted.title)
        assert len(quoted.fields) >= 2
        assert all(value for _, value in quoted.fields)


def test_passport_lines_agree_with_the_published_example() -> None:
    document = TravelDocument(
        code="P",
        country="UTO",
        nationality="UTO",
        name="ERIKSSON,ANNA MARIA",
        number="L898902C3",
        sex="F",
        birth=date(1974, 8, 12),
        expiry=date(2012, 4, 15),
    )
    first, second = document.passport_lines()

    assert first == "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
    assert second[:28] == "L898902C36UTO7408122F1204159"
    assert second[43] == check_digit(second[:10] + second[13:20] + second[21:43])
    assert [len(line) for line in document.two_lines()] == [36, 36]
    assert document.two_lines()[1][:28] == second[:28]
    assert document.three_lines()[1][:18] == "7408122F1204159UTO"


@pytest.mark.parametrize("level", Level)
def test_documents_of_every_shape_are_photographed_whole(level: Level, plain_font: FontLoader) -> None:
    kinds = [NegativeKind.TAIWAN_ID, NegativeKind.PASSPORT_FOREIGN, NegativeKind.SCREEN_CHAT]
    for negative in make_negatives(seed=1, count=3, level=level, kinds=kinds, fonts=plain_font):
        image = Image.open(BytesIO(negative.jpeg))

        assert negative.truth()["negative"] == negative.kind
        assert negative.truth()["answer"] is None
        inside = [0 <= x <= image.width and 0 <= y <= image.height for x, y in negative.corners]
        assert all(inside) or level is Level.HARD


def test_the_command_writes_negatives(tmp_path: Path, plain_font: FontLoader) -> None:
    arguments = ["--out", str(tmp_path), "--negatives", "--count", "2", "--kind", "taiwan-id", "--kind", "form-list"]

    assert main(arguments, fonts=plain_font, files={}) == 0
    truths = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["specimens"]
    assert [truth["file"] for truth in truths] == ["taiwan-id-1.jpg", "form-list-1.jpg"]


def test_a_card_side_is_not_a_kind_of_negative(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path), "--negatives", "--kind", "taiwan-permit-front"], files={})

    assert "taiwan-id" in capsys.readouterr().err

"""The order in which the segments of an image are read, with models that return prepared text."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from recognizer.reading.card_search.close_up import close_up
from recognizer.reading.layout.labels import find_anchors
from recognizer.reading.ocr import engine
from recognizer.reading.ocr.card_text import CardText, Deskew
from recognizer.reading.ocr.engine import Glyph, Quad
from recognizer.reading.ocr.image_scan import ImageScan, _tilt
from recognizer.reading.ocr.text_lines import BoundingBox
from tests.unit.recognizer.reading.cards import line, text_of

PAGE = [f"第{number}条一二三四五六七八九十" for number in range(12)]
CARD = ["姓名李港安", "性别男", "出生1990年1月1日", "住址北京市朝阳区", "公民身份号码"]
TURNED = "倒"
"""The text of a line of the turned image."""


class Photo:
    """A page with more and longer lines than the card to its right; ``lines_read`` counts calls of the model."""

    def __init__(self, page: list[str], card: list[str]) -> None:
        self.image = np.full((600, 1200, 3), 200, np.uint8)
        self._texts = {(20, 20 + 30 * row): text for row, text in enumerate(page)}
        self._texts |= {(900, 20 + 30 * row): text for row, text in enumerate(card)}
        self.lines_read = 0

    def quads(self) -> list[Quad]:
        widths = {20: 400, 900: 200}
        return [
            np.array([[x, y], [x + widths[x], y], [x + widths[x], y + 20], [x, y + 20]], np.float32)
            for x, y in self._texts
        ]

    def read(self, quads: Iterable[Quad]) -> list[list[Glyph]]:
        texts = [self._texts.get((int(quad[0][0]), int(quad[0][1])), TURNED) for quad in quads]
        self.lines_read += len(texts)
        return [[Glyph(letter, (at + 0.5) / len(text), 0.99) for at, letter in enumerate(text)] for text in texts]


def scan(photo: Photo, monkeypatch: pytest.MonkeyPatch) -> ImageScan:
    monkeypatch.setattr(engine, "find_text", lambda _image, **_: photo.quads())
    monkeypatch.setattr(engine, "is_upside_down", lambda _strips: False)
    monkeypatch.setattr(engine, "crop", lambda _image, quad: quad)
    monkeypatch.setattr(engine, "read_strips", photo.read)
    return ImageScan(photo.image)


def test_a_page_without_labels_is_only_sampled_before_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = Photo(PAGE, CARD)
    first = next(scan(photo, monkeypatch).segments(find_anchors))
    assert [line.text for line in first.lines] == CARD
    assert photo.lines_read < len(CARD) + len(PAGE) / 2 + 1


def test_a_segment_without_labels_is_still_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = Photo(PAGE, CARD)
    texts = [[line.text for line in text.lines] for text in scan(photo, monkeypatch).segments(find_anchors)]
    assert texts == [CARD, PAGE]
    assert photo.lines_read == len(CARD) + len(PAGE)


def test_the_larger_of_two_cards_is_first(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = Photo(CARD, CARD)
    first = next(scan(photo, monkeypatch).segments(find_anchors))
    assert {line.left for line in first.lines} == {20.0}
    assert photo.lines_read == len(CARD)


def test_text_within_an_outline_completes_a_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    image_scan = scan(Photo(["左"] * 3, CARD), monkeypatch)
    card = next(image_scan.segments(find_anchors))
    everything = np.array([[0, 0], [1200, 0], [1200, 600], [0, 600]], np.float32)
    around_the_card = np.array([[800, 0], [1200, 0], [1200, 600], [800, 600]], np.float32)
    completed = image_scan.completed_within(card, everything)
    assert completed is not None
    assert len(completed.lines) == len(CARD) + 3
    assert image_scan.completed_within(card, around_the_card) is None


def test_text_printed_across_a_card_does_not_complete_it(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = Photo(["仅供办理业务使用"], CARD)
    image_scan = scan(photo, monkeypatch)
    card = next(image_scan.segments(find_anchors))
    across = np.array([[20, 20], [340, 260], [328, 276], [8, 36]], np.float32)
    image_scan._quads = [across if quad[0][0] == 20 else quad for quad in image_scan._quads]
    everything = np.array([[0, 0], [1200, 0], [1200, 600], [0, 600]], np.float32)
    assert image_scan.completed_within(card, everything) is None


def test_text_that_tilts_a_card_does_not_complete_it(monkeypatch: pytest.MonkeyPatch) -> None:
    image_scan = scan(Photo(PAGE, CARD), monkeypatch)
    card = next(image_scan.segments(find_anchors))
    everything = np.array([[0, 0], [1200, 0], [1200, 600], [0, 600]], np.float32)
    assert image_scan.completed_within(card, everything) is not None
    image_scan._quads = [
        quad + np.array([[0, 0], [0, 40], [0, 40], [0, 0]], np.float32) if quad[0][0] == 20 else quad
        for quad in image_scan._quads
    ]
    assert image_scan.completed_within(card, everything) is None
    of_short_lines = replace(card, deskew=Deskew())
    assert image_scan.completed_within(of_short_lines, everything) is not None, "their tilt is not known"


def test_lines_parallel_to_a_cards_values_are_deskewed_by_those(monkeypatch: pytest.MonkeyPatch) -> None:
    image_scan = scan(Photo(PAGE, CARD), monkeypatch)
    tilted = [
        quad + np.array([[0, 0], [0, 36], [0, 36], [0, 0]], np.float32) if quad[0][0] == 900 else quad
        for quad in image_scan._quads
    ]
    image_scan._quads = tilted
    both = image_scan._read_segment(list(range(len(tilted))), 0)
    tilt = max(line.tilt for line in both.lines)
    card = image_scan.parallel_to(both, tilt)
    assert [line.text for line in card.lines] == CARD
    assert max(abs(line.tilt) for line in card.lines) < 0.01 < tilt


@pytest.mark.parametrize(("width", "rise", "tilt"), [(40, 40, 0.785), (40, 8, 0.0), (22, 22, 0.0), (200, 8, 0.04)])
def test_a_short_lines_tilt_is_known_if_it_is_large(width: int, rise: int, tilt: float) -> None:
    along = np.array([width, rise]) / np.hypot(width, rise)
    down = np.array([-along[1], along[0]]) * 21
    start, end = np.array([100.0, 100.0]), np.array([100.0 + width, 100.0 + rise])
    quad = np.array([start, end, end + down, start + down], np.float32)
    assert _tilt(quad) == pytest.approx(tilt, abs=0.01)


def test_fillers_upside_down_are_read_again_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["99>511L50SJ07NA>>>>>>>>", "CH076>>>>>", ">>>>>>>>>>>>>>>>INRks"]
    texts = list(scan(Photo([], lines), monkeypatch).segments(find_anchors))
    assert [text.quarter_turns for text in texts] == [0, 2]


def close_up_of(outline: Quad | None) -> tuple[int, int]:
    """Return the height and width of a crop around one line of text."""
    image = np.zeros((600, 1200, 3), np.uint8)
    text = CardText(image, (line("姓名 陈大文", 500, 300, 20),), Deskew(), 0, np.eye(3), (0,))
    crop, _ = close_up(text, text.lines, outline)
    return crop.shape[:2]


def test_a_closer_crop_is_the_whole_card_if_its_outline_is_known() -> None:
    outline = np.array([[200, 100], [1000, 100], [1000, 600], [200, 600]], np.float32)
    assert close_up_of(outline) == (540, 864)
    assert close_up_of(outline + np.float32(600)) == close_up_of(None), "the text is not within it"


@pytest.mark.parametrize(("alphabet", "read"), [("男女", "男"), (None, ""), ("0123456789", "")])
def test_one_of_two_characters_is_reread_with_less_confidence(
    monkeypatch: pytest.MonkeyPatch, alphabet: str | None, read: str
) -> None:
    monkeypatch.setattr(engine, "read_strip", lambda _strip, _alphabet: [Glyph("男", 0.5, 0.6)])
    assert text_of("1990.01.01").reread(BoundingBox(10, 10, 50, 40), alphabet) == read

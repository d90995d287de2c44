"""The order in which the segments of an image are read, with models that return prepared text."""

from collections.abc import Iterable

import numpy as np
import pytest

from recognizer.reading.layout.labels import find_anchors
from recognizer.reading.ocr import engine
from recognizer.reading.ocr.card_text import ImageScan
from recognizer.reading.ocr.engine import Glyph, Quad

PAGE = [f"第{number}条一二三四五六七八九十" for number in range(12)]
CARD = ["姓名李港安", "性别男", "出生1990年1月1日", "住址北京市朝阳区", "公民身份号码"]


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
        texts = [self._texts[int(quad[0][0]), int(quad[0][1])] for quad in quads]
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

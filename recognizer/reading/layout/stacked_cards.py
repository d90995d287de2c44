"""Several cards on one sheet: a page on which cards were copied one below the other shows no edge between them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from recognizer.reading.layout.labels import Label, find_anchors
from recognizer.reading.ocr.text_lines import TextLine

_ABOVE_TITLE: Final = 3.0
"""A card begins at most so many heights of its title above it: some print the state's name there."""
_APART: Final = 6.0
"""Titles of two cards are at least so many of their heights apart."""


def split_stacked_cards(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """Return the lines of each card, cut above each title; what stands above the first one is a card of its own."""
    titles: list[TextLine] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if not any(anchor.label is Label.TITLE for anchor in find_anchors(line)):
            continue
        if not titles or line.middle - titles[-1].middle > _APART * line.height:
            titles.append(line)
    tops = [title.middle - _ABOVE_TITLE * title.height for title in titles]
    edges = [float("-inf"), *tops, float("inf")]
    cards = [[line for line in lines if top <= line.middle < bottom] for top, bottom in pairwise(edges)]
    return [card for card in cards if card]

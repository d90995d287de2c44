"""Splits cards that were copied one below the other: on such a page there is no visible edge between them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from recognizer.reading.layout.labels import Label, find_anchors
from recognizer.reading.ocr.text_lines import TextLine

_TITLE_MARGIN: Final = 3.0
"""A card begins at most this many title heights above its title: some print the state's name there."""
_MIN_DISTANCE: Final = 6.0
"""Titles of different cards are at least this many of their heights apart."""


def split_stacked_cards(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """Split the lines above each title, and return those of each card. Text above the first title is another card."""
    titles: list[TextLine] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if not any(anchor.label is Label.TITLE for anchor in find_anchors(line)):
            continue
        if not titles or line.middle - titles[-1].middle > _MIN_DISTANCE * line.height:
            titles.append(line)
    tops = [title.middle - _TITLE_MARGIN * title.height for title in titles]
    edges = [float("-inf"), *tops, float("inf")]
    cards = [[line for line in lines if top <= line.middle < bottom] for top, bottom in pairwise(edges)]
    return [card for card in cards if card]

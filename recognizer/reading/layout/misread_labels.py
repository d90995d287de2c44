"""Finds labels of which up to half of the characters are misread, on a card whose other labels are known.

Labels are printed at half the size of values, so more of their characters are misread. On any document, so much
tolerance would find labels everywhere. On a known card side, only a few labels are missing, and they fill a text of
their own or begin it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Final

from permit_ocr.domain.card.chinese_script import simplified
from recognizer.reading.layout.labels import SPACED_LABELS, WORDS, Anchor, Label
from recognizer.reading.ocr.text_lines import BOX_GAP, TextLine

_LONG: Final = 4
"""Characters of a label from which on half of them identify it."""
_VALUES_LIKE_LABELS: Final = ("证件样本",)
"""The name on official specimens has half of 证件号码."""
_BEFORE_CHINESE: Final = frozenset({Label.AUTHORITY, Label.ISSUE_PLACE})
_MIN_COLUMN: Final = 2
"""Labels that begin in one column, at least, to show where the missing ones do."""
_COLUMN_TOLERANCE: Final = 1.0
_GAP: Final = 1.1
"""Distance of characters in text heights; adjacent ones are at 0.8."""

type Row = tuple[TextLine, Sequence[Anchor]]
"""A line and the labels found in it."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Adjacent Chinese characters. ``start`` and ``end`` delimit them in the line; ``text`` is simplified."""

    line: TextLine
    text: str
    start: int
    end: int


def misread_labels(rows: Sequence[Row], missing: Iterable[Label]) -> dict[int, list[Anchor]]:
    """Return the labels among ``missing`` that were misread, by the index of their row. Each is found at most once.

    A text that is as similar to another missing label is neither.
    """
    found: dict[int, list[Anchor]] = {}
    wanted = set(missing)
    column = _column_of_labels(rows)
    for index, row in enumerate(rows):
        for run in _runs(row):
            anchor = _long_label(run, wanted) or _short_label(run, row, wanted, column)
            if anchor:
                wanted.discard(anchor.label)
                found.setdefault(index, []).append(anchor)
    return found


def _runs(row: Row) -> list[_Run]:
    """Return the runs of Chinese characters outside the labels that were found."""
    line, anchors = row
    taken = {index for anchor in anchors for index in range(anchor.start, anchor.end)}
    text = simplified(line.text)
    indexes = [
        index
        for index, character in enumerate(text)
        if index not in taken and (_is_chinese(character) or (character.isspace() and character != BOX_GAP))
    ]
    runs = []
    for _, group in groupby(enumerate(indexes), key=lambda pair: pair[1] - pair[0]):
        visible = [index for _, index in group if not text[index].isspace()]
        if visible:
            runs.append(_Run(line, "".join(text[index] for index in visible), visible[0], visible[-1] + 1))
    return runs


def _is_chinese(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _long_label(run: _Run, wanted: set[Label]) -> Anchor | None:
    """Return the only label of which at least half of the characters are at the beginning of the run.

    Only labels that Chinese values may follow without a gap need not be all of it: notes begin like other labels.
    """
    if run.text.startswith(_VALUES_LIKE_LABELS):
        return None
    best: dict[Label, tuple[float, str]] = {}
    for label in wanted:
        for word in WORDS[label]:
            right = sum(one == other for one, other in zip(run.text, word, strict=False))
            fits = len(run.text) == len(word) or (len(run.text) > len(word) and label in _BEFORE_CHINESE)
            if fits and len(word) >= _LONG and 2 * right >= len(word):
                best[label] = max(best.get(label, (0.0, "")), (right / len(word), word))
    likeliest = max(best.values(), default=(0.0, ""))
    labels = [label for label, (share, _) in best.items() if share == likeliest[0]]
    return _anchor(run, labels[0], likeliest[1]) if len(labels) == 1 else None


def _short_label(run: _Run, row: Row, wanted: set[Label], column: float | None) -> Anchor | None:
    """Return a label of two characters, one of them right, that begins its row in the column of other labels."""
    line = row[0]
    if column is None or run.start > 0 or abs(line.left - column) > _COLUMN_TOLERANCE * line.height:
        return None
    fits = [
        (label, word)
        for label in SPACED_LABELS
        for word in WORDS[label]
        if label in wanted and len(word) == 2 and _has_one_of(word, run.text)  # noqa: PLR2004
    ]
    if len(fits) != 1:
        return None
    label, word = fits[0]
    anchor = _anchor(run, label, word[1] if run.text[0] == word[1] else word)
    return anchor if _is_before_gap(line, anchor.end) else None


def _has_one_of(word: str, text: str) -> bool:
    """Tell whether a text begins with a label of two characters of which one was misread or missed."""
    return text[0] in word or text[1:2] == word[1]


def _is_before_gap(line: TextLine, end: int) -> bool:
    """Tell whether a value follows at a distance: a name is not a label because of its first two characters."""
    following = next((one for one in line.characters[end:] if one.text.strip()), None)
    return following is not None and following.x - line.characters[end - 1].x > _GAP * line.height


def _column_of_labels(rows: Sequence[Row]) -> float | None:
    """Return where the rows with labels begin; None if too few are known."""
    lefts = [
        anchor.line.left
        for _, anchors in rows
        for anchor in anchors
        if anchor.label not in {Label.TITLE, Label.NOISE} and anchor.start == 0
    ]
    return median(lefts) if len(lefts) >= _MIN_COLUMN else None


def _anchor(run: _Run, label: Label, word: str) -> Anchor:
    """Return the label at the beginning of the run."""
    visible = [index for index in range(run.start, run.end) if run.line.characters[index].text.strip()]
    end = visible[min(len(word), len(visible)) - 1] + 1
    return Anchor(label, word, run.start, end, run.line.part(run.start, end))

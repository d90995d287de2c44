"""How sure it is that an image shows the card itself, from all evidence together.

The points were chosen on drawn cards and drawn forms of the tuning seeds. Below ``REFUSED``, the words of a card are
not on a card; a pipeline should have results below 0.9 reviewed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

import cv2
import numpy as np

from permit_ocr.domain.card.resident_number import parse_resident_number
from permit_ocr.domain.permits import PermitType
from recognizer.reading.card_evidence.card_of_lines import card_of_lines, texts_above
from recognizer.reading.card_evidence.flat_area import deskewed_corners, surrounding
from recognizer.reading.card_evidence.hidden_lines import are_lines_hidden
from recognizer.reading.card_evidence.paper import Paper, examine_paper, is_text_light, lines_on_same_paper
from recognizer.reading.card_evidence.person import examine_portrait_place, has_no_label_beside
from recognizer.reading.card_evidence.picture import CERTAIN, picture_beside
from recognizer.reading.classification.card_area import IsOnCard, card_pieces
from recognizer.reading.classification.card_sides import LABELS_BY_SIDE, CardSide
from recognizer.reading.classification.form_signs import form_signs
from recognizer.reading.classification.side_layout import FILLERS, departures
from recognizer.reading.fields.check_digits import is_valid_hong_kong_number
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.mrz.document_codes import DocumentCode, document_code
from recognizer.reading.fields.mrz.exit_entry_line import exit_entry_line
from recognizer.reading.fields.mrz.facts import MrzFacts
from recognizer.reading.fields.mrz.machine_lines import (
    has_checked_number,
    machine_lines,
    machine_rows,
    parts_of_lines,
    plain_line,
    repeats_identity_number,
)
from recognizer.reading.fields.ocr_field import EMPTY_FIELD, Fields
from recognizer.reading.fields.value_parsers import identity_card_number, simplified
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.layout.labels import STATE_NAME, TITLES, Label
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Quad
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine

REFUSED: Final = 0.5
_HIGHEST: Final = 0.99
_MOST_SEEN: Final = 1.0
"""More evidence of a card does not weigh against the words of a form."""
_FORM_SIGN: Final = -0.25
_DEPARTURE: Final = -0.3
_LIGHT_TEXT: Final = -0.45
_PROVEN_WORDS: Final = -0.15
"""The least points for words beside proven machine-readable lines: nobody knows the notes of a real back. Without an
outline, the card is for review."""
_NOTES: Final = -0.9
"""Points for as many unknown texts as count: notes are no form. What is worse counts even so. The words had -0.85 on
own backs of level 2 that lie on other papers, down to -4.5 on own pages of manuals."""
_ACROSS_EDGES: Final = -0.3
"""Points for each text that crosses an edge of the card; none did on 40 own backs of level 2."""
_MOST_ACROSS: Final = 3
_ABOVE_TITLE: Final = -0.2
_MOST_ABOVE: Final = 2
"""Points for each text between a back's title and its upper edge; a page has its sentences there."""
_TEXT_BELOW: Final = -0.3
"""Points for text below a back's lines, on paper of the same colour: a page has a caption there."""
_EXPLAINED: Final = -0.3
"""Points if the lines are explained: by words, by numbers beside them or before sentences."""
_EXPLANATION: Final = re.compile(
    r"机读|填充符|图[解例]|示[例意]|MACHINE.?READABLE|CHECK.?DIGIT|^(?:图|Fig(?:ure|\.)) ?\d", re.IGNORECASE
)
"""Words of an explanation of machine-readable lines. Invoices have a 校验码."""
_LARGER_OUTLINE: Final = -0.2
"""Points for an outline that is larger than the card whose lines these are."""
_ONLY_LINES: Final = -0.3
_OTHER_TEXT: Final = -0.4
_SOME_TEXT: Final = 2
"""Points if no label, title, name or number of a back is read beside its lines, and for so many other texts above."""
_PRINT_OF_BACK: Final = re.compile(
    r"(?<![A-Z\d])[HM]\d{8}(?:\d\d)?(?!\d)|内地通行|港澳居|^港澳$|^地?通行证$|[港澳]\D{0,9}身份证|Mainland ?Travel"
)
"""An earlier permit's number, a part of the title, the identity card's name."""
_END: Final = 6
"""So many characters of a number, or of its end, are on nothing else."""
_COLON: Final = -0.3
_LABEL_WITH_COLON: Final = re.compile("^(?:.{0,6}(?:姓名|号码)|\\W?)\\s*[:：]")
"""Points if a label has a colon: permits print none, and a page that explains a back has few labels to tell by."""
_WATERMARK: Final = re.compile("SPECIMEN|样本|樣本")
_HEADS: Final = (STATE_NAME, *(title for title, permit in TITLES.items() if permit is PermitType.RESIDENCE_PERMIT))
_PART_OF_HEAD: Final = 3
_NO_HEAD: Final = -0.15
"""Points if nothing is read of a residence permit's head, its largest print, and there is no outline around what glare
may hide: a message on a screen has no head."""
_GLARE_OF_A_FIELD: Final = 0.03
"""The part of a card's area that hides about one of its fields."""
_MOST_GLARE: Final = 0.5
"""If more is brighter than the paper behind the text, that paper is a form's shaded row."""
_MOST_HIDDEN: Final = 3
"""How many missing fields glare explains at most."""
_OUTLINE: Final = 0.1
_PRINTED_PAPER: Final = 0.25
_BLANK_PAPER: Final = -0.3
_MIN_COLOUR: Final = 2.5
_MIN_PATTERN: Final = 0.25
"""Most drawn cards reach 0.3 or a colour of 2.9."""
_BLANK_PATTERN: Final = 0.18
"""Blank paper has less: own forms of level 2 reach 0.176 at most, blurred cards 0.19 at least."""
_MIN_HEIGHT: Final = 18.0
"""Pixels of text height below which a pattern is not visible."""
_PERSON: Final = 0.1
_BLANK_PLACE: Final = -0.4
"""Points for a person where the portrait should be, and for blank paper there, if no separate picture was found at
first: shadows join it with its surroundings. Something that may hide a portrait counts neither way."""
_REACH: Final = 0.35
"""How far above and below its middle, in its heights, a line must be within the outline: no edge cuts a card's text."""
_DATE_DIGITS: Final = 8
_END_OF_NUMBER: Final = re.compile(r"(?<!\d)(\d{6,13})\d{3}[\dX]$")
"""At least six digits of a birth date before the last four characters of a resident's number, but not all of it."""
_BEGINNING_OF_NUMBER: Final = re.compile(r"(?<!\d)8[123]0000(\d{8})\d{0,3}(?![\dX])")
"""A permit's region and the birth date, without the check digit at the end."""
_MANY_FIELDS: Final = 4
"""With fewer fields, a hidden portrait counts like none. A part of a number that repeats the birth date is one, too."""
_LARGE_LABELS: Final = 1.15
_LARGE_LABELS_FAULT: Final = -0.15
"""Points for labels that are higher than the values."""
_PROMINENT: Final = 1.15
_VERY_PROMINENT: Final = 1.35
"""How many times as high as the values a title is."""
_SMALL_LABELS: Final = 0.85
"""How high labels are relative to values, at most: 0.5 to 0.6 on the 2013 edition, by a photo of a specimen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentEvidence:
    """Points for and against a card, of one reading or of several of the same card."""

    seen: float = 0.0
    """Points for what a card has and a form does not."""
    words: float = 0.0
    """Points for its words and where they are: none or negative."""
    has_outline: bool = False
    is_proven: bool = False
    """Check digits prove machine-readable lines, or of a HK/Macao back at least a number, whatever is printed above."""
    glare: float = 0.0
    """The part of the card in glare, or without an outline, of the area of its text."""
    page: float = 0.0
    """Points for what is around a back's lines but not around a card: none or negative, whatever proves the lines."""

    @property
    def confidence(self) -> float:
        """From 0 to 1: how sure it is that this is a card."""
        words = self.words
        if self.is_proven:
            words = max(_PROVEN_WORDS, words) + min(0.0, words - _NOTES)
        points = min(_MOST_SEEN, self.seen) + words + self.page
        if self.has_outline and round(points, 3) >= REFUSED:  # a form may have one, too
            points += _OUTLINE
        return round(min(_HIGHEST, max(0.0, points)), 3)

    def with_closer(self, closer: "DocumentEvidence") -> "DocumentEvidence":
        """Return the evidence of both readings: a crop may lack the portrait, a distant view the words of a form."""
        return DocumentEvidence(
            seen=max(self.seen, closer.seen),
            words=min(self.words, closer.words),
            has_outline=self.has_outline or closer.has_outline,
            is_proven=self.is_proven or closer.is_proven,
            glare=max(self.glare, closer.glare),
            page=min(self.page, closer.page),
        )

    def with_missing(self, fields: int) -> "DocumentEvidence":
        """Return the evidence of a complete reading that lacks so many fields that its side always has.

        Those that glare may hide do not count.
        """
        hidden = int(self.glare / _GLARE_OF_A_FIELD) if self.glare < _MOST_GLARE else 0
        return replace(self, words=self.words + _DEPARTURE * max(0, fields - min(hidden, _MOST_HIDDEN)))


def document_evidence(
    card_side: CardSide,
    text: CardText,
    finder: FieldFinder,
    *,
    core: Sequence[TextLine],
    fields: Fields,
    mrz: MrzFacts | None,
    outline: Quad | None = None,
    document: Quad | None = None,
    glare: float = 0.0,
) -> DocumentEvidence:
    """Return the evidence that ``text`` is on a card of this side.

    ``core``: the lines of labels and values. ``outline``: the card's corners in ``text.image``, if found. ``document``:
    those of a larger document of which the outline is a part, whose text counts as well.
    ``glare``: the part of the card in glare.
    """
    layout = finder.layout
    is_on_card = None if outline is None else within_outline(outline if document is None else document, text)
    paper = None if layout.height < _MIN_HEIGHT else examine_paper(text, core, layout.height)
    seen = _paper(paper)
    if card_side is CardSide.HK_MACAO_BACK:
        seen += _hk_macao_back(text, finder, fields, mrz=mrz, outline=outline, paper=paper)
    elif card_side is CardSide.RESIDENCE_BACK:
        seen += _residence_back(layout) + _NO_HEAD * (outline is None and not _has_head(layout))
    else:
        seen += _front(finder, fields, picture=_picture(card_side, text, layout, core, fields=fields, outline=outline))
    fits, page = True, 0.0
    if card_side is CardSide.HK_MACAO_BACK:
        fits, page = _around_lines(text, finder, outline, mrz or MrzFacts())
    words = _words(layout, card_side, fields, is_on_card)
    # A page prints a back's lines in a box, and a badge its head on a band.
    if words < 0 and card_side is not CardSide.HK_MACAO_BACK and document is None:
        words = max(words, _words(_without_other_papers(text, layout, fields), card_side, fields, is_on_card))
    return DocumentEvidence(
        seen=seen,
        words=words + _LIGHT_TEXT * is_text_light(text, core, layout.height),
        has_outline=outline is not None and fits,
        is_proven=mrz is not None or _is_proven_by_line(card_side, finder, fields),
        glare=glare,
        page=page,
    )


def _words(layout: Layout, card_side: CardSide, fields: Fields, is_on_card: IsOnCard | None) -> float:
    signs, faults = form_signs(layout, is_on_card), departures(layout, card_side, fields, is_on_card)
    return _FORM_SIGN * signs + _DEPARTURE * faults


def _without_other_papers(text: CardText, layout: Layout, fields: Fields) -> Layout:
    """Return the layout without text around the card's labels and values that is on paper of another colour.

    Machine-readable lines stay, also in the light beside a shadow: they are the surest sign of another document.
    """
    own = layout.own_lines()
    same = lines_on_same_paper(text, own, own)
    if not same:
        return layout
    kept = {id(line) for line in lines_on_same_paper(text, text.lines, own)}
    owned = [piece.line for piece in card_pieces(layout, fields)]
    areas = [_box(line) for line in (*own, *owned)]
    areas.append(surrounding(same, 0, 0))
    return Layout(
        [
            line
            for line in text.lines
            if id(line) in kept or FILLERS.search(line.text) or any(_is_inside(line, area) for area in areas)
        ]
    )


def _box(line: TextLine) -> BoundingBox:
    return BoundingBox(line.left, line.top, line.right, line.bottom)


def _is_inside(line: TextLine, area: BoundingBox) -> bool:
    return area.top < line.middle < area.bottom and line.left < area.right and line.right > area.left


def _around_lines(text: CardText, finder: FieldFinder, outline: Quad | None, mrz: MrzFacts) -> tuple[bool, float]:
    """Return whether the outline fits a back's machine-readable lines, and points for what is around these.

    ``mrz``: what the lines prove.
    """
    rows = machine_rows(finder)
    points = 0.0
    card = card_of_lines(rows)
    corners = None if outline is None else deskewed_corners(text, outline).astype(np.float32)
    fits = card is None or corners is None or card.fits(corners)
    lines = text.lines if outline is None or not fits else tuple(filter(within_outline(outline, text), text.lines))
    if rows and not _has_print_of_back(finder, mrz):
        others = [line for line in texts_above(rows, lines) if not _WATERMARK.search(line.text)]
        points += _ONLY_LINES + (_OTHER_TEXT if len(others) >= _SOME_TEXT else 0.0)
    points += _COLON * any(_LABEL_WITH_COLON.search(piece.line.text) for piece in finder.layout.pieces)
    if card is None:
        return fits, points
    leaning = card_of_lines(rows, corners) if fits else card
    across = min(one.texts_across_edges(text.lines) for one in (card, leaning or card))
    points += _ACROSS_EDGES * min(across, _MOST_ACROSS) + _LARGER_OUTLINE * (not fits)
    points += _EXPLAINED * (card.are_explained(lines) or any(_EXPLANATION.search(line.text) for line in lines))
    below = card.texts_below(lines)
    points += _TEXT_BELOW * bool(below and lines_on_same_paper(text, below, rows))
    titles = [anchor.line for anchor in finder.layout.anchors if anchor.label is Label.TITLE]
    if titles:
        title = min(titles, key=lambda title: title.middle)
        points += _ABOVE_TITLE * min(card.texts_above_title(title, text.lines), _MOST_ABOVE)
    return fits, points


def _has_print_of_back(finder: FieldFinder, mrz: MrzFacts) -> bool:
    """Tell whether anything is read of what a HK/Macao back prints besides its machine-readable lines.

    Of a number in the lines, glare may leave only a part.
    """
    name, numbers = simplified(mrz.chinese_name), [number for number in (mrz.identity_number, mrz.number) if number]
    layout = finder.layout
    texts = [simplified(piece.text) for piece in layout.pieces if not plain_line(piece.text)]
    return any(anchor.label is not Label.NOISE for anchor in layout.anchors) or any(
        identity_card_number(text)
        or _PRINT_OF_BACK.search(text)
        or (name and name in text)
        or any(len(text) >= _END and (text in number or number[-_END:] in text) for number in numbers)
        for text in texts
    )


def _is_proven_by_line(card_side: CardSide, finder: FieldFinder, fields: Fields) -> bool:
    """Tell whether check digits prove a line: an exit-entry permit's with all of them, also the composite one.

    Of a HK/Macao back's lines, one number is enough: something may hide the rest.
    """
    if card_side is CardSide.HK_MACAO_BACK:
        return has_checked_number(finder) or repeats_identity_number(finder, fields.get("IDNumber", EMPTY_FIELD).text)
    line = exit_entry_line(machine_lines(finder)) if card_side is CardSide.EXIT_ENTRY_FRONT else None
    return line is not None and line.is_proven and line.number == fields["Number"].text


def within_outline(outline: Quad, text: CardText) -> IsOnCard:
    """Return a function that tells whether the middle of a line is within the card's outline, in its whole height."""
    corners = deskewed_corners(text, outline).astype(np.float32)

    def is_on_card(line: TextLine) -> bool:
        x, reach = (line.left + line.right) / 2, _REACH * line.height
        ends = (line.middle - reach, line.middle + reach)
        return all(cv2.pointPolygonTest(corners, (x, y), measureDist=False) >= 0 for y in ends)

    return is_on_card


def _hk_macao_back(
    text: CardText,
    finder: FieldFinder,
    fields: Fields,
    *,
    mrz: MrzFacts | None,
    outline: Quad | None,
    paper: Paper | None,
) -> float:
    """Return points for the machine-readable lines: the printed words are on any form that asks for the permit.

    If something hides them, the printed side can be enough for a review: an outline, a number with its check digit.
    If all of them is hidden, a colour without a pattern supports nothing: a message's bubble has one, too.
    """
    if mrz:
        return 0.95
    lines = machine_lines(finder)
    if lines:
        return 0.85 if document_code(lines) else 0.6
    is_hidden = outline is not None and are_lines_hidden(text, outline, finder.layout.height)
    parts = parts_of_lines(finder)
    if not is_hidden and not parts:
        return 0.0
    number = fields.get("IDNumber", EMPTY_FIELD).text
    is_flat = not parts and paper is not None and paper.pattern < _BLANK_PATTERN
    points = (
        0.2 - max(0.0, _paper(paper)) * is_flat + 0.1 * (outline is not None) + 0.15 * is_valid_hong_kong_number(number)
    )
    return points + 0.1 * (parts > 1) + 0.3 * repeats_identity_number(finder, number)


def _picture(
    card_side: CardSide,
    text: CardText,
    layout: Layout,
    core: Sequence[TextLine],
    *,
    fields: Fields,
    outline: Quad | None,
) -> float:
    """Return points for the portrait of a front."""
    on_the_left = card_side is not CardSide.RESIDENCE_FRONT
    points = picture_beside(
        text,
        core,
        layout.height,
        on_the_left=on_the_left,
        outline=outline,
        may_be_above=card_side is CardSide.RESIDENCE_FRONT and has_no_label_beside(layout),
    )
    if points == CERTAIN:
        return points
    place = examine_portrait_place(text, layout, fields, on_the_left=on_the_left, outline=outline)
    if place.portrait:
        return max(points, _PERSON)
    if points > 0:
        return points
    known = sum(bool(field.text) for field in fields.values()) + _number_repeats_birth(layout, fields)
    is_hidden = not place.is_blank and known >= _MANY_FIELDS
    return 0.0 if is_hidden else _BLANK_PLACE


def _has_head(layout: Layout) -> bool:
    """Tell whether a residence permit's title or the state's name above it was read, or a part of them."""
    is_read = any(anchor.label in {Label.TITLE, Label.NOISE} for anchor in layout.anchors)
    texts = [text for piece in layout.pieces if len(text := simplified(piece.text)) >= _PART_OF_HEAD]
    return is_read or any(text in head for text in texts for head in _HEADS)


def _residence_back(layout: Layout) -> float:
    state_name = any(anchor.label is Label.NOISE for anchor in layout.anchors)
    labels = sum(layout.anchor(label) is not None for label in LABELS_BY_SIDE[CardSide.RESIDENCE_BACK])
    return 0.3 + 0.25 * (_title_ratio(layout) > _VERY_PROMINENT) + 0.15 * state_name + 0.05 * labels


def _front(finder: FieldFinder, fields: Fields, *, picture: float) -> float:
    layout = finder.layout
    points = 0.25 + picture
    labels = _label_ratio(layout)
    points += 0.1 * (_title_ratio(layout) > _PROMINENT) + 0.1 * (labels < _SMALL_LABELS)
    points += _LARGE_LABELS_FAULT * (labels > _LARGE_LABELS)
    number = parse_resident_number(fields["IdCardNo"].text) if "IdCardNo" in fields else None
    is_valid = _number_repeats_birth(layout, fields) if number is None else number.has_valid_check_digit
    has_line = document_code(machine_lines(finder)) is DocumentCode.EXIT_ENTRY_FRONT
    return points + 0.3 * has_line + 0.2 * (is_valid and picture > 0)


def _number_repeats_birth(layout: Layout, fields: Fields) -> bool:
    """Tell whether the visible part of a resident's number, its beginning or its end, has most of the birth date.

    GB 11643: region, birth date, sequence code and check character.
    """
    digits = "".join(part.zfill(2) for part in fields.get("Birth", EMPTY_FIELD).text.split("/"))
    texts = ["".join(piece.text.split()) for piece in layout.pieces]
    ends = [end[1][-_DATE_DIGITS:] for text in texts if (end := _END_OF_NUMBER.search(text))]
    begins = [begin[1] for text in texts if (begin := _BEGINNING_OF_NUMBER.search(text))]
    return len(digits) == _DATE_DIGITS and (digits in begins or any(map(digits.endswith, ends)))


def _paper(paper: Paper | None) -> float:
    """Return points for the paper behind the text; none if it is too small in the photo to show a pattern."""
    if paper is None:
        return 0.0
    if paper.colour > _MIN_COLOUR or paper.pattern > _MIN_PATTERN:
        return _PRINTED_PAPER
    return _BLANK_PAPER if paper.pattern < _BLANK_PATTERN else 0.0


def _value_height(layout: Layout) -> float:
    values = [piece.line.height for piece in layout.pieces if len(piece.text) > 3]  # noqa: PLR2004
    return median(values) if values else layout.height


def _title_ratio(layout: Layout) -> float:
    title = layout.anchor(Label.TITLE)
    return title.line.height / _value_height(layout) if title else 0.0


def _label_ratio(layout: Layout) -> float:
    labels = [anchor.line.height for anchor in layout.anchors if anchor.label not in {Label.TITLE, Label.NOISE}]
    return median(labels) / _value_height(layout) if labels else 1.0

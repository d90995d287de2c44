"""From a text to a card: classifies it, extracts its fields, and weighs whether it is the card itself."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from math import inf, radians
from statistics import median
from typing import Final

from permit_ocr.domain.permits import PermitType
from recognizer.reading.card_evidence.document_confidence import document_evidence, within_outline
from recognizer.reading.card_evidence.flat_area import surrounding
from recognizer.reading.card_evidence.glare import part_in_glare
from recognizer.reading.card_evidence.outline import find_outline, larger_document
from recognizer.reading.card_evidence.paper import lines_on_same_paper
from recognizer.reading.card_search.card import Card
from recognizer.reading.classification.card_classifier import classify_card_side, has_number_of_other_region
from recognizer.reading.classification.card_sides import LABELS_BY_SIDE, PERMIT_BY_FRONT, CardSide
from recognizer.reading.classification.other_documents import is_other_document
from recognizer.reading.fields import hk_macao_back, residence_permit, travel_permit
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.mrz.machine_lines import machine_rows
from recognizer.reading.fields.ocr_field import Fields
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.layout.labels import TITLES, Anchor, Label, find_anchors
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import SHAPE_ERRORS, Quad
from recognizer.reading.ocr.text_lines import TextLine

type AnchorsByLine = dict[int, list[Anchor]]
"""The labels and titles in each line of a text, by the line's ``id``; found once for all rules here: it takes time."""
_MUCH_GLARE: Final = 0.04
"""At least this part of a card is in glare if a closer look may show more of it."""
_MIN_LABELLED: Final = 3
"""Lines with labels that show the colour of the card's paper."""
_APART: Final = 3.0
"""Heights of a label without any text above and below it: on a card, its value is there or the next label."""
_MOST_BESIDE: Final = 2
"""Labels of other papers left of a title, at most."""
_MAX_SLANT: Final = radians(10)
"""On 72 own cards of level 2, at most 9.2 degrees if only the title was read; a tenth of the other lines had 17."""
_FIELDS: Final[dict[CardSide, Callable[[FieldFinder], Fields]]] = {
    CardSide.RESIDENCE_FRONT: residence_permit.front_fields,
    CardSide.RESIDENCE_BACK: residence_permit.back_fields,
    **{card_side: partial(travel_permit.front_fields, permit=permit) for card_side, permit in PERMIT_BY_FRONT.items()},
}


def card_from_text(text: CardText, known_outline: Quad | None = None) -> Card:
    """Classify a text and extract its fields. ``known_outline``: of the card in the photo, if none is found here."""
    anchors = {id(line): find_anchors(line) for line in text.lines}
    text = _without_slanted_lines(text, anchors)
    text = _without_labels_left_of_title(_without_labels_beside(text, anchors), anchors)
    finder = _finder(text)
    card_side = classify_card_side(finder)
    if card_side is None:
        return _unclassified(text, finder)
    completed = _with_misread_labels(finder, card_side)
    own_lines = [*completed.layout.own_lines(), *machine_rows(completed)]
    outline = _outline(text, completed.layout.height, own_lines)
    if (
        outline is None
        and known_outline is not None
        and _is_around(known := text.from_photo(known_outline), text, own_lines)
    ):
        outline = known
    if outline is not None and (own := _without_labels_of_others(text, anchors, outline)):
        text, finder = own, _finder(own)
        card_side = classify_card_side(finder)
        if card_side is None:
            return _unclassified(text, finder)
    return _classified(text, finder, card_side, outline)


def _is_around(outline: Quad, text: CardText, own: Sequence[TextLine]) -> bool:
    """Tell whether most of a card's own lines are within an outline: else it is another card's, or wrong."""
    return 2 * sum(map(within_outline(outline, text), own)) > len(own)


def _without_slanted_lines(text: CardText, anchors: AnchorsByLine) -> CardText:
    """Return the text without lines that are not parallel to those with labels: they are on a paper beside the card."""
    tilts = [line.tilt for line in text.lines if line.tilt and anchors[id(line)]]
    if not tilts:
        return text
    usual = median(tilts)
    known = [line for line in text.lines if line.tilt]
    slanted = {id(line) for line in known if abs(line.tilt - usual) >= _MAX_SLANT}
    if 2 * len(slanted) > len(known):
        return text  # the label may be the other paper's
    return replace(text, lines=tuple(line for line in text.lines if id(line) not in slanted))


def _without_labels_beside(text: CardText, anchors: AnchorsByLine) -> CardText:
    """Return the text without labels on a paper of another colour that are beside all others or apart from all text.

    They are those of a form near the card. A label with its value in one line may be apart on a card, like its title.
    """
    labelled = [line for line in text.lines if anchors[id(line)]]
    apart = {id(line) for line in labelled if _is_only_label(line, anchors) and _is_apart(line, text.lines)}
    may_be_beside = any(2 * _beside(line, labelled) >= len(labelled) for line in labelled)
    if len(labelled) < _MIN_LABELLED or not (apart or may_be_beside):
        return text
    own = lines_on_same_paper(text, labelled, labelled)
    if 2 * len(own) < len(labelled):
        return text
    others = {
        id(line) for line in labelled if line not in own and (_beside(line, own) == len(own) or id(line) in apart)
    }
    return replace(text, lines=tuple(line for line in text.lines if id(line) not in others))


def _without_labels_left_of_title(text: CardText, anchors: AnchorsByLine) -> CardText:
    """Return the text without labels that end left of a travel permit's title, which begins at the left of its front.

    A list that quotes a title has many. Backs have the title of the HK/Macao permit, too, and nobody knows where.
    """
    titles = [
        anchor.line
        for line in text.lines
        for anchor in anchors[id(line)]
        if TITLES.get(anchor.word) in {PermitType.TAIWAN_PERMIT, PermitType.EXIT_ENTRY_PERMIT}
    ]
    left = min((title.left - title.height for title in titles), default=-inf)
    others = {id(line) for line in text.lines if line.right < left and anchors[id(line)]}
    if not 0 < len(others) <= _MOST_BESIDE:
        return text
    return replace(text, lines=tuple(line for line in text.lines if id(line) not in others))


def _beside(line: TextLine, others: Sequence[TextLine]) -> int:
    """Return how many of the other lines are all left of a line, or all right of it."""
    return max(sum(other.right < line.left for other in others), sum(other.left > line.right for other in others))


def _is_only_label(line: TextLine, anchors: AnchorsByLine) -> bool:
    first, *others = anchors[id(line)]
    is_whole = (first.start, first.end) == (0, len(line.characters))
    return is_whole and not others and first.label not in {Label.TITLE, Label.NOISE}


def _is_apart(line: TextLine, others: Sequence[TextLine]) -> bool:
    """Tell whether a line is farther above or below all others than any on a card."""
    return all(
        max(other.top - line.bottom, line.top - other.bottom) > _APART * line.height
        for other in others
        if other is not line
    )


def _finder(text: CardText) -> FieldFinder:
    return FieldFinder(
        Layout(text.lines), text.reread, text.is_covered, text.corners_in_photo, text.reread_checked, text.read_again
    )


def _with_misread_labels(finder: FieldFinder, card_side: CardSide) -> FieldFinder:
    return replace(finder, layout=finder.layout.with_misread_labels(LABELS_BY_SIDE[card_side]))


def _classified(text: CardText, seen: FieldFinder, card_side: CardSide, outline: Quad | None) -> Card:
    """Return the card with its fields, and refused if there is too little evidence for it."""
    finder = _with_misread_labels(seen, card_side)
    mrz = hk_macao_back.machine_readable_facts(finder) if card_side is CardSide.HK_MACAO_BACK else None
    fields = (
        hk_macao_back.back_fields(finder, mrz) if card_side is CardSide.HK_MACAO_BACK else _FIELDS[card_side](finder)
    )
    document = None if outline is None else _larger_document(text, outline)
    card = Card(
        card_side,
        text,
        finder,
        fields,
        mrz,
        outline=None if outline is None else text.in_photo(outline),
        document=None if document is None else text.in_photo(document),
    )
    core = card.area()
    lit = text.quad(surrounding(core, 0, 0)) if outline is None else outline
    return card.judged_by(
        document_evidence(
            card_side,
            text,
            seen,
            core=core,
            fields=fields,
            mrz=mrz,
            outline=outline,
            document=document,
            glare=_glare(text, lit, finder.layout.height),
        )
    )


def _without_labels_of_others(text: CardText, anchors: AnchorsByLine, outline: Quad) -> CardText | None:
    """Return the text without lines that have a label and are outside the card's outline; None if there are none.

    A label of a form beside the card owns text of the card, and is in the wrong place. If most labels are outside, the
    outline is not the card's.
    """
    is_on_card = within_outline(outline, text)
    labelled = [line for line in text.lines if anchors[id(line)]]
    others = {id(line) for line in labelled if not is_on_card(line)}
    if not others or 2 * len(others) > len(labelled):
        return None
    return replace(text, lines=tuple(line for line in text.lines if id(line) not in others))


def _unclassified(text: CardText, finder: FieldFinder) -> Card:
    """Return another document, or a text that is too little to tell; its outline, if glare hides a part of it."""
    if is_other_document(finder) or has_number_of_other_region(finder):
        return Card(None, text, finder, {}, is_refused=True)
    outline = _outline(text, finder.layout.height, text.lines)
    if outline is None or _glare(text, outline, finder.layout.height) < _MUCH_GLARE:
        return Card(None, text, finder, {})
    return Card(None, text, finder, {}, outline=text.in_photo(outline))


def _outline(text: CardText, height: float, own: Sequence[TextLine]) -> Quad | None:
    """Return the card's corners in the image; None if they are not found, which is never an error."""
    try:
        return find_outline(text, height, own)
    except SHAPE_ERRORS:
        return None


def _larger_document(text: CardText, outline: Quad) -> Quad | None:
    """Return the corners of a document of which the outline is a part; None if it cannot be told."""
    try:
        return larger_document(text, outline)
    except SHAPE_ERRORS:
        return None


def _glare(text: CardText, outline: Quad, height: float) -> float:
    """Return the part of the card in glare; 0 if it cannot be measured, which is never an error."""
    try:
        return part_in_glare(text, outline, height)
    except SHAPE_ERRORS:
        return 0.0

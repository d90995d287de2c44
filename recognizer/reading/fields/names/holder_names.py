"""The holder's name on a travel permit: in Chinese characters and romanised, with or without a label."""

from dataclasses import replace
from operator import itemgetter
from typing import Final

from permit_ocr.domain.card.chinese_script import simplified
from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.ocr_field import OcrField, field_from_lines
from recognizer.reading.layout.card_layout import Layout, Piece
from recognizer.reading.layout.labels import Label
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine

_NAME_BLOCK_HEIGHT: Final = 6.0
"""The name's label and both names are within this many text heights."""
_COLUMN_TOLERANCE: Final = 1.3
"""Values begin at most this many text heights apart."""
_NAME_DISTANCE: Final = 3.2
"""The Latin name is at most this many text heights below the Chinese one."""
_MARGIN: Final = 0.12
"""Part of its height by which a line is read again beyond its edges."""
_CLEAR: Final = 0.9
"""A name that is as confident is not read again."""
_FROM_CROPS: Final = 0.8
"""Maximum confidence of a name that another crop shows otherwise."""
_ONE_PART: Final = 0.5
"""Maximum confidence of a romanised name of which only one part was found."""


def romanised_name_piece(finder: FieldFinder) -> Piece | None:
    """Return the romanised name: near the label, with a comma, in the column of the dates if possible; the topmost."""
    layout = finder.layout
    found = [piece for piece in layout.pieces if value_parsers.latin_name(piece.text) and _may_be_name(piece)]
    label = layout.anchor(Label.NAME)
    if label:
        near_label = _NAME_BLOCK_HEIGHT * layout.height
        found = [piece for piece in found if abs(piece.line.middle - label.line.middle) < near_label] or found
    dates = [piece for piece in layout.pieces if value_parsers.dotted_date(piece.text)]

    def unlikelihood(piece: Piece) -> tuple[bool, bool, int]:
        near = _COLUMN_TOLERANCE * piece.line.height
        in_column = any(abs(piece.line.left - date.line.left) < near for date in dates)
        return "," not in (value_parsers.latin_name(piece.text) or ""), not in_column, piece.row

    return min(found, key=unlikelihood, default=None)


def romanised_name(finder: FieldFinder, piece: Piece) -> OcrField:
    """Return the name, joined with the line below if it ends with its comma."""
    text = piece.line.text.strip()
    next_line = finder.layout.line_after(piece.line, piece.line) if text.endswith((",", "，")) else None
    joined = value_parsers.latin_name(text + next_line.text) if next_line else None
    if next_line and joined:
        return finder.field(joined, [piece.line, next_line.line])
    return finder.field(value_parsers.latin_name(piece.text) or "", [piece.line])


def _may_be_name(piece: Piece) -> bool:
    return piece.owner is None or piece.owner.label is Label.NAME


def chinese_name(finder: FieldFinder, latin: Piece | None) -> OcrField | None:
    """Return the name beside or below its label, else the line above the Latin name: some cards have no label."""
    labelled = finder.value(Label.NAME, value_parsers.chinese_name)
    if labelled and not _is_beyond_latin_name(finder.layout, labelled.text, latin):
        return labelled
    if latin is None or finder.layout.anchor(Label.NAME):
        return None
    above = [
        piece
        for piece in (*finder.layout.pieces, *finder.layout.specimen_marks)
        if _may_be_name(piece)
        and 0.5 * latin.line.height < latin.line.middle - piece.line.middle < _NAME_DISTANCE * latin.line.height
        and _overlap(piece, latin)
        and value_parsers.chinese_name(piece.text)
    ]
    nearest = max(above, key=lambda piece: piece.line.middle, default=None)
    return finder.field(value_parsers.chinese_name(nearest.text) or "", [nearest.line]) if nearest else None


def _is_beyond_latin_name(layout: Layout, name: str, latin: Piece | None) -> bool:
    """Tell whether a text is beside the Latin name and farther from the label: it is on a paper beside the card."""
    label = layout.anchor(Label.NAME)
    pieces = [piece for piece in layout.pieces if value_parsers.chinese_name(piece.text) == name]
    if label is None or latin is None or not pieces:
        return False
    latin_distance = abs(latin.line.left - label.line.left)
    return all(
        not _overlap(piece, latin) and abs(piece.line.left - label.line.left) > latin_distance for piece in pieces
    )


def _overlap(piece: Piece, latin: Piece) -> bool:
    """Tell whether a text is above the Latin name or begins close before it: glare may hide the surname."""
    return piece.line.left < latin.line.right and piece.line.right > latin.line.left - latin.line.height


def clearest_name(finder: FieldFinder, name: OcrField) -> OcrField:
    """Return a Chinese name that is hardly read as its clearest crop shows it, in traditional characters if any does.

    Blurred characters are read differently from crop to crop, and traditional ones as simplified.
    """
    line = _only_line_of(finder, name.text) if name.confidence < _CLEAR else None
    if line is None:
        return name
    as_read = field_from_lines(name.text, [line]).confidence  # without what limits it for other reasons
    if as_read >= _CLEAR:
        return name
    crops = [(value_parsers.chinese_name(text), confidence) for text, confidence in finder.read_again(_box_of(line))]
    readings = [(text, confidence) for text, confidence in crops if text and len(text) == len(name.text)]
    clearest, confidence = max(readings, key=itemgetter(1), default=(name.text, 0.0))
    if confidence <= as_read:
        clearest, confidence = name.text, as_read
    same = [text for text, _ in readings if simplified(text) == simplified(clearest)]
    written = max([clearest, *same], key=lambda text: sum(map(value_parsers.is_traditional, text)))
    if written == name.text:
        return name
    return replace(name, text=written, confidence=min(confidence, _FROM_CROPS))


def _only_line_of(finder: FieldFinder, name: str) -> TextLine | None:
    lines = [piece.line for piece in finder.layout.pieces if value_parsers.chinese_name(piece.text) == name]
    return lines[0] if name and len(lines) == 1 else None


def _box_of(line: TextLine) -> BoundingBox:
    return BoundingBox(line.left, line.top, line.right, line.bottom)


def reread_name(finder: FieldFinder, name: str, alphabet: str) -> str:
    """Return a Chinese name's line, read again with only these characters; empty if more than one line has the name."""
    line = _only_line_of(finder, name)
    if line is None:
        return ""
    margin = _MARGIN * line.height
    around = BoundingBox(line.left - margin, line.top - margin, line.right + margin, line.bottom + margin)
    return finder.reread_checked(around, alphabet)


def checked_for_comma(name: OcrField) -> OcrField:
    """Lower the confidence of a romanised name without the comma between surname and given name."""
    return name if "," in name.text else name.at_most(_ONE_PART)

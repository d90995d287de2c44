"""Reads the card in a photo: the entry point of the engine, without a network.

Every failure caused by an image is a ``ReadingError`` with a code from ``permit_ocr.tencent.error_table``. Cases that
the provider's pages do not list:

- The residence action has no code for *other card*: the answer to any other photo has only empty fields, which callers
  must treat as a rejection.
- The travel permits' action has no code for *no text* (answered ``ImageNoSpecifiedCard``) and *empty image* (answered
  ``ImageDecodeFailed``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from permit_ocr.domain.card.answers import Portrait, PortraitPlace, ResidencePermitAnswer
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.reader_report import Corners as FileCorners
from permit_ocr.domain.reader_report import Positions, ReaderReport
from recognizer.reading import image_decoding, photocopy
from recognizer.reading.card_evidence.document_confidence import REFUSED, DocumentEvidence, document_evidence
from recognizer.reading.card_evidence.glare import part_in_glare
from recognizer.reading.card_evidence.outline import find_outline
from recognizer.reading.classification.card_classifier import classify_card_side, has_number_of_other_region
from recognizer.reading.classification.card_sides import LABELS_BY_SIDE, PERMIT_BY_FRONT, CardSide
from recognizer.reading.classification.other_documents import is_other_document
from recognizer.reading.classification.side_layout import missing_fields
from recognizer.reading.fields import hk_macao_back, residence_permit, travel_permit
from recognizer.reading.fields.confidence import confidences_of, corners_of, drop_uncertain, merge_readings
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.mrz.facts import MrzFacts
from recognizer.reading.fields.mrz.machine_lines import machine_rows
from recognizer.reading.fields.ocr_field import Corners, Fields
from recognizer.reading.image_decoding import DecodedImage
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.layout.labels import Label, find_anchors
from recognizer.reading.layout.stacked_cards import split_stacked_cards
from recognizer.reading.ocr import engine
from recognizer.reading.ocr.card_text import CardText, ImageScan, close_up
from recognizer.reading.ocr.engine import Pixels, Quad
from recognizer.reading.ocr.model_threads import model_threads
from recognizer.reading.ocr.text_lines import TextLine
from recognizer.reading.portrait import PortraitCrop, find_portrait
from recognizer.reading.result import NOT_ENABLED, Reading, ReadingError

__all__ = ("Reading", "ReadingError", "load_models", "read")

_SMALL_TEXT: Final = 15.0
"""Below this median text height in pixels, at detection scale, a closer second reading is worth its time."""
_LARGE_TEXT: Final = 18.0
"""Above this height at the scale of the first, coarse detection, a thorough one finds no more labels."""
_UNCERTAIN: Final = 0.6
"""A field with a lower confidence is worth a second reading."""
_RESIDENCE: Final = frozenset({CardSide.RESIDENCE_FRONT, CardSide.RESIDENCE_BACK})
_BACK_INFOS: Final = "MainlandTravelPermitBackInfos"
_EXTRAS_ERRORS: Final = (*engine.ENGINE_ERRORS, ValueError, ArithmeticError, LookupError)
"""What unusual shapes may raise in the search for outlines, portraits and copies, after the card was read."""
_CLEARLY_REFUSED: Final = 0.2
"""Below this document confidence, thorough detection does not make a card of it."""
_FEW_LABELS: Final = 2
"""With fewer labels, text is not worth a closer look: it is hardly a card."""
_FEW_LINES: Final = 8
"""A card has 12 lines or more: with fewer, detection may have missed most of it, and reading them again is quick."""
_NUMBERS: Final = ("IdCardNo", "PassNo", "Number", "IDNumber")
_MUCH_GLARE: Final = 0.04
"""At least this part of a card is in glare if a closer look may show more of it."""
_UNREADABLE: Final = 99
"""More fields than any card side has."""


@dataclass(frozen=True, slots=True)
class _Card:
    card_side: CardSide | None
    text: CardText
    finder: FieldFinder
    fields: Fields
    mrz: MrzFacts | None = None
    evidence: DocumentEvidence | None = None
    """That this is a card of ``card_side``, or what speaks against it."""
    outline: Quad | None = None
    """The card's corners in the photo."""
    is_refused: bool = False
    """It is another document, or only the words of a card: a closer look would show the same."""

    @property
    def is_other_document(self) -> bool:
        """Whether its title, code or number shows that it is no permit."""
        return self.is_refused and self.evidence is None

    @property
    def confidence(self) -> float:
        """How sure it is that this is a card of ``card_side``."""
        return self.evidence.confidence if self.evidence else 0.0

    def judged_by(self, evidence: DocumentEvidence) -> "_Card":
        """Return the card with this evidence, refused if that is too little."""
        if evidence.confidence < REFUSED:
            return replace(self, card_side=None, fields={}, mrz=None, evidence=evidence, is_refused=True)
        return replace(self, evidence=evidence)


def load_models() -> None:
    """Load the models and run each once, so that the first card is not slower."""
    model_threads()


def read(image: bytes, *, kind: Kind, side: Side | None = None, return_portrait: bool = False) -> Reading:
    """Read the card in an image file (PNG or JPEG, at most ``image_decoding.MAX_PIXELS``).

    For a residence permit, ``side`` is ignored and the side is detected. For a travel permit, the default is the front.
    Raises ``ReadingError`` for any failure caused by the image; any other exception is a bug. Thread-safe; at most
    ``model_threads.MAX_CONCURRENT_CALLS`` model calls run at a time.
    """
    try:
        photo = _decode(image, kind)
        requested = _requested_sides(kind, side)
        card = _read_best(photo.pixels, kind, requested)
    except engine.ENGINE_ERRORS:
        raise ReadingError("FailedOperation.OcrFailed") from None  # the messages may contain text from the card
    portrait_scale = photo.scale if return_portrait else None
    if kind is Kind.RESIDENCE_PERMIT:
        reading = _residence_reading(card, portrait_scale)
    else:
        reading = _travel_reading(card, side or Side.FRONT, portrait_scale)
    if card.card_side not in requested:
        return replace(reading, report=ReaderReport(document_confidence=card.confidence if card.is_refused else 0.0))
    return replace(
        reading,
        answer=replace(reading.answer, WarnCardInfos=_warnings(photo.pixels, card)),
        report=replace(
            reading.report,
            document_confidence=card.confidence,
            positions=_positions(card, photo),
            machine_readable_zone=card.mrz.as_zone() if card.mrz else None,
        ),
    )


def _positions(card: _Card, photo: DecodedImage) -> Positions:
    """Return where the answer's fields are in the image file."""
    nested = f"{_BACK_INFOS}." if card.card_side is CardSide.HK_MACAO_BACK else ""
    positions = {
        nested + name: _in_file(corners, photo) for name, corners in corners_of(drop_uncertain(card.fields)).items()
    }
    if (title := positions.get(f"{nested}Type")) is not None:  # a travel permit's answer has the type twice
        positions |= {"Type": title, f"{_BACK_INFOS}.Type": title}
    outline = None if card.outline is None else _in_file(tuple(map(tuple, card.outline.tolist())), photo)
    return Positions(card=outline, fields=positions)


def _in_file(corners: Corners, photo: DecodedImage) -> FileCorners:
    upper_left, upper_right, lower_right, lower_left = (_rounded(photo.in_file(x, y)) for x, y in corners)
    return upper_left, upper_right, lower_right, lower_left


def _rounded(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0]), round(point[1])


def _requested_sides(kind: Kind, side: Side | None) -> frozenset[CardSide]:
    """Return the card sides that the caller accepts."""
    if kind is Kind.RESIDENCE_PERMIT:
        return _RESIDENCE
    return frozenset({CardSide.HK_MACAO_BACK}) if side is Side.BACK else frozenset(PERMIT_BY_FRONT)


def _decode(image: bytes, kind: Kind) -> DecodedImage:
    try:
        return image_decoding.decode(image)
    except image_decoding.EmptyFile:
        empty = "EmptyImageError" if kind is Kind.RESIDENCE_PERMIT else "ImageDecodeFailed"
        raise ReadingError(f"FailedOperation.{empty}") from None
    except image_decoding.NotAnImage:
        raise ReadingError("FailedOperation.ImageDecodeFailed") from None
    except image_decoding.TooManyPixels:
        raise ReadingError("LimitExceeded.TooLargeFileError") from None


def _read_best(pixels: Pixels, kind: Kind, requested: frozenset[CardSide]) -> _Card:
    """Read the image; if no card is found, once more with thorough detection.

    If text is small or a field of the card uncertain, read a closer crop as well and merge both readings.
    """
    card = _find_card(ImageScan(pixels), requested)
    if card is None or (card.card_side is None and not _is_clearly_refused(card)):
        card = _find_card(ImageScan(pixels, thorough=True), requested)
    if card is None:
        code = "ImageNoText" if kind is Kind.RESIDENCE_PERMIT else "ImageNoSpecifiedCard"
        raise ReadingError(f"FailedOperation.{code}")
    return _judged_when_complete(_with_closer_reading(card, requested) if _deserves_second_reading(card) else card)


def _with_closer_reading(card: _Card, requested: frozenset[CardSide]) -> _Card:
    """Return the card with what a closer crop shows."""
    outline = None if card.outline is None else card.text.from_photo(card.outline)
    scan = ImageScan(*close_up(card.text, _area(card), outline), thorough=True)
    closer = _find_card(scan, requested)
    if closer is None:
        return card
    if _uncertain_fields(closer) and (text := scan.joined_across_edges(closer.text)):
        joined = _lay_out(text, card.outline if closer.outline is None else closer.outline)
        if joined.is_other_document and not _number(card):
            return joined
        closer = _merge(closer, joined)
    return _merge(card, closer)


def _number(card: _Card) -> str:
    """Return the number that was read of a card: another one beside it is on another document."""
    return next((card.fields[name].text for name in _NUMBERS if name in card.fields), "")


def _judged_when_complete(card: _Card) -> _Card:
    """Return the card, less certain or refused if it lacks more than glare hides."""
    if card.card_side is None or card.evidence is None:
        return card
    missing = missing_fields(card.finder.layout, card.card_side, card.fields)
    return card.judged_by(card.evidence.with_missing(missing))


def _merge(card: _Card, second: _Card) -> _Card:
    """Return the better of two readings, merged with the other one if both show the same card side.

    If the second one was refused, its evidence still counts.
    """
    evidence = card.evidence or second.evidence
    if card.evidence and second.evidence:
        evidence = card.evidence.with_closer(second.evidence)
    if card.card_side is not second.card_side:
        if second.card_side is None:
            return replace(card, evidence=evidence)
        return min(second, card, key=_uncertain_fields)
    better, other = (second, card) if _uncertain_fields(second) <= _uncertain_fields(card) else (card, second)
    return replace(
        better,
        fields=merge_readings(better.fields, other.fields),
        mrz=better.mrz or other.mrz,
        evidence=evidence,
        outline=card.outline if card.outline is not None else second.outline,  # a crop may lack the card's edge
    )


def _find_card(scan: ImageScan, requested: frozenset[CardSide]) -> _Card | None:
    """Return the first certain card with a requested side, else the segment most like a card; None without any text."""
    best: _Card | None = None
    for text in scan.segments(find_anchors):
        stacked = split_stacked_cards(text.lines)
        for lines in stacked:
            card = _lay_out(replace(text, lines=tuple(lines)))
            if len(stacked) == 1:
                card = _completed(scan, card)
            if card.card_side in requested and (card.card_side is not CardSide.HK_MACAO_BACK or card.mrz):
                return card  # the lines of a back may be apart from its print, and prove more
            if best is None or _card_likeness(card, requested) > _card_likeness(best, requested):
                best = card
    joined_text = scan.joined_across_edges(best.text) if best is not None and _may_be_a_part(best) else None
    joined = _lay_out(joined_text) if joined_text else best
    return joined if joined is not None and joined.card_side in requested else best


def _completed(scan: ImageScan, card: _Card) -> _Card:
    """Return the card with all text within its outline, if fields are missing.

    If that text shows no card, what it shows still counts against this one.
    """
    if card.outline is None or not _uncertain_fields(card):
        return card
    text = scan.completed_within(card.text, card.text.from_photo(card.outline))
    if text is None:
        return card
    completed = _lay_out(text, card.outline)
    if _uncertain_fields(completed) <= _uncertain_fields(card):
        return completed
    if completed.is_other_document and not _number(card):
        return completed
    if card.evidence is None or completed.evidence is None:
        return card
    return card.judged_by(card.evidence.with_closer(completed.evidence))


def _may_be_a_part(card: _Card) -> bool:
    """Tell whether this may be the text on one side of a hard shadow across a card."""
    return card.card_side is None and bool(card.finder.layout.anchors) and not card.is_other_document


def _card_likeness(card: _Card, requested: frozenset[CardSide]) -> tuple[bool, bool, bool, int]:
    is_known = card.card_side is not None
    return card.card_side in requested, is_known, not card.is_other_document, len(card.finder.layout.anchors)


def _lay_out(text: CardText, known_outline: Quad | None = None) -> _Card:
    """Classify a text and extract its fields. ``known_outline``: of this card in the photo, if none is found here."""
    finder = FieldFinder(Layout(text.lines), text.reread, text.is_covered, text.corners_in_photo, text.reread_checked)
    card_side = classify_card_side(finder)
    if card_side is None:
        return _unclassified(text, finder)
    seen, finder = finder, replace(finder, layout=finder.layout.with_misread_labels(LABELS_BY_SIDE[card_side]))
    mrz = hk_macao_back.machine_readable_facts(finder) if card_side is CardSide.HK_MACAO_BACK else None
    fields = (
        hk_macao_back.back_fields(finder, mrz) if card_side is CardSide.HK_MACAO_BACK else _FIELDS[card_side](finder)
    )
    outline = _outline(text, finder.layout.height)
    if outline is None and known_outline is not None:
        outline = text.from_photo(known_outline)
    card = _Card(card_side, text, finder, fields, mrz, outline=None if outline is None else text.in_photo(outline))
    return card.judged_by(
        document_evidence(
            card_side,
            text,
            seen,
            core=_area(card),
            fields=fields,
            mrz=mrz,
            outline=outline,
            glare=0.0 if outline is None else _glare(text, outline, finder.layout.height),
        )
    )


def _unclassified(text: CardText, finder: FieldFinder) -> _Card:
    """Return another document, or a text that is too little to tell; its outline, if glare hides a part of it."""
    if is_other_document(finder) or has_number_of_other_region(finder):
        return _Card(None, text, finder, {}, is_refused=True)
    outline = _outline(text, finder.layout.height)
    if outline is None or _glare(text, outline, finder.layout.height) < _MUCH_GLARE:
        return _Card(None, text, finder, {})
    return _Card(None, text, finder, {}, outline=text.in_photo(outline))


_FIELDS: Final[dict[CardSide, Callable[[FieldFinder], Fields]]] = {
    CardSide.RESIDENCE_FRONT: residence_permit.front_fields,
    CardSide.RESIDENCE_BACK: residence_permit.back_fields,
    **{card_side: partial(travel_permit.front_fields, permit=permit) for card_side, permit in PERMIT_BY_FRONT.items()},
}


def _outline(text: CardText, height: float) -> Quad | None:
    """Return the card's corners in the image; None if they are not found, which is never an error."""
    try:
        return find_outline(text, height)
    except _EXTRAS_ERRORS:
        return None


def _glare(text: CardText, outline: Quad, height: float) -> float:
    """Return the part of the card in glare; 0 if it cannot be measured, which is never an error."""
    try:
        return part_in_glare(text, outline, height)
    except _EXTRAS_ERRORS:
        return 0.0


def _core(card: _Card) -> tuple[TextLine, ...]:
    """Return the lines that certainly belong to the card: labels and their values; all if there is no label."""
    layout = card.finder.layout
    owned = [piece.line for piece in layout.pieces if piece.owner]
    return tuple(anchor.line for anchor in layout.anchors) + tuple(owned) if layout.anchors else card.text.lines


def _area(card: _Card) -> tuple[TextLine, ...]:
    """Return the lines that show where the card is: less than half of the labels do not show how large it is."""
    labels = {anchor.label for anchor in card.finder.layout.anchors} - {Label.TITLE, Label.NOISE}
    expected = len(LABELS_BY_SIDE[card.card_side]) if card.card_side else 2 * _FEW_LABELS
    if 2 * len(labels) < expected:
        return card.text.lines
    return _core(card) + tuple(machine_rows(card.finder))


def _is_clearly_refused(card: _Card) -> bool:
    """Tell whether more text would not make this a card: another document, a form, or large text of anything else."""
    if card.is_refused:
        return card.confidence < _CLEARLY_REFUSED
    if len(card.text.lines) < _FEW_LINES or _resembles_card(card):
        return False
    return _text_height(card, engine.COARSE_SIDE) > _LARGE_TEXT


def _resembles_card(card: _Card) -> bool:
    """Tell whether a title or some labels of a permit were read: glare may hide the others at the first detection."""
    layout = card.finder.layout
    return layout.anchor(Label.TITLE) is not None or len(layout.anchors) >= _FEW_LABELS


def _deserves_second_reading(card: _Card) -> bool:
    """Tell whether a closer crop may show more. A refusal must not cost more than a card."""
    if card.card_side is None:
        return not card.is_refused and (
            card.outline is not None or (_is_small(card) and len(card.finder.layout.anchors) >= _FEW_LABELS)
        )
    return _is_small(card) or bool(_uncertain_fields(card))


def _is_small(card: _Card) -> bool:
    return _text_height(card, engine.DETECTION_SIDE) < _SMALL_TEXT


def _text_height(card: _Card, longest_side: int) -> float:
    """Return the median text height in pixels in an image that is at most so long."""
    longest = float(max(card.text.image.shape[:2]))
    return card.finder.layout.height * min(1.0, longest_side / longest)


def _uncertain_fields(card: _Card) -> int:
    """Count the missing and uncertain fields: those always on this card side, and any others that were read."""
    if card.card_side is None:
        return _UNREADABLE
    required = sum(card.fields[name].confidence < _UNCERTAIN for name in _required_fields(card.card_side, card.fields))
    return required + sum(bool(found.text) and found.confidence < _UNCERTAIN for found in card.fields.values())


def _required_fields(card_side: CardSide, fields: Fields) -> tuple[str, ...]:
    """Return the fields that are always on this side, and on this edition of it."""
    required = _ALWAYS_PRESENT[card_side]
    has_count = card_side is CardSide.HK_MACAO_FRONT and not travel_permit.ends_with_count(fields["Number"].text)
    return (*required, "IssueNumber") if has_count else required


_ALWAYS_PRESENT: Final = {
    CardSide.RESIDENCE_FRONT: ("Name", "Sex", "Birth", "Address", "IdCardNo"),
    CardSide.RESIDENCE_BACK: ("ValidDate", "Authority", "VisaNum", "PassNo"),
    CardSide.HK_MACAO_FRONT: ("EnglishName", "Sex", "Birthday", "ValidDate", "IssueAuthority", "Number"),
    CardSide.HK_MACAO_BACK: ("Name", "IDNumber"),
    CardSide.TAIWAN_FRONT: (
        "Name",
        "Sex",
        "Birthday",
        "ValidDate",
        "IssueAuthority",
        "Number",
        "IssueAddress",
        "IssueNumber",
    ),
    CardSide.EXIT_ENTRY_FRONT: ("Name", "Sex", "Birthday", "ValidDate", "IssueAuthority", "Number", "IssueAddress"),
}


def _residence_reading(card: _Card, portrait_scale: float | None) -> Reading:
    fields = drop_uncertain(card.fields)
    if card.card_side is CardSide.RESIDENCE_BACK:
        return Reading(residence_permit.back_answer(fields), ReaderReport(confidences=confidences_of(fields)))
    if card.card_side is not CardSide.RESIDENCE_FRONT:
        return Reading(ResidencePermitAnswer(WarnCardInfos=NOT_ENABLED))
    answer = residence_permit.front_answer(fields)
    found = _portrait(card, portrait_scale)
    if found is not None:
        place = PortraitPlace(X=found.x, Y=found.y, Width=found.width, Height=found.height)
        answer = replace(answer, PortraitImageInfo=Portrait(PortraitImage=found.jpeg, ImageCoordinates=place))
    return Reading(answer, ReaderReport(confidences=confidences_of(fields)))


def _portrait(card: _Card, scale: float | None) -> PortraitCrop | None:
    """Return the portrait; None if it was not requested (no ``scale``) or not found. This is never an error."""
    if scale is None:
        return None
    try:
        return find_portrait(
            card.text,
            card.finder.layout,
            scale,
            on_the_left=card.card_side is not CardSide.RESIDENCE_FRONT,
            outline=None if card.outline is None else card.text.from_photo(card.outline),
        )
    except _EXTRAS_ERRORS:
        return None


def _warnings(pixels: Pixels, card: _Card) -> tuple[int, ...]:
    """Return the copy warnings; if the check fails, the same as without a check."""
    try:
        return photocopy.warnings(pixels, card.text, _core(card))
    except _EXTRAS_ERRORS:
        return NOT_ENABLED


def _travel_reading(card: _Card, side: Side, portrait_scale: float | None) -> Reading:
    fields = drop_uncertain(card.fields)
    if side is Side.BACK and card.card_side is CardSide.HK_MACAO_BACK:
        return Reading(
            hk_macao_back.back_answer(fields), ReaderReport(confidences=_with_back_names(confidences_of(fields)))
        )
    if side is not Side.FRONT or card.card_side not in PERMIT_BY_FRONT:
        raise ReadingError("FailedOperation.ImageNoSpecifiedCard")
    answer = travel_permit.front_answer(fields)
    found = _portrait(card, portrait_scale)
    return Reading(
        replace(answer, Profile=found.jpeg) if found else answer,
        ReaderReport(confidences=_with_front_names(confidences_of(fields))),
    )


def _with_front_names(confidences: Mapping[str, float]) -> Mapping[str, float]:
    """Return the confidences by the answer's field names; the answer has the type twice."""
    return {**confidences, f"{_BACK_INFOS}.Type": confidences["Type"]}


def _with_back_names(confidences: Mapping[str, float]) -> Mapping[str, float]:
    nested = {f"{_BACK_INFOS}.{name}": confidence for name, confidence in confidences.items()}
    return {"Type": confidences["Type"], **nested}

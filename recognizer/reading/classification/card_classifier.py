"""Classifies which side of which card the text is from: by title, else by specific labels, else by ``evidence``."""

import re

from permit_ocr.domain.card.chinese_script import simplified
from permit_ocr.domain.permits import PermitType
from recognizer.reading.classification.card_sides import PERMIT_BY_FRONT, CardSide
from recognizer.reading.classification.evidence import side_by_evidence
from recognizer.reading.classification.other_documents import is_other_document
from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.check_digits import is_valid_resident_number
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.mrz.document_codes import DocumentCode, document_code
from recognizer.reading.fields.mrz.machine_lines import has_parts_of_back, machine_lines, plain_line
from recognizer.reading.fields.resident_number_faults import faults_of
from recognizer.reading.layout.labels import TITLES, Label, edit_distance

_REGIONS = ("810000", "820000", "830000")
_MAX_MISREAD = 2
"""How many digits of a region may be misread."""
_NOT_ON_A_BACK = (Label.BIRTH, Label.VALIDITY, Label.SEX, Label.ADDRESS)
_MIN_FRONT_LABELS = 2
_TITLE_PARTS = {
    "来往内": PermitType.HK_MACAO_PERMIT,
    "来往大": PermitType.TAIWAN_PERMIT,
    "往来港": PermitType.EXIT_ENTRY_PERMIT,
}
_ETHNIC_GROUP = "民族"
_ETHNIC_GROUP_TEXTS = frozenset({_ETHNIC_GROUP, _ETHNIC_GROUP + "汉"})
_FRONT_OF_PERMIT = {permit: front for front, permit in PERMIT_BY_FRONT.items()}


def classify_card_side(finder: FieldFinder) -> CardSide | None:
    """Return the card side, or None for any other document."""
    if is_other_document(finder):
        return None
    if _has_hk_macao_code(finder):
        return CardSide.HK_MACAO_BACK
    card_side = _side_by_title_or_labels(finder) or side_by_evidence(finder)
    return None if card_side is CardSide.RESIDENCE_FRONT and _is_mainland_identity_card(finder) else card_side


def _side_by_title_or_labels(finder: FieldFinder) -> CardSide | None:
    layout = finder.layout
    permit = _permit_by_title(finder) or _permit_by_part_of_title(finder)
    if permit not in PERMIT_BY_FRONT.values() and _is_residence_front(finder, titled=permit is not None):
        return CardSide.RESIDENCE_FRONT
    if permit is PermitType.RESIDENCE_PERMIT or (permit is None and layout.has(Label.PASS_NUMBER, Label.AUTHORITY)):
        return CardSide.RESIDENCE_BACK
    if _is_hk_macao_back(finder, permit):
        return CardSide.HK_MACAO_BACK if permit in {None, PermitType.HK_MACAO_PERMIT} else None
    holder = layout.anchor(Label.BIRTH) or layout.anchor(Label.SEX) or layout.anchor(Label.VALIDITY)
    return _FRONT_OF_PERMIT.get(permit) if permit and (holder or finder.anywhere(value_parsers.dotted_date)) else None


def _is_residence_front(finder: FieldFinder, *, titled: bool) -> bool:
    """Tell whether this is a residence permit's front, which has no title, or a similar mainland identity card."""
    layout = finder.layout
    if layout.anchor(Label.RESIDENT_NUMBER):
        return True
    holder = layout.anchor(Label.SEX) or layout.anchor(Label.BIRTH) or finder.anywhere(_day)
    if layout.has(Label.ADDRESS, Label.NAME) and (holder or finder.anywhere(_citizens_number)):
        return True
    return not titled and bool(
        finder.anywhere(_citizens_number) or (layout.anchor(Label.SEX) and finder.anywhere(_day))
    )


def _is_mainland_identity_card(finder: FieldFinder) -> bool:
    """Tell whether this is another citizen's card: with an ethnic group, a nationality or another region's number."""
    number = finder.anywhere(_citizens_number)
    other_region = has_number_of_other_region(finder) or (number is not None and faults_of(number.text))
    return bool(other_region or finder.layout.anchor(Label.NATIONALITY) or _has_ethnic_group(finder))


def has_number_of_other_region(finder: FieldFinder) -> bool:
    """Tell whether the text has a mainland citizen's number, even partly read."""
    return finder.anywhere(_number_of_other_region) is not None


def _citizens_number(text: str) -> str | None:
    found = re.search(r"(?<!\d)\d{17}[\dX]", _printed(text))
    return found[0] if found and is_valid_resident_number(found[0]) else None


def _number_of_other_region(text: str) -> str | None:
    """Return region and birth date of another region's number; the rest may be unreadable."""
    found = re.search(r"(?<!\d)(\d{6})(?:19|20)\d\d(?:0\d|1[0-2])(?:[0-2]\d|3[01])", _printed(text))
    return found[0] if found and all(edit_distance(found[1], region) > _MAX_MISREAD for region in _REGIONS) else None


def _printed(text: str) -> str:
    """Return a text without spaces; empty if it is a machine-readable line, whose digits may look like a number."""
    return "" if plain_line(text) else re.sub(r"\s+", "", text)


def _has_ethnic_group(finder: FieldFinder) -> bool:
    """Tell whether an ethnic group is in the row of the sex or a separate text: addresses contain the word, too."""
    return any(
        _ETHNIC_GROUP in piece.text
        if piece.owner and piece.owner.label is Label.SEX
        else piece.text in _ETHNIC_GROUP_TEXTS
        for piece in finder.layout.pieces
    )


def _day(text: str) -> str | None:
    """Return the end of a birth date in the format that only the residence permit uses."""
    found = re.search(r"月\s*\d{1,2}\s*日", text)
    return found[0] if found else None


def _permit_by_title(finder: FieldFinder) -> PermitType | None:
    titles = [anchor for anchor in finder.layout.anchors if anchor.label is Label.TITLE]
    return TITLES[max(titles, key=lambda anchor: len(anchor.word)).word] if titles else None


def _permit_by_part_of_title(finder: FieldFinder) -> PermitType | None:
    """Identify a travel permit by the part of its title that glare leaves visible."""
    texts = [simplified(piece.text) for piece in finder.layout.pieces]
    permits = {permit for part, permit in _TITLE_PARTS.items() if any(part in text for text in texts)}
    return permits.pop() if len(permits) == 1 else None


def _has_hk_macao_code(finder: FieldFinder) -> bool:
    """Tell whether the machine-readable lines of a HK/Macao back are there, and no front beside it.

    The code decides whatever is printed above it: the labels are unknown, and a note may contain a front's label.
    """
    return not _has_front_labels(finder) and document_code(machine_lines(finder)) is DocumentCode.HK_MACAO_BACK


def _has_front_labels(finder: FieldFinder) -> bool:
    return sum(finder.layout.anchor(label) is not None for label in _NOT_ON_A_BACK) >= _MIN_FRONT_LABELS


def _is_hk_macao_back(finder: FieldFinder, permit: PermitType | None) -> bool:
    """Tell whether this is the HK/Macao permit's back without its code: by its title and labels, or parts of its lines.

    Other documents have an identity number, too, so one of those labels needs the title or another.
    """
    layout = finder.layout
    if document_code(machine_lines(finder)) is DocumentCode.EXIT_ENTRY_FRONT:
        return False  # one in eleven of its numbers is like an identity card's, and its line repeats it
    if not (layout.anchor(Label.BIRTH) or layout.anchor(Label.SEX)) and has_parts_of_back(finder):
        return True
    if any(layout.anchor(label) for label in _NOT_ON_A_BACK):
        return False
    specific = layout.anchor(Label.HISTORY_NUMBER) or (permit and layout.anchor(Label.IDENTITY_NUMBER))
    return bool(specific or layout.has(Label.NAME, Label.IDENTITY_NUMBER))

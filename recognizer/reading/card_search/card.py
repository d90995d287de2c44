"""What was read of a card, or of text that is no card: how sure it is, what is missing, and two readings in one."""

from dataclasses import dataclass, replace
from typing import Final

from recognizer.reading.card_evidence.document_confidence import REFUSED, DocumentEvidence, within_outline
from recognizer.reading.classification.card_area import card_pieces
from recognizer.reading.classification.card_sides import LABELS_BY_SIDE, CardSide
from recognizer.reading.classification.side_layout import missing_fields
from recognizer.reading.fields import travel_permit
from recognizer.reading.fields.confidence import merge_readings
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.mrz.facts import MrzFacts
from recognizer.reading.fields.mrz.machine_lines import machine_rows
from recognizer.reading.fields.ocr_field import Fields
from recognizer.reading.layout.labels import Label
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Quad
from recognizer.reading.ocr.text_lines import TextLine

FEW_LABELS: Final = 2
"""With fewer labels, text is not worth a closer look: it is hardly a card."""
_UNCERTAIN: Final = 0.6
"""A field with a lower confidence is worth a second reading."""
_UNREADABLE: Final = 99
"""More fields than any card side has."""
_NUMBERS: Final = ("IdCardNo", "PassNo", "Number", "IDNumber")
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


@dataclass(frozen=True, slots=True)
class Card:
    """A text with the fields that were read of it; ``card_side`` is None if it is no card, as far as is known."""

    card_side: CardSide | None
    text: CardText
    finder: FieldFinder
    fields: Fields
    mrz: MrzFacts | None = None
    evidence: DocumentEvidence | None = None
    """That this is a card of ``card_side``, or what speaks against it."""
    outline: Quad | None = None
    """The card's corners in the photo."""
    document: Quad | None = None
    """The same of a larger document of which the outline is a part, if there is one."""
    is_refused: bool = False
    """It is another document, or only the words of a card: a closer look would show the same."""
    seen_as: "Card | None" = None
    """What a refused card was before: with another reading, there may be enough evidence for it."""

    @property
    def is_other_document(self) -> bool:
        """Whether its title, code or number shows that it is no permit."""
        return self.is_refused and self.evidence is None

    @property
    def confidence(self) -> float:
        """How sure it is that this is a card of ``card_side``."""
        return self.evidence.confidence if self.evidence else 0.0

    @property
    def number(self) -> str:
        """The number that was read of the card: another one beside it is on another document."""
        return next((self.fields[name].text for name in _NUMBERS if name in self.fields), "")

    @property
    def outline_in_image(self) -> Quad | None:
        """The card's corners in ``text.image``."""
        return None if self.outline is None else self.text.from_photo(self.outline)

    @property
    def uncertain_fields(self) -> int:
        """How many fields are missing or uncertain: of those always on this side, and of any others that were read."""
        if self.card_side is None:
            return _UNREADABLE
        required = sum(
            self.fields[name].confidence < _UNCERTAIN for name in _required_fields(self.card_side, self.fields)
        )
        return required + sum(bool(found.text) and found.confidence < _UNCERTAIN for found in self.fields.values())

    def core(self) -> tuple[TextLine, ...]:
        """Return the lines that certainly belong to the card: labels and values; all if there is neither."""
        layout = self.finder.layout
        lines = [anchor.line for anchor in layout.anchors]
        outline = self.outline_in_image
        is_on_card = None if outline is None else within_outline(outline, self.text)
        lines += [
            piece.line
            for piece in card_pieces(layout, self.fields)
            if piece.owner or is_on_card is None or is_on_card(piece.line)
        ]
        return tuple(lines) or self.text.lines

    def area(self) -> tuple[TextLine, ...]:
        """Return the lines that show where the card is: less than half of its rows do not show how large it is."""
        labels = {anchor.label for anchor in self.finder.layout.anchors} - {Label.TITLE, Label.NOISE}
        expected = len(LABELS_BY_SIDE[self.card_side]) if self.card_side else 2 * FEW_LABELS
        values = len(card_pieces(self.finder.layout, self.fields))
        if 2 * max(len(labels), values) < expected:
            return self.text.lines
        return self.core() + tuple(machine_rows(self.finder))

    def judged_by(self, evidence: DocumentEvidence) -> "Card":
        """Return the card with this evidence, refused if that is too little."""
        if evidence.confidence < REFUSED:
            return replace(
                self,
                card_side=None,
                fields={},
                mrz=None,
                evidence=evidence,
                is_refused=True,
                seen_as=self.seen_as or self,
            )
        return replace(self, evidence=evidence)

    def judged_when_complete(self) -> "Card":
        """Return the card, less certain or refused if it lacks more than glare hides."""
        if self.card_side is None or self.evidence is None:
            return self
        missing = missing_fields(self.finder.layout, self.card_side, self.fields)
        return self.judged_by(self.evidence.with_missing(missing))

    def merged_with(self, second: "Card") -> "Card":
        """Return the better of two readings, merged with the other one if both show the same card side.

        If the second one was refused, its fields and evidence still count.
        """
        if second.seen_as is not None and second.seen_as.card_side is self.card_side:
            second = replace(second.seen_as, evidence=second.evidence)
        evidence = self.evidence or second.evidence
        if self.evidence and second.evidence:
            evidence = self.evidence.with_closer(second.evidence)
        better, other = (second, self) if second.uncertain_fields <= self.uncertain_fields else (self, second)
        if self.card_side is not second.card_side:
            return better if second.card_side is not None else replace(self, evidence=evidence)
        return replace(
            better,
            fields=merge_readings(better.fields, other.fields),
            mrz=better.mrz or other.mrz,
            evidence=evidence,
            outline=self.outline if self.outline is not None else second.outline,  # a crop may lack the card's edge
        )


def _required_fields(card_side: CardSide, fields: Fields) -> tuple[str, ...]:
    """Return the fields that are always on this side, and on this edition of it."""
    required = _ALWAYS_PRESENT[card_side]
    if card_side is not CardSide.HK_MACAO_FRONT:
        return required
    holder = "Nationality" if travel_permit.is_non_chinese(fields) else "Name"
    count = () if travel_permit.ends_with_count(fields["Number"].text) else ("IssueNumber",)
    return (*required, holder, *count)

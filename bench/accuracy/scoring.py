"""Scoring answers against the ground truth: correct fields, errors by cause, and errors at high confidence.

Every text field that is printed on the card counts once. ``MainlandTravelPermitBackInfos.Type`` is left out because it
repeats ``Type``. ``CardType`` counts as the side; portraits and warnings are measured by ``portraits`` and ``copies``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from bench.accuracy.worker import Outcome
from permit_ocr.domain.permits import PermitType
from recognizer.reading.card_evidence.document_confidence import REFUSED
from recognizer.reading.layout.labels import edit_distance
from specimens.cards.card import TITLES

CONFIDENT: Final = 0.9
"""An error at this confidence or more counts as a confident error."""
_NOT_SCORED: Final = frozenset(
    {"CardType", "MainlandTravelPermitBackInfos.Type", "PortraitImageInfo", "Profile", "WarnCardInfos"}
)


class Cause(StrEnum):
    """How a field is wrong."""

    REFUSED = "refused"
    MISSED = "missed"
    INVENTED = "invented"
    ONE_CHARACTER = "one char"
    PART = "part"
    """The truth is part of the answer, or the other way round."""
    OTHER = "other"


@dataclass(slots=True)
class Score:
    """Totals over a set of photos. A field counts if the truth or the answer has text for it."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, Counter[Cause]] = field(default_factory=lambda: defaultdict(Counter))
    cards: int = 0
    cards_right: int = 0
    kind_and_side_right: int = 0
    error_codes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    has_confidences: bool = True
    confident_errors: int = 0
    """Legible fields that are wrong at a confidence of ``CONFIDENT`` or more."""
    illegible: Counter[str] = field(default_factory=Counter)
    """Fields that a person cannot read, by result: empty, right, wrong, wrong and confident."""

    @property
    def fields(self) -> int:
        """The number of fields that count."""
        return self.right.total() + sum(causes.total() for causes in self.wrong.values())

    @property
    def all_confident_errors(self) -> int:
        """Errors at a confidence of ``CONFIDENT`` or more, in legible and illegible fields together."""
        return self.confident_errors + self.illegible["wrong and confident"]

    def add(self, truth: Mapping[str, Any], outcome: Outcome) -> list[str]:
        """Add one photo; return the names of the legible fields that are wrong."""
        expected = dict(text_fields(truth["answer"]))
        actual = dict(text_fields(outcome.answer)) if outcome.answer else dict.fromkeys(expected, "")
        self.cards += 1
        self.seconds.append(outcome.seconds)
        self.cpu_seconds.append(outcome.cpu_seconds)
        self.peak_mb = max(self.peak_mb, outcome.peak_mb)
        if outcome.error_code:
            self.error_codes[outcome.error_code] += 1
        else:
            self.has_confidences &= outcome.confidences is not None
        errors = [name for name in expected if self._add_field(name, expected[name], actual[name], truth, outcome)]
        self.cards_right += not errors
        self.kind_and_side_right += _is_right_kind_and_side(truth, outcome)
        return errors

    def _add_field(self, name: str, expected: str, actual: str, truth: Mapping[str, Any], outcome: Outcome) -> bool:
        """Add one field; return whether it is legible and wrong."""
        is_confident = (outcome.confidences or {}).get(name, 0.0) >= CONFIDENT
        if name in truth["illegible"]:
            if actual and actual != expected:
                result = "wrong and confident" if is_confident else "wrong"
            else:
                result = "right" if actual else "empty"
            self.illegible[result] += 1
            return False
        if actual == expected:
            if expected:
                self.right[name] += 1
            return False
        self.wrong[name][Cause.REFUSED if outcome.error_code else cause_of(expected, actual)] += 1
        self.confident_errors += bool(actual) and is_confident
        return True


def text_fields(answer: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the scored fields of an answer; nested names are joined with a dot, None becomes an empty string."""
    for key, value in answer.items():
        name = f"{prefix}{key}"
        if name in _NOT_SCORED:
            continue
        if isinstance(value, dict):
            yield from text_fields(value, f"{name}.")
        else:
            yield name, value or ""


def cause_of(expected: str, actual: str) -> Cause:
    """Classify the difference between two values that are not equal."""
    if not actual:
        return Cause.MISSED
    if not expected:
        return Cause.INVENTED
    if edit_distance(expected, actual) == 1:
        return Cause.ONE_CHARACTER
    return Cause.PART if expected in actual or actual in expected else Cause.OTHER


def _is_right_kind_and_side(truth: Mapping[str, Any], outcome: Outcome) -> bool:
    """Whether the card was recognised as what it is.

    The side of a travel permit is part of the request, and the wrong side is refused: any answer means the right side.
    A residence permit is refused with every field empty; but so is the answer if nobody can read any field of it. Then
    the document's confidence tells.
    """
    if outcome.error_code:
        return False
    if truth["kind"] == "residence-permit":
        has_text = any(value for _, value in text_fields(outcome.answer))
        is_side = outcome.answer["CardType"] == truth["answer"]["CardType"]
        return is_side and (has_text or outcome.document_confidence >= REFUSED)
    title: str = outcome.answer["Type"]
    return not title or title.startswith(TITLES[PermitType(truth["permit_type"])])

"""What a reading is worth: fields right and wrong, by cause, and how sure the reader was of what is wrong.

Measured are the fields of the answer that say something printed on the card, each once: every text field but
``MainlandTravelPermitBackInfos.Type``, which repeats ``Type``. Not measured as fields are the side (``CardType``: it is
measured with the kind), the portrait (``bench.accuracy_portrait``) and the warnings (``bench.copies``).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from bench.accuracy_bar import SURE
from bench.accuracy_worker import Outcome
from permit_ocr.domain.permits import PermitType
from recognizer.reading.layout.labels import edit_distance
from specimens.cards import TITLES

_NOT_MEASURED: Final = frozenset(
    {"CardType", "MainlandTravelPermitBackInfos.Type", "PortraitImageInfo", "Profile", "WarnCardInfos"}
)


class Cause(StrEnum):
    """How a field is wrong."""

    REFUSED = "refused"
    MISSED = "missed"
    INVENTED = "invented"
    ONE_CHARACTER = "one char"
    PART = "part"
    """The truth is part of what was read, or the other way round."""
    OTHER = "other"


@dataclass(slots=True)
class Score:
    """What one set of photographs came to. A field counts where the truth or the reading has text in it."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, Counter[Cause]] = field(default_factory=lambda: defaultdict(Counter))
    cards: int = 0
    cards_right: int = 0
    kind_and_side_right: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    processor_seconds: list[float] = field(default_factory=list)
    largest: float = 0.0
    """MB."""
    has_confidences: bool = True
    sure_and_wrong: int = 0
    illegible: Counter[str] = field(default_factory=Counter)
    """What became of fields that nobody could read: empty, right all the same, wrong, wrong and sure."""

    @property
    def fields(self) -> int:
        """Return how many fields were measured."""
        return self.right.total() + sum(causes.total() for causes in self.wrong.values())

    def add(self, truth: Mapping[str, Any], outcome: Outcome) -> list[str]:
        """Count one reading; return the names of the legible fields that are wrong."""
        wanted = dict(flat(truth["answer"]))
        values = dict(flat(outcome.answer)) if outcome.answer else dict.fromkeys(wanted, "")
        self.cards += 1
        self.seconds.append(outcome.seconds)
        self.processor_seconds.append(outcome.processor_seconds)
        self.largest = max(self.largest, outcome.largest)
        if outcome.refused:
            self.refused[outcome.refused] += 1
        else:
            self.has_confidences &= outcome.confidences is not None
        errors = [name for name in wanted if self._add_field(name, wanted[name], values[name], truth, outcome)]
        self.cards_right += not errors
        self.kind_and_side_right += _is_kind_and_side(truth, outcome)
        return errors

    def _add_field(self, name: str, wanted: str, value: str, truth: Mapping[str, Any], outcome: Outcome) -> bool:
        """Count one field; return whether it is legible and wrong."""
        sure = (outcome.confidences or {}).get(name, 0.0) >= SURE
        if name in truth["illegible"]:
            fate = "empty" if not value else "right" if value == wanted else "wrong and sure" if sure else "wrong"
            self.illegible[fate] += 1
            return False
        if value == wanted:
            if wanted:
                self.right[name] += 1
            return False
        self.wrong[name][Cause.REFUSED if outcome.refused else cause_of(wanted, value)] += 1
        self.sure_and_wrong += bool(value) and sure
        return True


def flat(answer: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Return the measured fields of an answer; nested names joined by a dot, None as empty."""
    for key, value in answer.items():
        name = f"{prefix}{key}"
        if name in _NOT_MEASURED:
            continue
        if isinstance(value, dict):
            yield from flat(value, f"{name}.")
        else:
            yield name, value or ""


def cause_of(wanted: str, value: str) -> Cause:
    """Return how a value differs from the one that is wanted; they do differ."""
    if not value:
        return Cause.MISSED
    if not wanted:
        return Cause.INVENTED
    if edit_distance(wanted, value) == 1:
        return Cause.ONE_CHARACTER
    return Cause.PART if wanted in value or value in wanted else Cause.OTHER


def _is_kind_and_side(truth: Mapping[str, Any], outcome: Outcome) -> bool:
    """Tell whether the card was taken for what it is.

    A travel permit's side is taken as said and refused where it is not that one, so an answer means the side is right.
    """
    if outcome.refused:
        return False
    if truth["kind"] == "residence-permit":
        said = [value for _, value in flat(outcome.answer) if value]
        return bool(said) and outcome.answer["CardType"] == truth["answer"]["CardType"]
    said_type: str = outcome.answer["Type"]
    return not said_type or said_type.startswith(TITLES[PermitType(truth["permit_type"])])

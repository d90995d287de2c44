"""A reviewer's decision on one side of a card, and the verdict that follows from it.

The fields, corrected where they were misread, are judged again by the same checks as before. What a person has looked
at needs no confidence, and it does not matter which endpoint read it; everything else still counts.

| decision | the corrected fields, judged again          | verdict                | reasons                        |
|----------|---------------------------------------------|------------------------|--------------------------------|
| accepted | *accepted* or *incomplete*                  | the same               | those of the judgement         |
| accepted | anything, and the reviewer overrides what   | accepted; *incomplete* | those of the judgement, and    |
|          | the checks, or those of the pair, object to | if the period is on    | ``override:<reason>``          |
|          |                                             | the other side         |                                |
| accepted | anything else                               | that of the judgement; a decision is refused            |
| rejected | anything                                    | rejected               | those of the judgement, and    |
|          |                                             |                        | ``review:<reason>``            |

A period of validity that was not read cannot be overridden: *accepted* says that it was read, and the reviewer can
correct it. An override covers the objections that the reviewer has seen, and no later one: if the card expires
afterwards, it is rejected in its pair.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final

from permit_ocr.domain.card.answers import Answer
from permit_ocr.domain.card.valid_date import ValidityStatus
from permit_ocr.domain.judgement import Judgement, judge_answer
from permit_ocr.domain.permits import Side
from permit_ocr.domain.reader_report import ReaderReport
from permit_ocr.domain.verdict import Verdict

_IMAGES: Final = frozenset({"Profile", "PortraitImageInfo"})
_ACCEPTABLE: Final = frozenset({Verdict.ACCEPTED, Verdict.INCOMPLETE})
_NO_OBJECTIONS: Final = frozenset(
    {f"validity:{ValidityStatus.EXPIRING}", f"validity:{ValidityStatus.NOT_ON_THIS_SIDE}"}
)
"""Reasons that come with an acceptable verdict."""


class Decision(StrEnum):
    """What the reviewer decided."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class DecisionReason(StrEnum):
    """Why the reviewer decided so."""

    READ_CORRECTLY = "read_correctly"  # accepted: the photo shows what was read
    CORRECTED = "corrected"  # accepted: with the corrected fields
    UNREADABLE = "unreadable"  # rejected: the photo does not show enough
    NOT_VALID = "not_valid"  # rejected: expired, or not valid yet
    NOT_GENUINE = "not_genuine"  # rejected: a copy, a screen, or altered
    WRONG_DOCUMENT = "wrong_document"  # rejected: another document, or another person's
    OTHER = "other"  # rejected for any other reason


REASONS_OF_ACCEPTANCE: Final = frozenset({DecisionReason.READ_CORRECTLY, DecisionReason.CORRECTED})


class OverrideReason(StrEnum):
    """Why the reviewer accepts a card to which the checks object."""

    ORIGINAL_SEEN = "original_seen"  # the card itself was seen
    ISSUER_CONFIRMED = "issuer_confirmed"  # the issuing authority has confirmed it
    EXCEPTION_GRANTED = "exception_granted"  # by a person who may grant it


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A field that was misread."""

    field: str
    """Its name in the answer; a nested field is named ``outer.inner``."""
    read: str
    """What was read; empty if nothing was."""
    corrected: str
    """What the card says; empty if it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """An acceptance against the checks."""

    reason: OverrideReason
    objections: tuple[str, ...]
    """The reasons against the card that are overridden, as in ``reasons``."""
    other_side: str | None
    """The id of the document with the card's other side, for which ``mismatch:<check>`` is overridden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A reviewer's decision."""

    decision: Decision
    reason: DecisionReason
    override: Override | None
    """Set if the card was accepted although the checks object."""
    corrections: tuple[Correction, ...]
    """The fields that were corrected. All others were read as they are in ``fields``."""
    reviewer: str
    """Who decided: the ARN of an IAM identity, or issuer and subject of a token."""
    verdict_before: Verdict
    """The verdict on what was read."""
    reasons_before: tuple[str, ...]
    """The reasons for it."""
    supersedes: str | None
    """The id of the decision's event that this one replaces."""


def text_fields(answer: Answer) -> dict[str, str]:
    """Return the fields that can be corrected, by their names in the answer, with their values."""
    return dict(_texts(answer))


def correct(answer: Answer, corrections: Mapping[str, str]) -> Answer:
    """Return ``answer`` with other values; the names must be some of ``text_fields``."""
    corrected: Answer = _corrected(answer, corrections)
    return corrected


def judge_checked(
    answer: Answer, *, side: Side, as_of: date, expiring_within_days: int, report: ReaderReport
) -> Judgement:
    """Judge fields that a person has checked, as of the day ``as_of`` in Shanghai.

    ``report`` has the confidences in what was read; those of corrected fields must be left out.
    """
    checked = judge_answer(
        answer,
        asked_side=side,
        as_of=as_of,
        expiring_within_days=expiring_within_days,
        report=replace(report, confidences={}, document_confidence=None),
    )
    confidences = {name: report.confidences.get(name) for name in checked.confidences}
    return replace(checked, confidences=confidences, document_confidence=report.document_confidence)


def objections(judgement: Judgement) -> tuple[str, ...]:
    """Return the reasons against accepting a card; none if its verdict is acceptable."""
    if judgement.verdict in _ACCEPTABLE:
        return ()
    return tuple(reason for reason in judgement.reasons if reason not in _NO_OBJECTIONS)


def has_period(judgement: Judgement) -> bool:
    """Tell whether the period of validity was read, or is not on this side: only then can a card be accepted."""
    return judgement.validity.status is not ValidityStatus.UNREADABLE


def overridden_mismatches(review: Review, *, other_side: str) -> frozenset[str]:
    """Return the mismatches that a reviewer has overridden between this side and the document ``other_side``."""
    accepted = review.override if review.decision is Decision.ACCEPTED else None
    return frozenset(accepted.objections) if accepted and accepted.other_side == other_side else frozenset()


def verdict_after(review: Review, judgement: Judgement) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict on a reviewed card and its reasons, by the table above; ``judgement`` may be a later one."""
    if review.decision is Decision.REJECTED:
        return Verdict.REJECTED, (*judgement.reasons, f"review:{review.reason}")
    covered = review.override and set(objections(judgement)) <= set(review.override.objections)
    if not review.override or not covered or not has_period(judgement):
        return judgement.verdict, judgement.reasons
    is_elsewhere = judgement.validity.status is ValidityStatus.NOT_ON_THIS_SIDE
    verdict = Verdict.INCOMPLETE if is_elsewhere else Verdict.ACCEPTED
    return verdict, (*judgement.reasons, f"override:{review.override.reason}")


def parse_review(stored: Mapping[str, Any]) -> Review:
    """Return the review in the stored JSON of an event."""
    overridden = stored["override"]
    return Review(
        decision=Decision(stored["decision"]),
        reason=DecisionReason(stored["reason"]),
        override=Override(
            reason=OverrideReason(overridden["reason"]),
            objections=tuple(overridden["objections"]),
            other_side=overridden["other_side"],
        )
        if overridden
        else None,
        corrections=tuple(Correction(**one) for one in stored["corrections"]),
        reviewer=stored["reviewer"],
        verdict_before=Verdict(stored["verdict_before"]),
        reasons_before=tuple(stored["reasons_before"]),
        supersedes=stored["supersedes"],
    )


def _texts(part: Any, prefix: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401  an answer or a part of it
    for field in fields(part):
        value = getattr(part, field.name)
        if field.name in _IMAGES:
            continue
        if isinstance(value, str):
            yield f"{prefix}{field.name}", value
        elif is_dataclass(value):
            yield from _texts(value, f"{prefix}{field.name}.")


def _corrected(part: Any, corrections: Mapping[str, str], prefix: str = "") -> Any:  # noqa: ANN401
    changes: dict[str, Any] = {}
    for field in fields(part):
        name, value = f"{prefix}{field.name}", getattr(part, field.name)
        if name in corrections:
            changes[field.name] = corrections[name]
        elif is_dataclass(value) and any(one.startswith(f"{name}.") for one in corrections):
            changes[field.name] = _corrected(value, corrections, f"{name}.")
    return replace(part, **changes)

"""Whether what a card says agrees with itself and with the rules of its document. Every card gets every check.

A reason is a fixed sentence: it names no value of a card, so it may be logged.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from permit_ocr.domain.card.normalized import NormalizedFields
from permit_ocr.domain.card.permit_number import (
    NON_CHINESE,
    Edition,
    age_on,
    editions_of_number,
    editions_of_type,
    lasts,
    terms_of,
)
from permit_ocr.domain.card.resident_number import ResidentNumber, parse_resident_number
from permit_ocr.domain.card.valid_date import Validity, ValidityStatus
from permit_ocr.domain.permits import Kind, PermitType, Sex, Side


class CheckName(StrEnum):
    """The checks."""

    RESIDENT_NUMBER_CHECK_DIGIT = "resident_number_check_digit"
    """The citizen identity number has its form and its check digit (GB 11643)."""
    RESIDENT_NUMBER_REGION = "resident_number_region"
    """The citizen identity number begins with Hong Kong's, Macao's or Taiwan's code."""
    RESIDENT_NUMBER_BIRTH = "resident_number_birth"
    """The date of birth in the citizen identity number is the one printed."""
    RESIDENT_NUMBER_SEX = "resident_number_sex"
    """The sex in the citizen identity number is the one printed."""
    PERMIT_NUMBER_GRAMMAR = "permit_number_grammar"
    """The travel permit's number has the form of its type."""
    HOLDER_FIELDS = "holder_fields"
    """What the side says of its holder was read. Numbers and the period of validity have checks of their own."""
    VALIDITY_DATES = "validity_dates"
    """The side that carries the period of validity gives one."""
    VALIDITY_TERM = "validity_term"
    """The period of validity is as long as the document's type, edition and holder's age ask for."""


class CheckOutcome(StrEnum):
    """What a check came to."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of one card."""

    name: CheckName
    """What was checked."""
    outcome: CheckOutcome
    """What it came to."""
    reason: str
    """Why, in a fixed sentence that names no value of the card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSide:
    """One side of a card as it was read: everything the checks look at."""

    kind: Kind
    side: Side
    permit_type: PermitType | None
    normalized: NormalizedFields
    validity: Validity

    @property
    def carries_resident_number(self) -> bool:
        """The citizen identity number is on the front of the residence permit."""
        return self.kind is Kind.RESIDENCE_PERMIT and self.side is Side.FRONT

    @property
    def carries_validity(self) -> bool:
        """The period of validity is on the back of the residence permit and on the front of the travel permits."""
        return (self.kind is Kind.RESIDENCE_PERMIT) == (self.side is Side.BACK)


type _Finding = tuple[CheckOutcome, str]

_TRAVEL_PERMITS: Final[tuple[PermitType, ...]] = (
    PermitType.HK_MACAO_PERMIT,
    PermitType.TAIWAN_PERMIT,
    PermitType.EXIT_ENTRY_PERMIT,
)
_PERMITS_OF_RESIDENTS: Final[tuple[PermitType, ...]] = (PermitType.HK_MACAO_PERMIT, PermitType.TAIWAN_PERMIT)
_HOLDER_FIELDS: Final[dict[tuple[Kind, Side], tuple[str, ...]]] = {
    # What every such side carries, and without which the other checks and a low confidence would have nothing to say.
    (Kind.RESIDENCE_PERMIT, Side.FRONT): ("name", "sex", "birth_date"),
    (Kind.RESIDENCE_PERMIT, Side.BACK): (),
    (Kind.MAINLAND_PERMIT, Side.FRONT): ("name", "birth_date"),
    (Kind.MAINLAND_PERMIT, Side.BACK): ("name", "id_card_number"),
}
_NO_RESIDENT_NUMBER: Final = (CheckOutcome.NOT_APPLICABLE, "This side carries no citizen identity number.")
_MALFORMED: Final = (CheckOutcome.NOT_APPLICABLE, "The citizen identity number has not the form of one.")


def check_face(face: CardSide) -> tuple[Check, ...]:
    """Return every check of ``face``, always in the same order."""
    findings = ((name, check(face)) for name, check in _CHECKS.items())
    return tuple(Check(name=name, outcome=outcome, reason=reason) for name, (outcome, reason) in findings)


def _check_digit(face: CardSide) -> _Finding:
    if not face.carries_resident_number:
        return _NO_RESIDENT_NUMBER
    if face.normalized.number is None:
        return CheckOutcome.FAILED, "No citizen identity number was read."
    number = parse_resident_number(face.normalized.number)
    if number is None:
        return CheckOutcome.FAILED, "The citizen identity number is not 17 digits and a check digit."
    if not number.check_digit_belongs:
        return CheckOutcome.FAILED, "The check digit does not belong to the citizen identity number."
    return CheckOutcome.PASSED, "The check digit belongs to the citizen identity number."


def _region(face: CardSide) -> _Finding:
    number = _resident_number(face)
    if not isinstance(number, ResidentNumber):
        return number
    if number.region is None:
        return CheckOutcome.FAILED, "The citizen identity number begins with none of the three regions' codes."
    return CheckOutcome.PASSED, "The citizen identity number begins with a region's code."


def _birth(face: CardSide) -> _Finding:
    number = _resident_number(face)
    if not isinstance(number, ResidentNumber):
        return number
    if number.birth is None:
        return CheckOutcome.FAILED, "The citizen identity number contains no possible date of birth."
    if number.birth > face.validity.as_of:
        return CheckOutcome.FAILED, "The date of birth in the citizen identity number is yet to come."
    if face.normalized.birth_date is None:
        return CheckOutcome.NOT_APPLICABLE, "No printed date of birth was read to compare with."
    if number.birth != face.normalized.birth_date:
        return CheckOutcome.FAILED, "The date of birth in the citizen identity number is not the printed one."
    return CheckOutcome.PASSED, "The date of birth in the citizen identity number is the printed one."


def _sex(face: CardSide) -> _Finding:
    number = _resident_number(face)
    if not isinstance(number, ResidentNumber):
        return number
    if face.normalized.sex is Sex.NOT_KNOWN:
        return CheckOutcome.NOT_APPLICABLE, "No printed sex was read to compare with."
    if number.sex is not face.normalized.sex:
        return CheckOutcome.FAILED, "The sex in the citizen identity number is not the printed one."
    return CheckOutcome.PASSED, "The sex in the citizen identity number is the printed one."


def _resident_number(face: CardSide) -> ResidentNumber | _Finding:
    if not face.carries_resident_number:
        return _NO_RESIDENT_NUMBER
    return parse_resident_number(face.normalized.number or "") or _MALFORMED


def _grammar(face: CardSide) -> _Finding:
    if face.kind is Kind.RESIDENCE_PERMIT:
        # The back gives a travel permit's number without its type: it is either of those that residents have.
        number, types = face.normalized.permit_number, _PERMITS_OF_RESIDENTS
        if number is None and face.normalized.issue_count is not None:
            return CheckOutcome.FAILED, "Issues of a travel permit are counted, but its number was not read."
        if number is None:  # its holder has none
            return CheckOutcome.NOT_APPLICABLE, "This side gives no travel permit number."
    elif face.side is Side.BACK:
        return CheckOutcome.NOT_APPLICABLE, "This side carries no permit number."
    else:
        number, types = face.normalized.number, _types(face)
        if number is None:
            return CheckOutcome.FAILED, "No permit number was read."
    if not editions_of_number(number, types):
        return CheckOutcome.FAILED, "The permit number has not the form of its type."
    return CheckOutcome.PASSED, "The permit number has the form of its type."


def _types(face: CardSide) -> tuple[PermitType, ...]:
    """Return what a travel permit can be: its type, or any of them where that was not read."""
    return (face.permit_type,) if face.permit_type else _TRAVEL_PERMITS


def _holder(face: CardSide) -> _Finding:
    wanted = _HOLDER_FIELDS[face.kind, face.side]
    if not wanted:
        return CheckOutcome.NOT_APPLICABLE, "This side says nothing of its holder but numbers."
    if not all(_is_read(name, face) for name in wanted):
        return CheckOutcome.FAILED, "Something that this side says of its holder was not read."
    return CheckOutcome.PASSED, "What this side says of its holder was read."


def _is_read(name: str, face: CardSide) -> bool:
    if getattr(face.normalized, name) not in {None, Sex.NOT_KNOWN}:
        return True
    # Who is no Chinese citizen may have a romanised name alone.
    return name == "name" and face.normalized.english_name is not None and NON_CHINESE in _editions(face)


def _dates(face: CardSide) -> _Finding:
    if face.validity.status is ValidityStatus.UNREADABLE:
        return CheckOutcome.FAILED, "The period of validity cannot be read, or is impossible."
    if face.validity.status is not ValidityStatus.NOT_ON_THIS_SIDE:
        return CheckOutcome.PASSED, "The period of validity was read."
    if face.carries_validity:
        return CheckOutcome.FAILED, "This side carries a period of validity, but none was read."
    return CheckOutcome.NOT_APPLICABLE, "This side carries no period of validity."


def _term(face: CardSide) -> _Finding:
    start, end, birth = face.validity.valid_from, face.validity.valid_until, face.normalized.birth_date
    if face.validity.status is ValidityStatus.LONG_TERM:
        return CheckOutcome.FAILED, "The document is never issued without an end."
    if start is None or end is None:
        return CheckOutcome.NOT_APPLICABLE, "There is no period of validity to measure."
    if birth and birth > start:
        return CheckOutcome.FAILED, "The period of validity begins before the printed date of birth."
    terms = terms_of(_editions(face), age=age_on(start, birth=birth) if birth else None)
    if not any(lasts(start, end, years=years) for years in terms):
        return (
            CheckOutcome.FAILED,
            "The period of validity is not as long as the document's type and the holder's age ask for.",
        )
    return CheckOutcome.PASSED, "The period of validity is as long as the document's type and the holder's age ask for."


def _editions(face: CardSide) -> tuple[Edition, ...]:
    """Return the editions a card can be of: by its number, or all of its type where the number tells nothing."""
    types = (PermitType.RESIDENCE_PERMIT,) if face.kind is Kind.RESIDENCE_PERMIT else _types(face)
    editions = editions_of_number(face.normalized.number or "", types) or editions_of_type(types)
    # How numbers of non-Chinese citizens are formed is inferred, not documented: a nationality says it too.
    return (*editions, NON_CHINESE) if face.normalized.nationality else editions


_CHECKS: Final[dict[CheckName, Callable[[CardSide], _Finding]]] = {
    CheckName.RESIDENT_NUMBER_CHECK_DIGIT: _check_digit,
    CheckName.RESIDENT_NUMBER_REGION: _region,
    CheckName.RESIDENT_NUMBER_BIRTH: _birth,
    CheckName.RESIDENT_NUMBER_SEX: _sex,
    CheckName.PERMIT_NUMBER_GRAMMAR: _grammar,
    CheckName.HOLDER_FIELDS: _holder,
    CheckName.VALIDITY_DATES: _dates,
    CheckName.VALIDITY_TERM: _term,
}

"""Checks that a card is consistent with itself and with the rules of its document. Every card gets every check."""

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

    RESIDENT_NUMBER_CHECK_DIGIT = "resident_number_check_digit"  # 17 digits and the right check digit (GB 11643)
    RESIDENT_NUMBER_REGION = "resident_number_region"  # starts with the code of Hong Kong, Macao or Taiwan
    RESIDENT_NUMBER_BIRTH = "resident_number_birth"  # contains the printed date of birth
    RESIDENT_NUMBER_SEX = "resident_number_sex"  # contains the printed sex
    PERMIT_NUMBER_FORMAT = "permit_number_format"  # the travel permit's number has the format of its type
    HOLDER_FIELDS = "holder_fields"  # the holder's data was read; numbers and the period have their own checks
    VALIDITY_DATES = "validity_dates"  # the side that carries the period of validity has one
    VALIDITY_TERM = "validity_term"  # as long as the document's type, its edition and the holder's age require


class CheckOutcome(StrEnum):
    """The outcome of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of one card."""

    name: CheckName
    """What was checked."""
    outcome: CheckOutcome
    """The outcome."""
    reason: str
    """Why, as a fixed sentence without any value from the card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSide:
    """One side of a card as it was read: the input of the checks."""

    kind: Kind
    side: Side
    permit_type: PermitType | None
    normalized: NormalizedFields
    validity: Validity

    @property
    def carries_resident_number(self) -> bool:
        """The citizen identity number is on the front of the residence permit."""
        return self.kind is Kind.RESIDENCE_PERMIT and self.side is Side.FRONT


type Finding = tuple[CheckOutcome, str]
"""The outcome of a check and its reason, a fixed sentence without any value from the card: it can be logged."""

_PERMITS_OF_RESIDENTS: Final[tuple[PermitType, ...]] = (PermitType.HK_MACAO_PERMIT, PermitType.TAIWAN_PERMIT)
_TRAVEL_PERMITS: Final[tuple[PermitType, ...]] = (*_PERMITS_OF_RESIDENTS, PermitType.EXIT_ENTRY_PERMIT)
_HOLDER_FIELDS: Final[dict[tuple[Kind, Side], tuple[str, ...]]] = {
    # What every such side carries. Without these fields, neither the other checks nor a low confidence could notice.
    (Kind.RESIDENCE_PERMIT, Side.FRONT): ("name", "sex", "birth_date"),
    (Kind.RESIDENCE_PERMIT, Side.BACK): (),
    (Kind.MAINLAND_PERMIT, Side.FRONT): ("name", "birth_date"),
    (Kind.MAINLAND_PERMIT, Side.BACK): ("name", "id_card_number"),
}
_NO_RESIDENT_NUMBER: Final = (CheckOutcome.NOT_APPLICABLE, "This side carries no citizen identity number.")
_MALFORMED: Final = (CheckOutcome.NOT_APPLICABLE, "The citizen identity number is malformed.")


def check_card_side(card: CardSide) -> tuple[Check, ...]:
    """Return every check of ``card``, always in the same order."""
    findings = ((name, check(card)) for name, check in _CHECKS.items())
    return tuple(Check(name=name, outcome=outcome, reason=reason) for name, (outcome, reason) in findings)


def _check_digit(card: CardSide) -> Finding:
    if not card.carries_resident_number:
        return _NO_RESIDENT_NUMBER
    if card.normalized.number is None:
        return CheckOutcome.FAILED, "No citizen identity number was read."
    number = parse_resident_number(card.normalized.number)
    if number is None:
        return CheckOutcome.FAILED, "The citizen identity number is not 17 digits and a check digit."
    if not number.has_valid_check_digit:
        return CheckOutcome.FAILED, "The check digit of the citizen identity number is wrong."
    return CheckOutcome.PASSED, "The check digit of the citizen identity number is right."


def _region(card: CardSide) -> Finding:
    number = _resident_number(card)
    if not isinstance(number, ResidentNumber):
        return number
    codes = "the code of Hong Kong, Macao or Taiwan"
    if number.region is None:
        return CheckOutcome.FAILED, f"The citizen identity number does not start with {codes}."
    return CheckOutcome.PASSED, f"The citizen identity number starts with {codes}."


def _birth(card: CardSide) -> Finding:
    number = _resident_number(card)
    if not isinstance(number, ResidentNumber):
        return number
    if number.birth is None:
        return CheckOutcome.FAILED, "The citizen identity number contains no valid date of birth."
    if number.birth > card.validity.as_of:
        return CheckOutcome.FAILED, "The date of birth in the citizen identity number is in the future."
    if card.normalized.birth_date is None:
        return CheckOutcome.NOT_APPLICABLE, "No printed date of birth was read that could be compared."
    if number.birth != card.normalized.birth_date:
        return CheckOutcome.FAILED, "The date of birth in the citizen identity number differs from the printed one."
    return CheckOutcome.PASSED, "The date of birth in the citizen identity number matches the printed one."


def _sex(card: CardSide) -> Finding:
    number = _resident_number(card)
    if not isinstance(number, ResidentNumber):
        return number
    if card.normalized.sex is Sex.NOT_KNOWN:
        return CheckOutcome.NOT_APPLICABLE, "No printed sex was read that could be compared."
    if number.sex is not card.normalized.sex:
        return CheckOutcome.FAILED, "The sex in the citizen identity number differs from the printed one."
    return CheckOutcome.PASSED, "The sex in the citizen identity number matches the printed one."


def _resident_number(card: CardSide) -> ResidentNumber | Finding:
    if not card.carries_resident_number:
        return _NO_RESIDENT_NUMBER
    return parse_resident_number(card.normalized.number or "") or _MALFORMED


def _number_format(card: CardSide) -> Finding:
    if card.kind is Kind.RESIDENCE_PERMIT:
        # The back has a travel permit's number without its type: it is one of the two types that residents hold.
        number, types = card.normalized.permit_number, _PERMITS_OF_RESIDENTS
        if number is None and card.normalized.issue_count is not None:
            return CheckOutcome.FAILED, "An issue count of a travel permit was read, but not its number."
        if number is None:  # the holder has no travel permit
            return CheckOutcome.NOT_APPLICABLE, "This side has no travel permit number."
    elif card.side is Side.BACK:
        return CheckOutcome.NOT_APPLICABLE, "This side carries no permit number."
    else:
        number, types = card.normalized.number, _types(card)
        if number is None:
            return CheckOutcome.FAILED, "No permit number was read."
    if not editions_of_number(number, types):
        return CheckOutcome.FAILED, "The permit number does not have the format of its type."
    return CheckOutcome.PASSED, "The permit number has the format of its type."


def _types(card: CardSide) -> tuple[PermitType, ...]:
    """Return the possible types of a travel permit: its own, or all of them if it was not read."""
    return (card.permit_type,) if card.permit_type else _TRAVEL_PERMITS


def _holder(card: CardSide) -> Finding:
    wanted = _HOLDER_FIELDS[card.kind, card.side]
    if not wanted:
        return CheckOutcome.NOT_APPLICABLE, "This side carries no data about the holder except numbers."
    if not all(_is_read(name, card) for name in wanted):
        return CheckOutcome.FAILED, "Some of the holder's data on this side was not read."
    return CheckOutcome.PASSED, "The holder's data on this side was read."


def _is_read(name: str, card: CardSide) -> bool:
    if getattr(card.normalized, name) not in {None, Sex.NOT_KNOWN}:
        return True
    # Holders who are not Chinese citizens may have only a romanised name.
    return name == "name" and card.normalized.english_name is not None and NON_CHINESE in _editions(card)


def _dates(card: CardSide) -> Finding:
    if card.validity.status is ValidityStatus.NOT_ON_THIS_SIDE:
        return CheckOutcome.NOT_APPLICABLE, "This side carries no period of validity."
    if card.validity.status is not ValidityStatus.UNREADABLE:
        return CheckOutcome.PASSED, "The period of validity was read."
    if not card.validity.raw.strip():
        return CheckOutcome.FAILED, "This side carries a period of validity, but none was read."
    return CheckOutcome.FAILED, "The period of validity is unreadable or impossible."


def _term(card: CardSide) -> Finding:
    start, end, birth = card.validity.valid_from, card.validity.valid_until, card.normalized.birth_date
    if card.validity.status is ValidityStatus.LONG_TERM:
        return CheckOutcome.FAILED, "This document is never issued without an end date."
    if start is None or end is None:
        return CheckOutcome.NOT_APPLICABLE, "There is no complete period of validity to check."
    if birth and birth > start:
        return CheckOutcome.FAILED, "The period of validity starts before the printed date of birth."
    terms = terms_of(_editions(card), age=age_on(start, birth=birth) if birth else None)
    length = "the length that the document's type and the holder's age require"
    if not any(lasts(start, end, years=years) for years in terms):
        return CheckOutcome.FAILED, f"The period of validity does not have {length}."
    return CheckOutcome.PASSED, f"The period of validity has {length}."


def _editions(card: CardSide) -> tuple[Edition, ...]:
    """Return the possible editions of a card: by its number, or all of its type if the number matches none."""
    types = (PermitType.RESIDENCE_PERMIT,) if card.kind is Kind.RESIDENCE_PERMIT else _types(card)
    editions = editions_of_number(card.normalized.number or "", types) or editions_of_type(types)
    # The number format for non-Chinese citizens is inferred, not documented: a nationality is a sign too.
    return (*editions, NON_CHINESE) if card.normalized.nationality else editions


_CHECKS: Final[dict[CheckName, Callable[[CardSide], Finding]]] = {
    CheckName.RESIDENT_NUMBER_CHECK_DIGIT: _check_digit,
    CheckName.RESIDENT_NUMBER_REGION: _region,
    CheckName.RESIDENT_NUMBER_BIRTH: _birth,
    CheckName.RESIDENT_NUMBER_SEX: _sex,
    CheckName.PERMIT_NUMBER_FORMAT: _number_format,
    CheckName.HOLDER_FIELDS: _holder,
    CheckName.VALIDITY_DATES: _dates,
    CheckName.VALIDITY_TERM: _term,
}

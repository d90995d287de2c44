"""What is wrong with a residence permit's number as it was read."""

from enum import StrEnum

from permit_ocr.domain.card.resident_number import parse_resident_number


class NumberFault(StrEnum):
    """What is wrong with a residence permit's number."""

    FORM = "form"
    """Not 17 digits and a check digit."""
    CHECK_DIGIT = "check-digit"
    """The check digit does not match the digits before it."""
    REGION = "region"
    """The first six digits are not the code of one of the three regions."""
    BIRTH = "birth"
    """Digits 7 to 14 are not a date."""


def faults_of(number: str) -> tuple[NumberFault, ...]:
    """Return everything that is wrong with ``number``; empty if it could be a residence permit's."""
    parsed = parse_resident_number(number)
    if parsed is None:
        return (NumberFault.FORM,)
    faults = (
        (NumberFault.CHECK_DIGIT, not parsed.has_valid_check_digit),
        (NumberFault.REGION, parsed.region is None),
        (NumberFault.BIRTH, parsed.birth is None),
    )
    return tuple(fault for fault, applies in faults if applies)

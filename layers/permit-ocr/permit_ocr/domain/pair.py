"""Pairs: the front and the back of one card, sent as two photos of one case, and whether they belong together.

The two sides have little in common. Source: the API pages, and what is printed on the cards.

| card             | front                    | back                        | what can be compared       |
|------------------|--------------------------|-----------------------------|----------------------------|
| Hong Kong and    | name, number (H… or M…), | name, type, number of the   | the name, the type, the    |
| Macao permit     | birth, period, type      | region's own identity card, | region of the numbers, all |
|                  |                          | machine-readable zone       | that the zone repeats      |
| residence permit | name, birth, citizen     | period, travel permit's     | the region of the numbers, |
|                  | identity number (81…,    | number (H…, M…, or digits   | the period with the date   |
|                  | 82…, 83…)                | for Taiwan)                 | of birth                   |

No action reads the back of a Taiwan resident's permit or of an exit-entry permit: these never form a pair.

| verdict of the pair | if                                        | reasons                                     |
|---------------------|-------------------------------------------|---------------------------------------------|
| rejected            | a side is rejected                        | those of the sides                          |
| review              | a side needs review, or a check failed    | those of the sides, and ``mismatch:<check>``|
| accepted            | otherwise                                 | those of the sides                          |

A side that is *incomplete* by itself is completed by the other, which carries the period: ``validity:not_on_this_side``
is no reason of a pair. If the sides do not match, neither can be relied on: both need a review at least, for the same
mismatches. Nor does a side count as accepted beside one that a reviewer has rejected; but it needs no review for
that, and does not have to match such a side. A mismatch that a reviewer overrides for these two documents is no reason
any more.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from permit_ocr.domain.card.chinese_script import half_width, simplified
from permit_ocr.domain.card.machine_readable_zone import MachineReadableZone
from permit_ocr.domain.card.permit_number import editions_of_number
from permit_ocr.domain.card.resident_number import Region, parse_resident_number
from permit_ocr.domain.card.valid_date import Validity, ValidityStatus
from permit_ocr.domain.checks import CheckOutcome, Finding
from permit_ocr.domain.judgement import Judgement
from permit_ocr.domain.permits import Kind, PermitType, Sex
from permit_ocr.domain.verdict import Verdict

CASE_PATTERN: Final = r"[A-Za-z0-9._-]{1,64}"
"""Regular expression of a complete case name. Opaque: it must not contain a person's name or a document's number."""
CASE_RULE: Final = "1 to 64 letters, digits, full stops, underscores and hyphens"
"""``CASE_PATTERN`` in words."""

_HONG_KONG_IDENTITY: Final = re.compile(r"[A-Z]{1,2}[0-9]{6}\(?[0-9A]\)?")
_MACAO_IDENTITY: Final = re.compile(r"[157]/?[0-9]{6}(?:/[0-9]|\(?[0-9]\)?)")
type Compared = Callable[[Judgement, MachineReadableZone], Iterator[tuple[object, object]]]
"""Yields what the front says and what the zone says; None if one of them says nothing."""

_SEVERITY: Final = (Verdict.INCOMPLETE, Verdict.ACCEPTED, Verdict.REVIEW, Verdict.REJECTED)
"""*Incomplete* comes first: a pair is incomplete only if both sides are."""
_NOT_ON_THIS_SIDE: Final = f"validity:{ValidityStatus.NOT_ON_THIS_SIDE}"
_OTHER_SIDE_REJECTED: Final = "other_side:rejected"


class PairCheckName(StrEnum):
    """The checks between the sides of a pair."""

    NAME = "name"  # the same name, in simplified or traditional characters, or in Latin letters
    NUMBER = "number"  # the same numbers, where both sides have them, and of holders from the same region
    PERMIT_TYPE = "permit_type"  # the same document type
    VALIDITY = "validity"  # the same period, or one that starts on or after the date of birth on the other side
    MRZ_NUMBER = "mrz_number"  # the front's number and issue count, as in the back's machine-readable zone
    MRZ_DATES = "mrz_dates"  # the front's date of birth and last day of validity, as in the zone
    MRZ_SEX = "mrz_sex"  # the front's sex, as in the zone
    MRZ_NAME = "mrz_name"  # the front's names, as far as the zone has room for them


MISMATCHES: Final = frozenset(f"mismatch:{name}" for name in PairCheckName)
"""The reasons of pairs whose sides do not match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCheck:
    """One check between the two sides."""

    name: PairCheckName
    """What was compared."""
    outcome: CheckOutcome
    """The outcome; *failed* means a mismatch."""
    reason: str
    """Why, as a fixed sentence without any value from a card."""


def is_case(text: str) -> bool:
    """Tell whether ``text`` is a valid case name."""
    return re.fullmatch(CASE_PATTERN, text, re.ASCII) is not None


def check_pair(front: Judgement, back: Judgement) -> tuple[PairCheck, ...]:
    """Return every check between the two sides of one kind, always in the same order."""
    findings = ((name, check(front, back)) for name, check in _CHECKS.items())
    return tuple(PairCheck(name=name, outcome=outcome, reason=reason) for name, (outcome, reason) in findings)


def decide_pair(front: Judgement, back: Judgement, mismatches: tuple[str, ...]) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict on a pair and the codes of the reasons; see the table above."""
    verdict = max(front.verdict, back.verdict, *([Verdict.REVIEW] if mismatches else []), key=_SEVERITY.index)
    reasons = dict.fromkeys((*front.reasons, *back.reasons, *mismatches))
    if verdict is not Verdict.INCOMPLETE:
        reasons.pop(_NOT_ON_THIS_SIDE, None)
    return verdict, tuple(reasons)


def verdict_in_pair(
    side: Judgement, mismatches: tuple[str, ...], pair_verdict: Verdict
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict on one side of a pair and its reasons; see the table above."""
    if pair_verdict is Verdict.REJECTED and side.verdict is Verdict.ACCEPTED:
        return Verdict.REVIEW, (*side.reasons, *mismatches, _OTHER_SIDE_REJECTED)
    verdict = side.verdict if side.verdict is Verdict.REJECTED or not mismatches else Verdict.REVIEW
    return verdict, (*side.reasons, *mismatches)


def mismatches_of(checks: Iterable[PairCheck], *, overridden: Collection[str] = ()) -> tuple[str, ...]:
    """Return the reasons ``mismatch:<check>`` of the checks that failed, but not those that a reviewer overrides."""
    failed = (f"mismatch:{check.name}" for check in checks if check.outcome is CheckOutcome.FAILED)
    return tuple(reason for reason in failed if reason not in overridden)


def has_mismatch(reasons: Iterable[str]) -> bool:
    """Tell whether a side has these reasons because it does not match the other one."""
    return not MISMATCHES.isdisjoint(reasons)


def validity_of_pair(front: Judgement, back: Judgement) -> Validity:
    """Return the validity of the side that has a period; the front's if neither has one."""
    return next((side.validity for side in (front, back) if _has_period(side)), front.validity)


def _name(front: Judgement, back: Judgement) -> Finding:
    back_name = back.normalized.name
    is_romanised = back_name is not None and bool(_letters(back_name))
    front_name = front.normalized.english_name if is_romanised else front.normalized.name
    if not front_name or not back_name:
        return CheckOutcome.NOT_APPLICABLE, "The two sides have no names that can be compared."
    if (_letters(front_name) or _characters(front_name)) != (_letters(back_name) or _characters(back_name)):
        return CheckOutcome.FAILED, "The two sides have different names."
    return CheckOutcome.PASSED, "Both sides have the same name."


def _letters(name: str) -> str:
    """Return the letters of a romanised name; empty for a name in Chinese characters."""
    return "".join(char for char in half_width(name).casefold() if char.isascii() and char.isalpha())


def _characters(name: str) -> str:
    return "".join(char for char in simplified(name) if char.isalpha())


def _number(front: Judgement, back: Judgement) -> Finding:
    numbers = (
        (front.normalized.number, back.normalized.number),
        (front.normalized.permit_number, back.normalized.permit_number),
    )
    on_both = [(front_number, back_number) for front_number, back_number in numbers if front_number and back_number]
    if any(front_number != back_number for front_number, back_number in on_both):
        return CheckOutcome.FAILED, "The two sides have different numbers."
    front_region, back_region = _region_of_front(front), _region_of_back(back)
    if front_region and back_region and front_region is not back_region:
        return CheckOutcome.FAILED, "The numbers on the two sides belong to holders from different regions."
    if on_both:
        return CheckOutcome.PASSED, "Both sides have the same number."
    if front_region and back_region:
        return CheckOutcome.PASSED, (
            "The numbers on the two sides belong to holders from the same region; nothing else is compared."
        )
    return CheckOutcome.NOT_APPLICABLE, "The two sides have no numbers that can be compared."


def _region_of_front(front: Judgement) -> Region | None:
    number = front.normalized.number or ""
    if front.kind is Kind.MAINLAND_PERMIT:
        return _region_of_permit(number, (PermitType.HK_MACAO_PERMIT,))
    resident_number = parse_resident_number(number)
    return resident_number.region if resident_number else None


def _region_of_back(back: Judgement) -> Region | None:
    if back.kind is Kind.RESIDENCE_PERMIT:
        types = (PermitType.HK_MACAO_PERMIT, PermitType.TAIWAN_PERMIT)
        return _region_of_permit(back.normalized.permit_number or "", types)
    identity = back.normalized.id_card_number or ""
    if _HONG_KONG_IDENTITY.fullmatch(identity):
        return Region.HONG_KONG
    return Region.MACAO if _MACAO_IDENTITY.fullmatch(identity) else None


def _region_of_permit(number: str, types: tuple[PermitType, ...]) -> Region | None:
    """Return the region of a travel permit's holder: H is Hong Kong, M is Macao; Taiwan's numbers have only digits."""
    if not editions_of_number(number, types):
        return None
    return {"H": Region.HONG_KONG, "M": Region.MACAO}.get(number[0], Region.TAIWAN)


def _permit_type(front: Judgement, back: Judgement) -> Finding:
    if front.permit_type is None or back.permit_type is None:
        return CheckOutcome.NOT_APPLICABLE, "The document type was not read on both sides."
    if front.permit_type is not back.permit_type:
        return CheckOutcome.FAILED, "The two sides are of different document types."
    return CheckOutcome.PASSED, "Both sides are of the same document type."


def _validity(front: Judgement, back: Judgement) -> Finding:
    if _has_period(front) and _has_period(back) and _period(front) != _period(back):
        return CheckOutcome.FAILED, "The two sides have different periods of validity."
    # A period and a date of birth on the same side are compared by that side's own checks.
    dates = [
        (period.validity.valid_from, birth.normalized.birth_date) for period, birth in ((front, back), (back, front))
    ]
    known = [(start, born) for start, born in dates if start and born]
    if any(born > start for start, born in known):
        return CheckOutcome.FAILED, "The period of validity starts before the date of birth on the other side."
    if _has_period(front) and _has_period(back):
        return CheckOutcome.PASSED, "Both sides have the same period of validity."
    if known:
        return CheckOutcome.PASSED, (
            "The period starts on or after the date of birth on the other side; nothing else is compared."
        )
    return CheckOutcome.NOT_APPLICABLE, "The two sides have no dates that can be compared."


def _has_period(side: Judgement) -> bool:
    return side.validity.status is not ValidityStatus.NOT_ON_THIS_SIDE


def _period(side: Judgement) -> tuple[object, ...]:
    return side.validity.valid_from, side.validity.valid_until, side.validity.status


def _mrz_number(front: Judgement, zone: MachineReadableZone) -> Iterator[tuple[object, object]]:
    yield front.normalized.number, zone.number
    yield front.normalized.issue_count, zone.issue_count


def _mrz_dates(front: Judgement, zone: MachineReadableZone) -> Iterator[tuple[object, object]]:
    yield front.normalized.birth_date, zone.birth_date
    yield front.validity.valid_until, zone.valid_until


def _mrz_sex(front: Judgement, zone: MachineReadableZone) -> Iterator[tuple[object, object]]:
    known = {Sex.MALE, Sex.FEMALE}
    if {front.normalized.sex, zone.sex} <= known:
        yield front.normalized.sex, zone.sex


def _mrz_name(front: Judgement, zone: MachineReadableZone) -> Iterator[tuple[object, object]]:
    chinese = _characters(front.normalized.name or ""), _characters(zone.name or ""), zone.is_name_full
    romanised = (
        _letters(front.normalized.english_name or ""),
        _letters(zone.english_name or ""),
        zone.is_english_name_full,
    )
    for name, in_zone, is_full in (chinese, romanised):
        if name and in_zone:
            yield name[: len(in_zone)] if is_full else name, in_zone


def _as_in_zone(compared: Compared, what: str) -> Callable[[Judgement, Judgement], Finding]:
    """Return the check that the front says the same as the machine-readable zone on the back."""

    def check(front: Judgement, back: Judgement) -> Finding:
        zone = back.machine_readable_zone
        pairs = [(one, other) for one, other in compared(front, zone) if None not in (one, other)] if zone else []
        if not pairs:
            return CheckOutcome.NOT_APPLICABLE, f"The machine-readable zone has no {what} to compare with the front."
        if any(one != other for one, other in pairs):
            return CheckOutcome.FAILED, f"The {what} on the front and in the machine-readable zone differ."
        return CheckOutcome.PASSED, f"The {what} that both the front and the machine-readable zone have agree."

    return check


_CHECKS: Final[dict[PairCheckName, Callable[[Judgement, Judgement], Finding]]] = {
    PairCheckName.NAME: _name,
    PairCheckName.NUMBER: _number,
    PairCheckName.PERMIT_TYPE: _permit_type,
    PairCheckName.VALIDITY: _validity,
    PairCheckName.MRZ_NUMBER: _as_in_zone(_mrz_number, "numbers"),
    PairCheckName.MRZ_DATES: _as_in_zone(_mrz_dates, "dates"),
    PairCheckName.MRZ_SEX: _as_in_zone(_mrz_sex, "entries for sex"),
    PairCheckName.MRZ_NAME: _as_in_zone(_mrz_name, "names"),
}

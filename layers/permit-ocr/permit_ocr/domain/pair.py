"""A case: the front and the back of one card, sent as two photographs, and whether they belong together.

What both sides really carry is little. Source: the API pages, and what is printed on the cards.

| card             | front                    | back                        | what can be compared       |
|------------------|--------------------------|-----------------------------|----------------------------|
| Hong Kong and    | name, number (H… or M…), | name, type, number of the   | the name, the type, the    |
| Macao permit     | birth, period, type      | region's own identity card  | region of the numbers      |
| residence permit | name, birth, citizen     | period, travel permit's     | the region of the numbers, |
|                  | identity number (81…,    | number (H…, M…, or digits   | the period with the date   |
|                  | 82…, 83…)                | for Taiwan)                 | of birth                   |

The permits of Taiwan residents and the exit-entry permits have no back that an action reads: they are no pairs.

| verdict of the pair | if                                        | reasons                                     |
|---------------------|-------------------------------------------|---------------------------------------------|
| rejected            | a side is rejected                        | those of the sides                          |
| review              | a side is in review, or a check failed    | those of the sides, and ``mismatch:<check>``|
| accepted            | neither                                   | those of the sides                          |
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from permit_ocr.domain.card.chinese_script import simplified
from permit_ocr.domain.card.permit_number import editions_of_number
from permit_ocr.domain.card.resident_number import Region, parse_resident_number
from permit_ocr.domain.card.valid_date import Validity, ValidityStatus
from permit_ocr.domain.card.width import half_width
from permit_ocr.domain.checks import CheckOutcome
from permit_ocr.domain.judgement import Judgement
from permit_ocr.domain.permits import Kind, PermitType
from permit_ocr.domain.verdict import Verdict

CASE_FORM: Final = r"[A-Za-z0-9._-]{1,64}"
"""What a case may be called, as a regular expression of the whole. Opaque: it is no place for a name or a number."""
CASE_RULE: Final = "1 to 64 letters, digits, full stops, underscores and hyphens"
"""The same in words."""

_HONG_KONG_IDENTITY: Final = re.compile(r"[A-Z]{1,2}[0-9]{6}\(?[0-9A]\)?")
_MACAO_IDENTITY: Final = re.compile(r"[157]/?[0-9]{6}(?:/[0-9]|\(?[0-9]\)?)")
_SEVERITY: Final = (Verdict.ACCEPTED, Verdict.REVIEW, Verdict.REJECTED)


class PairCheckName(StrEnum):
    """The checks between the sides of a pair."""

    NAME = "name"
    """Both sides give the same name, in simplified or traditional characters, or in Latin letters."""
    NUMBER = "number"
    """The numbers of both sides are the same where both have one, and of holders from the same region."""
    PERMIT_TYPE = "permit_type"
    """Both sides are of the same document."""
    VALIDITY = "validity"
    """The period of validity is the same on both sides, and begins after the date of birth on the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCheck:
    """One check between the two sides."""

    name: PairCheckName
    """What was compared."""
    outcome: CheckOutcome
    """What it came to; *failed* is a mismatch."""
    reason: str
    """Why, in a fixed sentence that names no value of a card."""


type _Finding = tuple[CheckOutcome, str]


def is_case(text: str) -> bool:
    """Tell whether ``text`` may name a case."""
    return re.fullmatch(CASE_FORM, text, re.ASCII) is not None


def check_pair(front: Judgement, back: Judgement) -> tuple[PairCheck, ...]:
    """Return every check between the two sides of one kind, always in the same order."""
    findings = ((name, check(front, back)) for name, check in _CHECKS.items())
    return tuple(PairCheck(name=name, outcome=outcome, reason=reason) for name, (outcome, reason) in findings)


def decide_pair(front: Judgement, back: Judgement, checks: Iterable[PairCheck]) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict on a pair and the codes of its reasons, by the table above."""
    mismatches = [f"mismatch:{check.name}" for check in checks if check.outcome is CheckOutcome.FAILED]
    verdicts = [front.verdict, back.verdict, *([Verdict.REVIEW] if mismatches else [])]
    return max(verdicts, key=_SEVERITY.index), tuple(dict.fromkeys((*front.reasons, *back.reasons, *mismatches)))


def validity_of_pair(front: Judgement, back: Judgement) -> Validity:
    """Return the validity by the side that carries the period; by the front if neither gave one."""
    return next((side.validity for side in (front, back) if _gives_period(side)), front.validity)


def _name(front: Judgement, back: Judgement) -> _Finding:
    names = front.normalized.name, front.normalized.english_name
    there = back.normalized.name
    here = names[1] if there and _letters(there) else names[0]
    if not here or not there:
        return CheckOutcome.NOT_APPLICABLE, "The two sides give no names that can be compared."
    if (_letters(here) or _characters(here)) != (_letters(there) or _characters(there)):
        return CheckOutcome.FAILED, "The two sides give different names."
    return CheckOutcome.PASSED, "Both sides give the same name."


def _letters(name: str) -> str:
    """Return a romanised name's letters; empty for a name in Chinese characters."""
    return "".join(sign for sign in half_width(name).casefold() if sign.isascii() and sign.isalpha())


def _characters(name: str) -> str:
    return "".join(sign for sign in simplified(name) if sign.isalpha())


def _number(front: Judgement, back: Judgement) -> _Finding:
    both = (
        (front.normalized.number, back.normalized.number),
        (front.normalized.permit_number, back.normalized.permit_number),
    )
    given = [(here, there) for here, there in both if here and there]
    if any(here != there for here, there in given):
        return CheckOutcome.FAILED, "The two sides give different numbers."
    here, there = _region_of_front(front), _region_of_back(back)
    if here and there and here is not there:
        return CheckOutcome.FAILED, "The numbers of the two sides are of holders from different regions."
    if given or (here and there):
        return CheckOutcome.PASSED, "The numbers of the two sides agree with each other."
    return CheckOutcome.NOT_APPLICABLE, "The two sides give no numbers that can be compared."


def _region_of_front(front: Judgement) -> Region | None:
    number = front.normalized.number or ""
    if front.kind is Kind.RESIDENCE_PERMIT:
        said = parse_resident_number(number)
        return said.region if said else None
    return _region_of_permit(number, (PermitType.HK_MACAO_PERMIT,))


def _region_of_back(back: Judgement) -> Region | None:
    if back.kind is Kind.RESIDENCE_PERMIT:
        either = (PermitType.HK_MACAO_PERMIT, PermitType.TAIWAN_PERMIT)
        return _region_of_permit(back.normalized.permit_number or "", either)
    identity = back.normalized.id_card_number or ""
    if _HONG_KONG_IDENTITY.fullmatch(identity):
        return Region.HONG_KONG
    return Region.MACAO if _MACAO_IDENTITY.fullmatch(identity) else None


def _region_of_permit(number: str, types: tuple[PermitType, ...]) -> Region | None:
    """Return where a travel permit's holder is from: H is Hong Kong, M Macao; a Taiwan resident's has digits only."""
    if not editions_of_number(number, types):
        return None
    return {"H": Region.HONG_KONG, "M": Region.MACAO}.get(number[0], Region.TAIWAN)


def _permit_type(front: Judgement, back: Judgement) -> _Finding:
    if front.permit_type is None or back.permit_type is None:
        return CheckOutcome.NOT_APPLICABLE, "The document was not read on both sides."
    if front.permit_type is not back.permit_type:
        return CheckOutcome.FAILED, "The two sides are of different documents."
    return CheckOutcome.PASSED, "Both sides are of the same document."


def _validity(front: Judgement, back: Judgement) -> _Finding:
    if _gives_period(front) and _gives_period(back) and _period(front) != _period(back):
        return CheckOutcome.FAILED, "The two sides give different periods of validity."
    # A period and a date of birth on the same side are compared there already.
    dates = [
        (period.validity.valid_from, birth.normalized.birth_date) for period, birth in ((front, back), (back, front))
    ]
    given = [(start, born) for start, born in dates if start and born]
    if any(born > start for start, born in given):
        return CheckOutcome.FAILED, "The period of validity begins before the date of birth on the other side."
    if given or (_gives_period(front) and _gives_period(back)):
        return CheckOutcome.PASSED, "The period of validity agrees with the other side."
    return CheckOutcome.NOT_APPLICABLE, "The two sides give no dates that can be compared."


def _gives_period(side: Judgement) -> bool:
    return side.validity.status is not ValidityStatus.NOT_ON_THIS_SIDE


def _period(side: Judgement) -> tuple[object, ...]:
    return side.validity.valid_from, side.validity.valid_until, side.validity.status


_CHECKS: Final[dict[PairCheckName, Callable[[Judgement, Judgement], _Finding]]] = {
    PairCheckName.NAME: _name,
    PairCheckName.NUMBER: _number,
    PairCheckName.PERMIT_TYPE: _permit_type,
    PairCheckName.VALIDITY: _validity,
}

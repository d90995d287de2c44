"""The one word a consumer can act on, and why.

| verdict  | if                                      | reasons                     |
|----------|-----------------------------------------|-----------------------------|
| rejected | the card has expired                    | ``validity:expired``        |
| review   | it is not valid yet                     | ``validity:not_yet_valid``  |
| review   | its period of validity cannot be read   | ``validity:unreadable``     |
| review   | a check failed                          | ``check_failed:<check>``    |
| review   | the provider warns of the photograph    | ``suspect:<warning>``       |
| review   | another endpoint than the first of the  | ``provider:fallback``       |
|          | list had to answer                      |                             |
| review   | a key field was read unsurely           | ``low_confidence:<field>``  |
| accepted | none of these, and it expires soon      | ``validity:expiring``       |
| accepted | none of these                           |                             |

The worst line decides; the reasons of all lines are listed. *Long-term* is listed as ``validity:long_term``, beside the
check that fails for it: none of these documents is issued without an end. A side without a period of validity is judged
by what it carries, and a photograph that nobody checked for authenticity is not held up for it: ``authenticity`` tells.
Nor is a field of which the reader does not say how sure it is.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from permit_ocr.domain.card.valid_date import ValidityStatus
from permit_ocr.domain.card_warnings import CardWarning, WarningName
from permit_ocr.domain.checks import Check, CheckOutcome


class Verdict(StrEnum):
    """What to do with a card."""

    ACCEPTED = "accepted"
    """Nothing speaks against it."""
    REVIEW = "review"
    """A person should look at it."""
    REJECTED = "rejected"
    """It cannot be used."""


_REVIEWED: Final = frozenset({ValidityStatus.NOT_YET_VALID, ValidityStatus.UNREADABLE})
_WITHOUT_REASON: Final = frozenset({ValidityStatus.VALID, ValidityStatus.NOT_ON_THIS_SIDE})


def decide(
    status: ValidityStatus,
    checks: Iterable[Check],
    warnings: Iterable[CardWarning],
    *,
    fallback: bool = False,
    unsure_fields: Iterable[str] = (),
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict and the codes of its reasons, by the table above."""
    about_validity = () if status in _WITHOUT_REASON else (f"validity:{status}",)
    findings = (
        *(f"check_failed:{check.name}" for check in checks if check.outcome is CheckOutcome.FAILED),
        *(f"suspect:{warning.name}" for warning in warnings if warning.name is not WarningName.NOT_ENABLED),
        *(("provider:fallback",) if fallback else ()),
        *(f"low_confidence:{field}" for field in unsure_fields),
    )
    if status is ValidityStatus.EXPIRED:
        verdict = Verdict.REJECTED
    elif findings or status in _REVIEWED:
        verdict = Verdict.REVIEW
    else:
        verdict = Verdict.ACCEPTED
    return verdict, (*about_validity, *dict.fromkeys(findings))

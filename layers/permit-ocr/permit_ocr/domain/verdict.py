"""The verdict that a consumer can act on, and the reasons for it.

| verdict    | if                                       | reasons                       |
|------------|------------------------------------------|-------------------------------|
| rejected   | the card has expired                     | ``validity:expired``          |
| review     | the card is not valid yet                | ``validity:not_yet_valid``    |
| review     | its period of validity is unreadable     | ``validity:unreadable``       |
| review     | a check failed                           | ``check_failed:<check>``      |
| review     | the provider warns about the photo       | ``suspect:<warning>``         |
| review     | an endpoint other than the preferred     | ``provider:fallback``         |
|            | one answered                             |                               |
| review     | the confidence in a key field is low     | ``low_confidence:<field>``    |
| review     | the confidence that the photo shows such | ``low_confidence:document``   |
|            | a card is low                            |                               |
| incomplete | none of these, but the period of validity| ``validity:not_on_this_side`` |
|            | is on the card's other side              |                               |
| accepted   | none of these, and the card expires soon | ``validity:expiring``         |
| accepted   | none of these                            |                               |

The most severe row decides; the reasons of all matching rows are listed. So *accepted* means that the period of
validity was read and that the day is within it. A long-term card has the reason ``validity:long_term``, in addition to
the check that fails for it: none of these documents is issued without an end date. A photo whose authenticity was not
checked is not sent to review for that (``authenticity`` shows it), nor is a field without a reported confidence.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from permit_ocr.domain.card.valid_date import ValidityStatus
from permit_ocr.domain.card_warnings import CardWarning, WarningName
from permit_ocr.domain.checks import Check, CheckOutcome


class Verdict(StrEnum):
    """What to do with a card."""

    ACCEPTED = "accepted"  # valid, and no objection
    INCOMPLETE = "incomplete"  # no objection, but this side does not tell whether the card is valid
    REVIEW = "review"  # a person should look at it
    REJECTED = "rejected"  # it cannot be used


_NEEDS_REVIEW: Final = frozenset({ValidityStatus.NOT_YET_VALID, ValidityStatus.UNREADABLE})


def decide(
    status: ValidityStatus,
    checks: Iterable[Check],
    warnings: Iterable[CardWarning],
    *,
    fallback: bool = False,
    unsure_fields: Iterable[str] = (),
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict and the codes of its reasons, by the table above."""
    about_validity = () if status is ValidityStatus.VALID else (f"validity:{status}",)
    findings = (
        *(f"check_failed:{check.name}" for check in checks if check.outcome is CheckOutcome.FAILED),
        *(f"suspect:{warning.name}" for warning in warnings if warning.name is not WarningName.NOT_ENABLED),
        *(("provider:fallback",) if fallback else ()),
        *(f"low_confidence:{field}" for field in unsure_fields),
    )
    if status is ValidityStatus.EXPIRED:
        verdict = Verdict.REJECTED
    elif findings or status in _NEEDS_REVIEW:
        verdict = Verdict.REVIEW
    elif status is ValidityStatus.NOT_ON_THIS_SIDE:
        verdict = Verdict.INCOMPLETE
    else:
        verdict = Verdict.ACCEPTED
    return verdict, (*about_validity, *dict.fromkeys(findings))

import pytest

from permit_ocr.domain.card.valid_date import ValidityStatus
from permit_ocr.domain.card_warnings import CardWarning, name_warnings
from permit_ocr.domain.checks import Check, CheckName, CheckOutcome
from permit_ocr.domain.verdict import Verdict, decide


def checks(*failed: CheckName) -> tuple[Check, ...]:
    return tuple(
        Check(name=name, outcome=CheckOutcome.FAILED if name in failed else CheckOutcome.PASSED, reason="")
        for name in CheckName
    )


@pytest.mark.parametrize(
    ("status", "verdict", "reasons"),
    [
        (ValidityStatus.VALID, Verdict.ACCEPTED, ()),
        (ValidityStatus.NOT_ON_THIS_SIDE, Verdict.INCOMPLETE, ("validity:not_on_this_side",)),
        (ValidityStatus.EXPIRING, Verdict.ACCEPTED, ("validity:expiring",)),
        (ValidityStatus.LONG_TERM, Verdict.ACCEPTED, ("validity:long_term",)),
        (ValidityStatus.NOT_YET_VALID, Verdict.REVIEW, ("validity:not_yet_valid",)),
        (ValidityStatus.UNREADABLE, Verdict.REVIEW, ("validity:unreadable",)),
        (ValidityStatus.EXPIRED, Verdict.REJECTED, ("validity:expired",)),
    ],
)
def test_without_findings_the_validity_decides(
    status: ValidityStatus, verdict: Verdict, reasons: tuple[str, ...]
) -> None:
    assert decide(status, checks(), ()) == (verdict, reasons)


@pytest.mark.parametrize("name", CheckName)
def test_any_failed_check_leads_to_a_review(name: CheckName) -> None:
    assert decide(ValidityStatus.VALID, checks(name), ()) == (Verdict.REVIEW, (f"check_failed:{name.value}",))


def test_a_check_that_does_not_apply_changes_nothing() -> None:
    nothing = Check(name=CheckName.VALIDITY_TERM, outcome=CheckOutcome.NOT_APPLICABLE, reason="")
    assert decide(ValidityStatus.VALID, (nothing,), ()) == (Verdict.ACCEPTED, ())


@pytest.mark.parametrize(
    ("codes", "verdict", "reasons"),
    [
        ((), Verdict.ACCEPTED, ()),
        ((-9109,), Verdict.ACCEPTED, ()),
        ((-9102,), Verdict.REVIEW, ("suspect:photocopy",)),
        ((-9109, -9103), Verdict.REVIEW, ("suspect:recapture",)),
        ((-9104, -9102), Verdict.REVIEW, ("suspect:photoshopped", "suspect:photocopy")),
        ((-1, -2), Verdict.REVIEW, ("suspect:unknown",)),
    ],
)
def test_warnings_lead_to_a_review_but_not_enabled_does_not(
    codes: tuple[int, ...], verdict: Verdict, reasons: tuple[str, ...]
) -> None:
    assert decide(ValidityStatus.VALID, checks(), name_warnings(codes)) == (verdict, reasons)


def test_a_fallback_endpoint_leads_to_a_review() -> None:
    assert decide(ValidityStatus.VALID, checks(), (), fallback=True) == (Verdict.REVIEW, ("provider:fallback",))


def test_an_unsure_key_field_leads_to_a_review() -> None:
    assert decide(ValidityStatus.EXPIRING, checks(), (), unsure_fields=("number", "name")) == (
        Verdict.REVIEW,
        ("validity:expiring", "low_confidence:number", "low_confidence:name"),
    )


def test_an_expired_card_is_rejected_with_all_reasons() -> None:
    warnings: tuple[CardWarning, ...] = name_warnings((-9102,))
    assert decide(ValidityStatus.EXPIRED, checks(CheckName.VALIDITY_TERM), warnings) == (
        Verdict.REJECTED,
        ("validity:expired", "check_failed:validity_term", "suspect:photocopy"),
    )

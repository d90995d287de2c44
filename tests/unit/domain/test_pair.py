"""Pair checks: only data that both sides carry is compared."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.card.chinese_script import simplified
from permit_ocr.domain.card.machine_readable_zone import MachineReadableZone
from permit_ocr.domain.checks import CheckOutcome
from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.judgement import Judgement, judge_answer
from permit_ocr.domain.pair import check_pair, decide_pair, is_case, mismatches_of, validity_of_pair
from permit_ocr.domain.permits import Sex, Side
from permit_ocr.domain.upload_options import case_of_upload
from permit_ocr.domain.verdict import Verdict
from tests.unit.fakes.ocr import MAINLAND_BACK, MAINLAND_FRONT, RESIDENCE_BACK, RESIDENCE_FRONT

TITLE = "港澳居民来往内地通行证"
_NO_ZONE = dict.fromkeys(("mrz_number", "mrz_dates", "mrz_sex", "mrz_name"), "not_applicable")
_ZONE_FRONT = replace(
    MAINLAND_FRONT,
    Name="劉强远",
    EnglishName="LAU, TSZ LAN",
    Sex="女",
    Birthday="1981.08.03",
    ValidDate="2018.10.09-2028.10.08",
    Number="H12345678",
    IssueNumber="00",
)
_ZONE = MachineReadableZone(
    number="H12345678",
    issue_count=0,
    valid_until=date(2028, 10, 8),
    sex=Sex.FEMALE,
    birth_date=date(1981, 8, 3),
    name="劉強遠",
    english_name="LAU,TSZ LAN",
)


def judged(answer: ResidencePermitAnswer | MainlandPermitAnswer, side: Side) -> Judgement:
    return judge_answer(answer, asked_side=side, as_of=date(2026, 11, 21), expiring_within_days=30)


def outcomes(
    front: ResidencePermitAnswer | MainlandPermitAnswer, back: ResidencePermitAnswer | MainlandPermitAnswer
) -> dict[str, str]:
    checks = check_pair(judged(front, Side.FRONT), judged(back, Side.BACK))
    return {check.name.value: check.outcome.value for check in checks}


def reasons(front: ResidencePermitAnswer, back: ResidencePermitAnswer) -> dict[str, str]:
    """Return the reasons of the checks that passed."""
    checks = check_pair(judged(front, Side.FRONT), judged(back, Side.BACK))
    return {check.name.value: check.reason for check in checks if check.outcome is CheckOutcome.PASSED}


def back_of(**changes: str) -> MainlandPermitAnswer:
    infos = MainlandPermitBack(**{"Type": TITLE, "Name": "样本", "IDNumber": "A123456(3)", **changes})
    return replace(MAINLAND_BACK, MainlandTravelPermitBackInfos=infos)


def test_a_travel_permits_sides_agree() -> None:
    assert outcomes(MAINLAND_FRONT, MAINLAND_BACK) == {
        "name": "passed",
        "number": "passed",
        "permit_type": "passed",
        "validity": "not_applicable",
        **_NO_ZONE,
    }


def test_a_residence_permits_sides_agree() -> None:
    assert outcomes(RESIDENCE_FRONT, RESIDENCE_BACK) == {
        "name": "not_applicable",
        "number": "passed",
        "permit_type": "passed",
        "validity": "passed",
        **_NO_ZONE,
    }


def changed_front(changes: dict[str, Any]) -> MainlandPermitAnswer:
    return replace(_ZONE_FRONT, **changes)


def mrz_outcomes(front: MainlandPermitAnswer, zone: MachineReadableZone | None) -> dict[str, str]:
    back = replace(judged(MAINLAND_BACK, Side.BACK), machine_readable_zone=zone)
    checks = check_pair(judged(front, Side.FRONT), back)
    return {check.name.value: check.outcome.value for check in checks if check.name.startswith("mrz_")}


def test_the_zone_on_the_back_proves_the_front() -> None:
    assert mrz_outcomes(_ZONE_FRONT, _ZONE) == dict.fromkeys(_NO_ZONE, "passed")
    assert mrz_outcomes(_ZONE_FRONT, MachineReadableZone()) == _NO_ZONE


@pytest.mark.parametrize(
    ("check", "changes"),
    [
        ("mrz_number", {"Number": "H12345679"}),
        ("mrz_number", {"IssueNumber": "01"}),
        ("mrz_dates", {"Birthday": "1981.08.04"}),
        ("mrz_dates", {"ValidDate": "2018.10.09-2029.10.08"}),
        ("mrz_sex", {"Sex": "男"}),
        ("mrz_name", {"Name": "周華"}),
        ("mrz_name", {"EnglishName": "LAU, TSZ LANA"}),
    ],
)
def test_a_front_that_differs_from_the_zone_is_a_mismatch(check: str, changes: dict[str, str]) -> None:
    differing = mrz_outcomes(changed_front(changes), _ZONE)
    assert differing.pop(check) == "failed"
    assert set(differing.values()) == {"passed"}


@pytest.mark.parametrize(
    ("changes", "zone"),
    [
        ({"Name": "司馬強遠平"}, {"name": "司马强远"}),
        ({"EnglishName": "ALEXANDER CONSTANTINE, MAXIMILIAN"}, {"english_name": "ALEXANDER CONSTANTINE,MAXIMIL"}),
    ],
)
def test_a_long_name_is_compared_as_far_as_the_zone_goes(changes: dict[str, str], zone: dict[str, Any]) -> None:
    assert mrz_outcomes(changed_front(changes), replace(_ZONE, **zone))["mrz_name"] == "passed"


@pytest.mark.parametrize(
    ("front", "back", "outcome"),
    [
        ("刘强远", "劉強遠", "passed"),
        ("陈 样本", "陳樣本", "passed"),
        ("锺余", "鍾餘", "passed"),
        ("刘强远", "周華", "failed"),
        ("周华", "周華平", "failed"),
        ("", "周華", "not_applicable"),
        ("周华", "", "not_applicable"),
        ("", "YANG,BEN", "passed"),
        ("沃托马斯", "YANG, BEN", "passed"),
        ("", "WALKER,THOMAS", "failed"),
    ],
)
def test_names_are_compared_across_scripts(front: str, back: str, outcome: str) -> None:
    assert outcomes(replace(MAINLAND_FRONT, Name=front), back_of(Name=back))["name"] == outcome


@pytest.mark.parametrize(
    ("number", "identity", "outcome"),
    [
        ("H12345678", "A123456(3)", "passed"),
        ("H12345678", "AB1234563", "passed"),
        ("M12345678", "1234567(8)", "passed"),
        ("M12345678", "5/123456/7", "passed"),
        ("MA1234567", "7234567(8)", "passed"),
        ("H1234567801", "1234567(8)", "failed"),
        ("M12345678", "A123456(A)", "failed"),
        ("H12345678", "whatever", "not_applicable"),
        ("12345678", "A123456(3)", "not_applicable"),
    ],
)
def test_a_travel_permits_numbers_must_be_of_one_region(number: str, identity: str, outcome: str) -> None:
    assert outcomes(replace(MAINLAND_FRONT, Number=number), back_of(IDNumber=identity))["number"] == outcome


@pytest.mark.parametrize(
    ("prefix", "permit", "outcome"),
    [
        ("810000", "H12345678", "passed"),
        ("820000", "M1234567801", "passed"),
        ("830000", "12345678", "passed"),
        ("810000", "M12345678", "failed"),
        ("830000", "H12345678", "failed"),
        ("830000", "000", "not_applicable"),
        ("110000", "H12345678", "not_applicable"),
    ],
)
def test_a_residence_permits_numbers_must_be_of_one_region(prefix: str, permit: str, outcome: str) -> None:
    front = replace(RESIDENCE_FRONT, IdCardNo=prefix + RESIDENCE_FRONT.IdCardNo[6:])
    assert outcomes(front, replace(RESIDENCE_BACK, PassNo=permit))["number"] == outcome


def test_a_number_on_both_sides_must_be_the_same() -> None:
    front = replace(RESIDENCE_FRONT, PassNo="12345678")
    assert outcomes(front, replace(RESIDENCE_BACK, PassNo="12345678"))["number"] == "passed"
    assert outcomes(front, replace(RESIDENCE_BACK, PassNo="12345679"))["number"] == "failed"


def test_a_reason_says_exactly_what_was_compared() -> None:
    assert reasons(RESIDENCE_FRONT, RESIDENCE_BACK) == {
        "number": "The numbers on the two sides belong to holders from the same region; nothing else is compared.",
        "permit_type": "Both sides are of the same document type.",
        "validity": "The period starts on or after the date of birth on the other side; nothing else is compared.",
    }


def test_a_reason_says_that_the_same_thing_is_on_both_sides() -> None:
    front = replace(RESIDENCE_FRONT, PassNo=RESIDENCE_BACK.PassNo)
    assert reasons(front, RESIDENCE_BACK)["number"] == "Both sides have the same number."
    with_period = replace(judged(RESIDENCE_FRONT, Side.FRONT), validity=judged(RESIDENCE_BACK, Side.BACK).validity)
    (validity,) = [one for one in check_pair(with_period, judged(RESIDENCE_BACK, Side.BACK)) if one.name == "validity"]
    assert validity.reason == "Both sides have the same period of validity."


def test_a_back_of_another_document_type_is_a_mismatch() -> None:
    taiwan = replace(MAINLAND_FRONT, Type="台湾居民来往大陆通行证", Number="12345678")
    assert outcomes(taiwan, MAINLAND_BACK)["permit_type"] == "failed"
    unread = replace(MAINLAND_BACK, Type="", MainlandTravelPermitBackInfos=MainlandPermitBack(Name="样本"))
    assert outcomes(MAINLAND_FRONT, unread)["permit_type"] == "not_applicable"


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"ValidDate": "2022.05.04-2027.05.04"}, "passed"),
        ({"ValidDate": "1990.05.04-1995.05.04"}, "failed"),
        ({"ValidDate": "nonsense"}, "not_applicable"),
        ({"ValidDate": "", "PassNo": "12345678"}, "not_applicable"),
    ],
)
def test_a_period_must_start_after_the_birth_date_on_the_other_side(changes: dict[str, Any], outcome: str) -> None:
    assert outcomes(RESIDENCE_FRONT, replace(RESIDENCE_BACK, **changes))["validity"] == outcome


def test_a_period_on_both_sides_must_be_the_same() -> None:
    front = replace(RESIDENCE_FRONT, ValidDate="2022.05.04-2027.05.04")
    assert outcomes(front, replace(RESIDENCE_BACK, ValidDate="2022.5.4-2027.5.4"))["validity"] == "passed"
    assert outcomes(front, replace(RESIDENCE_BACK, ValidDate="2022.05.04-2027.05.05"))["validity"] == "failed"


def test_the_pairs_validity_comes_from_the_side_with_the_period() -> None:
    front, back = judged(RESIDENCE_FRONT, Side.FRONT), judged(RESIDENCE_BACK, Side.BACK)
    assert validity_of_pair(front, back) == back.validity
    front, back = judged(MAINLAND_FRONT, Side.FRONT), judged(MAINLAND_BACK, Side.BACK)
    assert validity_of_pair(front, back) == front.validity
    assert validity_of_pair(back, back) == back.validity


@pytest.mark.parametrize(
    ("period", "name", "verdict", "reasons"),
    [
        ("2020.10.09-2030.10.08", "样本", Verdict.ACCEPTED, ()),
        ("2020.10.09-2030.10.08", "别人", Verdict.REVIEW, ("mismatch:name",)),
        ("2010.10.09-2020.10.08", "样本", Verdict.REJECTED, ("validity:expired",)),
        ("2010.10.09-2020.10.08", "别人", Verdict.REJECTED, ("validity:expired", "mismatch:name")),
    ],
)
def test_the_worst_verdict_or_mismatch_decides(
    period: str, name: str, verdict: Verdict, reasons: tuple[str, ...]
) -> None:
    front = judged(replace(MAINLAND_FRONT, ValidDate=period), Side.FRONT)
    back = judged(back_of(Name=name), Side.BACK)
    assert decide_pair(front, back, mismatches_of(check_pair(front, back))) == (verdict, reasons)


def test_a_reason_contains_no_value_from_a_card() -> None:
    values = ("样本", "YANG", "H12345678", "A123456")
    for back in (MAINLAND_BACK, back_of(Name="别人", IDNumber="1234567(8)")):
        for check in check_pair(judged(MAINLAND_FRONT, Side.FRONT), judged(back, Side.BACK)):
            assert not [value for value in values if value in check.reason]


@pytest.mark.parametrize("text", ["1", "2026-0815", "a.b_C", "x" * 64])
def test_valid_case_names(text: str) -> None:
    assert is_case(text)


@pytest.mark.parametrize("text", ["", "x" * 65, "a b", "a/b", "陈", "a\n", "１"])
def test_invalid_case_names(text: str) -> None:
    assert not is_case(text)


def test_metadata_takes_precedence_over_the_key() -> None:
    assert case_of_upload({"Case": " 7 "}, segment="case-8") == "7"
    assert case_of_upload({}, segment="case-8") == "8"
    assert case_of_upload({"case": "7"}, segment="case-no good") == "7"
    assert case_of_upload({}, segment="2026") is None


@pytest.mark.parametrize("segment", ["case-", "case-no good", f"case-{'x' * 65}"])
def test_an_invalid_case_in_the_key_is_rejected_with_the_rule(segment: str) -> None:
    with pytest.raises(RejectDocument) as rejected:
        case_of_upload({"case": ""}, segment=segment)
    assert rejected.value.code == "Document.UnknownMetadata"
    assert "segment case-… of the key" in rejected.value.meaning
    assert "1 to 64 letters" in rejected.value.meaning
    assert "good" not in rejected.value.meaning + rejected.value.advice


def test_an_invalid_case_in_metadata_is_rejected_with_the_rule() -> None:
    with pytest.raises(RejectDocument) as rejected:
        case_of_upload({"case": "陈 样本"}, segment="")
    assert "x-amz-meta-case" in rejected.value.meaning
    assert "1 to 64 letters" in rejected.value.meaning
    assert "陈" not in rejected.value.meaning + rejected.value.advice


def test_simplified_changes_only_traditional_characters() -> None:
    assert simplified("謝爾珊 鄧顧龍譚關溫") == "谢尔珊 邓顾龙谭关温"
    assert simplified("谢尔珊") == "谢尔珊"

"""Every check, through ``judge_answer``."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.domain.card.answers import Answer, MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.checks import Check, CheckName, CheckOutcome
from permit_ocr.domain.judgement import judge_answer
from permit_ocr.domain.permits import Side

AS_OF = date(2026, 11, 21)
PASSED, FAILED, NOT_APPLICABLE = CheckOutcome.PASSED, CheckOutcome.FAILED, CheckOutcome.NOT_APPLICABLE
RESIDENCE_FRONT = ResidencePermitAnswer(
    Name="样本", Sex="女", Birth="1997/6/2", IdCardNo="830000199706020042", VisaNum="0", PassNo="000"
)
RESIDENCE_BACK = ResidencePermitAnswer(CardType=1, ValidDate="2024.09.06-2029.09.06", PassNo="01234567", VisaNum="1")
TRAVEL_FRONT = MainlandPermitAnswer(
    Name="样本",
    Sex="男",
    Birthday="1981.08.03",
    ValidDate="2018.10.09-2028.10.08",
    Number="H01234567",
    Type="港澳居民来往内地通行证",
)
TRAVEL_BACK = MainlandPermitAnswer(
    Type="港澳居民来往内地通行证", MainlandTravelPermitBackInfos=MainlandPermitBack(Name="樣本", IDNumber="A123456(3)")
)
EMPTY = (ResidencePermitAnswer(), MainlandPermitAnswer(), MainlandPermitAnswer(MainlandTravelPermitBackInfos=None))


def check(answer: Answer, name: CheckName, *, asked_side: Side | None = None) -> Check:
    judgement = judge_answer(answer, asked_side=asked_side, as_of=AS_OF, expiring_within_days=30)
    return next(check for check in judgement.checks if check.name is name)


def outcomes(answer: Answer, *, asked_side: Side | None = None) -> dict[CheckName, CheckOutcome]:
    judgement = judge_answer(answer, asked_side=asked_side, as_of=AS_OF, expiring_within_days=30)
    return {check.name: check.outcome for check in judgement.checks}


def of(answer: Answer, name: CheckName) -> CheckOutcome:
    return check(answer, name).outcome


@pytest.mark.parametrize("answer", [RESIDENCE_FRONT, RESIDENCE_BACK, TRAVEL_FRONT, TRAVEL_BACK, *EMPTY])
def test_every_answer_gets_every_check_in_the_same_order(answer: Answer) -> None:
    assert list(outcomes(answer)) == list(CheckName)


def test_number_and_holder_are_checked_on_a_residence_permit_front() -> None:
    assert outcomes(RESIDENCE_FRONT) == dict.fromkeys(CheckName, NOT_APPLICABLE) | {
        CheckName.RESIDENT_NUMBER_CHECK_DIGIT: PASSED,
        CheckName.RESIDENT_NUMBER_REGION: PASSED,
        CheckName.RESIDENT_NUMBER_BIRTH: PASSED,
        CheckName.RESIDENT_NUMBER_SEX: PASSED,
        CheckName.HOLDER_FIELDS: PASSED,
    }


@pytest.mark.parametrize(("answer", "holder"), [(RESIDENCE_BACK, NOT_APPLICABLE), (TRAVEL_FRONT, PASSED)])
def test_permit_number_and_period_are_checked_where_present(answer: Answer, holder: CheckOutcome) -> None:
    assert outcomes(answer) == dict.fromkeys(CheckName, NOT_APPLICABLE) | {
        CheckName.HOLDER_FIELDS: holder,
        CheckName.PERMIT_NUMBER_FORMAT: PASSED,
        CheckName.VALIDITY_DATES: PASSED,
        CheckName.VALIDITY_TERM: PASSED,
    }


def test_only_the_holder_is_checked_on_a_travel_permit_back() -> None:
    checked = dict.fromkeys(CheckName, NOT_APPLICABLE) | {CheckName.HOLDER_FIELDS: PASSED}
    assert outcomes(TRAVEL_BACK, asked_side=Side.BACK) == checked


# --- the citizen identity number ---


@pytest.mark.parametrize(
    "number", ["830000199706020043", "830000199706020024", "83000019970602004", "", "O30000199706020042"]
)
def test_a_wrong_or_missing_check_digit_fails(number: str) -> None:
    assert of(replace(RESIDENCE_FRONT, IdCardNo=number), CheckName.RESIDENT_NUMBER_CHECK_DIGIT) is FAILED


def test_a_lower_case_x_is_a_check_digit() -> None:
    answer = replace(RESIDENCE_FRONT, IdCardNo="81000019900101047x", Birth="1990/1/1", Sex="男")
    assert of(answer, CheckName.RESIDENT_NUMBER_CHECK_DIGIT) is FAILED
    answer = replace(answer, IdCardNo="81000019900101049x")
    assert of(answer, CheckName.RESIDENT_NUMBER_CHECK_DIGIT) is PASSED


@pytest.mark.parametrize("number", ["83000019970602004", "", "O30000199706020042"])
def test_a_malformed_number_fails_only_one_check(number: str) -> None:
    found = outcomes(replace(RESIDENCE_FRONT, IdCardNo=number))
    assert [name for name, outcome in found.items() if outcome is FAILED] == [CheckName.RESIDENT_NUMBER_CHECK_DIGIT]


def test_a_mainland_number_fails_the_region_check() -> None:
    answer = replace(RESIDENCE_FRONT, IdCardNo="110101199706020049")
    assert of(answer, CheckName.RESIDENT_NUMBER_REGION) is FAILED


def test_a_birth_date_that_differs_from_the_printed_one_fails() -> None:
    assert of(replace(RESIDENCE_FRONT, Birth="1997/6/3"), CheckName.RESIDENT_NUMBER_BIRTH) is FAILED
    assert of(replace(RESIDENCE_FRONT, IdCardNo="830000199702290042"), CheckName.RESIDENT_NUMBER_BIRTH) is FAILED


def test_a_birth_date_in_the_future_fails_even_if_printed() -> None:
    answer = replace(RESIDENCE_FRONT, IdCardNo="830000203706020042", Birth="2037/6/2")
    assert of(answer, CheckName.RESIDENT_NUMBER_BIRTH) is FAILED


def test_a_sex_that_differs_from_the_printed_one_fails() -> None:
    assert of(replace(RESIDENCE_FRONT, Sex="男"), CheckName.RESIDENT_NUMBER_SEX) is FAILED
    assert of(replace(RESIDENCE_FRONT, Sex="M"), CheckName.RESIDENT_NUMBER_SEX) is FAILED
    assert of(replace(RESIDENCE_FRONT, Sex="Female"), CheckName.RESIDENT_NUMBER_SEX) is PASSED


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (replace(RESIDENCE_FRONT, Birth=""), CheckName.RESIDENT_NUMBER_BIRTH),
        (replace(RESIDENCE_FRONT, Birth="1997/13/2"), CheckName.RESIDENT_NUMBER_BIRTH),
        (replace(RESIDENCE_FRONT, Sex=""), CheckName.RESIDENT_NUMBER_SEX),
    ],
)
def test_missing_fields_are_not_compared(answer: Answer, name: CheckName) -> None:
    assert of(answer, name) is NOT_APPLICABLE


# --- the permit number ---


@pytest.mark.parametrize(
    ("title", "number", "outcome"),
    [
        ("港澳居民来往内地通行证", "H0123456701", PASSED),
        ("港澳居民来往内地通行证", "HA1234567", PASSED),
        ("港澳居民来往内地通行证", "01234567", FAILED),
        ("港澳居民来往内地通行证", "H0123456O", FAILED),
        ("港澳居民来往内地通行证", "", FAILED),
        ("台湾居民来往大陆通行证", "01234567", PASSED),
        ("台湾居民来往大陆通行证", "0123456789（B）", PASSED),
        ("台湾居民来往大陆通行证", "H01234567", FAILED),
        ("往来港澳通行证", "CA1234567", PASSED),
        ("往来港澳通行证", "CI1234567", FAILED),
        ("", "C01234567", PASSED),
        ("", "T01234567", FAILED),
    ],
)
def test_a_number_must_match_its_type_or_any_type_if_unread(title: str, number: str, outcome: CheckOutcome) -> None:
    answer = replace(TRAVEL_FRONT, Type=title, Number=number)
    assert of(answer, CheckName.PERMIT_NUMBER_FORMAT) is outcome


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        ("H01234567", PASSED),
        ("01234567", PASSED),
        ("C01234567", FAILED),
        ("012345", FAILED),
        ("000", FAILED),
        ("", FAILED),
    ],
)
def test_an_issue_count_requires_a_residents_travel_permit_number(number: str, outcome: CheckOutcome) -> None:
    assert of(replace(RESIDENCE_BACK, PassNo=number), CheckName.PERMIT_NUMBER_FORMAT) is outcome


# --- the period ---


@pytest.mark.parametrize("answer", [RESIDENCE_BACK, TRAVEL_FRONT])
def test_a_side_that_carries_a_period_must_have_one(answer: Answer) -> None:
    for raw in ("", " ", "2018.02.29-2023.02.28", "2018.09.06"):
        found = outcomes(replace(answer, ValidDate=raw))
        assert found[CheckName.VALIDITY_DATES] is FAILED
        assert found[CheckName.VALIDITY_TERM] is NOT_APPLICABLE


@pytest.mark.parametrize(
    ("birth", "number", "valid_date", "outcome"),
    [
        ("1981.08.03", "H01234567", "2018.10.09-2028.10.08", PASSED),
        ("1981.08.03", "H01234567", "2018.10.09-2028.10.09", PASSED),
        ("1981.08.03", "H01234567", "2018.10.09-2028.10.10", FAILED),
        ("1981.08.03", "H01234567", "2018.10.09-2028.10.07", FAILED),
        ("1981.08.03", "H01234567", "2018.10.09-2023.10.08", FAILED),
        ("2000.10.09", "H01234567", "2018.10.09-2028.10.08", PASSED),
        ("2000.10.10", "H01234567", "2018.10.09-2028.10.08", FAILED),
        ("2000.10.10", "H01234567", "2018.10.09-2023.10.08", PASSED),
        ("2000.10.10", "H01234567", "2018.10.09-2021.10.08", FAILED),
        ("1995.10.10", "H0123456701", "2010.10.09-2013.10.08", PASSED),
        ("1995.10.10", "H0123456701", "2010.10.09-2015.10.08", FAILED),
        ("1981.08.03", "HA1234567", "2024.10.09-2029.10.08", PASSED),
        ("1981.08.03", "HA1234567", "2024.10.09-2034.10.08", FAILED),
        ("", "H01234567", "2018.10.09-2023.10.08", PASSED),
        ("", "H01234567", "2018.10.09-2021.10.08", FAILED),
        ("1981.08.03", "H012345", "2018.10.09-2023.10.08", PASSED),
        ("1981.08.03", "H012345", "2018.10.09-2022.10.08", FAILED),
        ("2018.10.10", "H01234567", "2018.10.09-2023.10.08", FAILED),
    ],
)
def test_a_hk_macao_permits_term_depends_on_edition_and_age(
    birth: str, number: str, valid_date: str, outcome: CheckOutcome
) -> None:
    answer = replace(TRAVEL_FRONT, Birthday=birth, Number=number, ValidDate=valid_date)
    assert of(answer, CheckName.VALIDITY_TERM) is outcome


def test_a_nationality_allows_the_term_for_non_chinese_citizens() -> None:
    five_years = replace(TRAVEL_FRONT, ValidDate="2024.10.09-2029.10.08")
    assert of(five_years, CheckName.VALIDITY_TERM) is FAILED
    assert of(replace(five_years, Nationality="British"), CheckName.VALIDITY_TERM) is PASSED
    assert of(replace(TRAVEL_FRONT, Nationality="中国"), CheckName.VALIDITY_TERM) is PASSED


@pytest.mark.parametrize(
    ("valid_date", "outcome"),
    [
        ("2018.09.06-2023.09.06", PASSED),
        ("2018.09.06-2023.09.05", PASSED),
        ("2024.02.29-2029.02.28", PASSED),
        ("2024.02.29-2029.03.01", PASSED),
        ("2018.09.06-2028.09.06", FAILED),
        ("2018.09.06-长期", FAILED),
        ("长期", FAILED),
    ],
)
def test_a_residence_permit_lasts_five_years(valid_date: str, outcome: CheckOutcome) -> None:
    assert of(replace(RESIDENCE_BACK, ValidDate=valid_date), CheckName.VALIDITY_TERM) is outcome


def test_without_a_type_the_number_determines_the_term() -> None:
    unknown = replace(TRAVEL_FRONT, Type="", Number="01234567", ValidDate="2024.10.09-2029.10.08")
    assert of(unknown, CheckName.VALIDITY_TERM) is PASSED
    assert of(replace(unknown, ValidDate="2024.10.09-2034.10.08"), CheckName.VALIDITY_TERM) is FAILED


# --- reasons ---

TEXTS = st.text(alphabet="H0123456789.-/ 男女港澳", min_size=1)


@given(number=TEXTS, name=TEXTS, birth=TEXTS, period=TEXTS, side=st.integers(0, 1))
def test_a_reason_contains_no_value_from_the_card(number: str, name: str, birth: str, period: str, side: int) -> None:
    for answer in (
        ResidencePermitAnswer(IdCardNo=number, Name=name, Birth=birth, ValidDate=period, PassNo=number, CardType=side),
        MainlandPermitAnswer(Number=number, Name=name, Birthday=birth, ValidDate=period, Type=TRAVEL_FRONT.Type),
    ):
        judgement = judge_answer(answer, asked_side=None, as_of=AS_OF, expiring_within_days=30)
        for checked in judgement.checks:
            assert checked.reason.isascii()
            assert not any(sign.isdigit() for sign in checked.reason.replace("17 digits", ""))

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from permit_ocr.domain.card.resident_number import (
    Region,
    ResidentNumber,
    check_digit,
    parse_resident_number,
)
from permit_ocr.domain.permits import Sex
from recognizer.reading.fields.resident_number_faults import NumberFault, faults_of

BODIES = st.builds(
    "{}0000{:%Y%m%d}{:03}".format,
    st.sampled_from(("81", "82", "83")),
    st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)),
    st.integers(0, 999),
)
NUMBERS = BODIES.map(lambda body: body + check_digit(body))


def polynomial_check(number: str) -> int:
    """Compute the check of ISO 7064 in another way: 1 for every number with a valid check digit."""
    remainder = 0
    for sign in number:
        remainder = (remainder * 2 + (10 if sign == "X" else int(sign))) % 11
    return remainder


def test_a_published_taiwan_number_is_valid() -> None:
    assert parse_resident_number("830000199706020042") == ResidentNumber(
        region=Region.TAIWAN, birth=date(1997, 6, 2), sex=Sex.FEMALE, has_valid_check_digit=True
    )
    assert faults_of("830000199706020042") == ()


def test_a_published_macao_number_is_valid() -> None:
    assert parse_resident_number("820000198502010022") == ResidentNumber(
        region=Region.MACAO, birth=date(1985, 2, 1), sex=Sex.FEMALE, has_valid_check_digit=True
    )
    assert faults_of("820000198502010022") == ()


@given(number=NUMBERS)
def test_every_number_with_its_check_digit_is_valid(number: str) -> None:
    assert faults_of(number) == ()
    assert polynomial_check(number) == 1


@given(number=NUMBERS, place=st.integers(0, 17), sign=st.sampled_from("0123456789X"))
def test_any_changed_character_is_detected(number: str, place: int, sign: str) -> None:
    assume(number[place] != sign)
    assert faults_of(number[:place] + sign + number[place + 1 :]) != ()


@given(number=NUMBERS, place=st.integers(0, 16))
def test_any_swapped_neighbours_are_detected(number: str, place: int) -> None:
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert faults_of(swapped) != ()


@given(number=NUMBERS, place=st.integers(0, 16), sign=st.sampled_from("0123456789"))
def test_a_changed_digit_invalidates_the_check_digit(number: str, place: int, sign: str) -> None:
    assume(number[place] != sign)
    parsed = parse_resident_number(number[:place] + sign + number[place + 1 :])
    assert parsed is not None
    assert not parsed.has_valid_check_digit


@given(body=BODIES)
def test_the_17th_digit_determines_the_sex(body: str) -> None:
    parsed = parse_resident_number(body + check_digit(body))
    assert parsed is not None
    assert parsed.sex is (Sex.MALE if body[-1] in "13579" else Sex.FEMALE)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "83000019970602004",
        "8300001997060200420",
        "X30000199706020042",
        "83000019970602004x",
        "830000 19970602 0042",
        "83000019970602004Ｘ",
        "８３００００１９９７０６０２００４２",
        "٨٣٠٠٠٠١٩٩٧٠٦٠٢٠٠٤٢",
        "83000019970602004²",
        "830000199706020042\n",
        "H12345678",
        "8" * 10_000,
    ],
)
def test_anything_but_17_digits_and_a_check_digit_is_malformed(number: str) -> None:
    assert parse_resident_number(number) is None
    assert faults_of(number) == (NumberFault.FORM,)


@pytest.mark.parametrize("prefix", ["110101", "710000", "840000", "800000", "810001", "831000"])
def test_an_unknown_region_is_the_only_fault(prefix: str) -> None:
    body = prefix + "19970602004"
    assert faults_of(body + check_digit(body)) == (NumberFault.REGION,)


@pytest.mark.parametrize("birth", ["19970229", "19971301", "19970600", "00000000", "18991231", "22000101"])
def test_an_impossible_birth_date_is_the_only_fault(birth: str) -> None:
    body = f"830000{birth}004"
    assert faults_of(body + check_digit(body)) == (NumberFault.BIRTH,)


def test_29_february_of_a_leap_year_is_a_birth_date() -> None:
    body = "83000020000229004"
    assert faults_of(body + check_digit(body)) == ()


def test_a_wrong_check_digit_is_the_only_fault() -> None:
    assert faults_of("830000199706020043") == (NumberFault.CHECK_DIGIT,)
    assert faults_of("83000019970602004X") == (NumberFault.CHECK_DIGIT,)


def test_every_fault_is_returned() -> None:
    assert faults_of("110101199702290042") == (NumberFault.CHECK_DIGIT, NumberFault.REGION, NumberFault.BIRTH)


@given(number=st.text())
def test_any_text_can_be_parsed(number: str) -> None:
    assert faults_of(number) == (NumberFault.FORM,) or parse_resident_number(number) is not None

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.reading.fields.check_digits import (
    correct_hong_kong_number,
    correct_one_character,
    is_valid_resident_number,
    mrz_check_digit,
)


@pytest.mark.parametrize("number", ["830000199706020042", "820000198502010022"])
def test_a_residence_number_with_right_check_digit_is_valid(number: str) -> None:
    assert is_valid_resident_number(number)


@given(st.integers(0, 17), st.integers(1, 9))
def test_a_residence_number_with_one_changed_digit_is_invalid(place: int, by: int) -> None:
    number = "830000199706020042"
    changed = str((int(number[place]) + by) % 10)
    assert not is_valid_resident_number(number[:place] + changed + number[place + 1 :])


def test_mrz_check_digits_match_the_standards_specimen() -> None:
    assert (mrz_check_digit("D23145890"), mrz_check_digit("740812"), mrz_check_digit("120415")) == ("7", "2", "9")


def test_a_correction_must_be_unambiguous() -> None:
    assert correct_one_character("12O", lambda text: text == "120") == "120"
    assert correct_one_character("120", lambda text: text == "120") == "120"
    assert correct_one_character("680", lambda text: text in {"880", "980", "600"}) is None
    assert correct_one_character("123", lambda _text: False) is None


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ("A123456(3)", "A123456(3)"),
        ("A128456(3)", "A123456(3)"),
        ("2943144(7)", "Z943144(7)"),
        ("1793815(8)", None),
        ("AB123456(9)", "AB123456(9)"),
        ("A123456(5)", None),
    ],
)
def test_a_hong_kong_number_is_corrected_if_its_check_digit_verifies_it(read: str, right: str | None) -> None:
    assert correct_hong_kong_number(read) == right

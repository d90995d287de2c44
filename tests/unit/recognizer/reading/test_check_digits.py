import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.reading.fields.check_digits import (
    correct_hong_kong_number,
    correct_one_character,
    is_valid_resident_number,
    mrz_check_digit,
)
from recognizer.reading.fields.mrz import ExitEntryLine, confirms_name, exit_entry_line, machine_lines


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


def test_the_exit_entry_line_gives_its_verified_parts() -> None:
    parts = exit_entry_line(machine_lines(["次仁", "CSC835934200<2612258<9107290<0"]))
    assert parts is not None
    assert (parts.number, parts.expiry, parts.birth) == ("C83593420", "261225", "910729")


def test_a_part_with_a_wrong_check_digit_is_empty() -> None:
    parts = exit_entry_line(["CSC835934201<2612258<9107290<0"])
    assert parts is not None
    assert (parts.number, parts.expiry) == ("", "261225")


def test_other_text_is_not_an_mrz() -> None:
    assert machine_lines(["CHAN,TAI MAN", "H12345678", "2018.10.09-2028.10.08"]) == []


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


def test_a_wrong_composite_digit_empties_all_parts() -> None:
    parts = exit_entry_line(["CSC835934200<2612258<9107290<5"])
    assert parts == ExitEntryLine(number="", expiry="", birth="")
    without = exit_entry_line(["CSC835934200<2612258<9107290"])
    assert without is not None
    assert without.number == "C83593420"


@pytest.mark.parametrize(
    ("name", "machine_line", "confirms"),
    [
        ("VAN DER BERG,PIETER JAN", "VAN<DER<BERG<<PIETER<JAN<<<<<<", True),
        ("LI,YOU-TU", "LI<<YOU<TU<<<<<<<<<<<<<<<<<", True),
        ("SUKARNI", "SUKARNI<<<<<<<<<<<<<<<<<<<<<<<", True),
        ("ABUDUREXITIJIANG,MAIMAITIYIMING", "ABUDUREXITIJIANG<<MAIMAITIYIMI", True),
        ("SUKARNO", "SUKARNI<<<<<<<<<<<<<<<<<<<<<<<", False),
        ("LO,KA", "LO<<KA<CHAI<<<<<<<<<<<<<<<<<<<", False),
        ("盧家齊", "LO<<KA<CHAI<<<<<<<<<<<<<<<<<<<", False),
    ],
)
def test_the_third_mrz_line_confirms_a_romanised_name(name: str, machine_line: str, confirms: bool) -> None:  # noqa: FBT001
    assert confirms_name([machine_line], name) == confirms


@pytest.mark.parametrize(
    "read", ["OPRCSC835934200<2612258<9107290<0", "CSC835934200<26L2258<9IO729O<0", "CSC83593420O<Z61ZZ5B<9107290<0"]
)
def test_the_exit_entry_line_is_found_despite_misread_characters(read: str) -> None:
    parts = exit_entry_line([read])
    assert parts == ExitEntryLine(number="C83593420", expiry="261225", birth="910729")

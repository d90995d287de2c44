from datetime import date
from random import Random

import pytest

from specimens.cards.document_numbers import exit_entry_number, hong_kong_identity, resident_number
from specimens.cards.holders import Holder
from specimens.cards.mrz import check_digit, exit_entry_line, td1_lines

# The card of ICAO 9303 part 5, appendix B: D23145890, born 1974-08-12, until 2012-04-15.
_ICAO_FIRST, _ICAO_SECOND = "I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6"


@pytest.mark.parametrize(("field", "digit"), [("D23145890", "7"), ("740812", "2"), ("120415", "9")])
def test_check_digits_match_the_published_example(field: str, digit: str) -> None:
    assert check_digit(field) == digit


def test_the_composite_check_digit_matches_the_example() -> None:
    checked = _ICAO_FIRST[5:30] + _ICAO_SECOND[0:7] + _ICAO_SECOND[8:15] + _ICAO_SECOND[18:29]

    assert check_digit(checked) == _ICAO_SECOND[29]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("sex", ["男", "女"])
def test_a_resident_number_is_valid_and_encodes_birth_and_sex(seed: int, sex: str) -> None:
    number = resident_number(Random(seed), prefix="830000", birth=date(1997, 6, 2), sex=sex)

    # ISO 7064 in its other form: the sum of digit × 2 to the power of its position, modulo 11, is 1.
    values = [10 if character == "X" else int(character) for character in reversed(number)]
    assert sum(value * pow(2, position, 11) for position, value in enumerate(values)) % 11 == 1
    assert number.startswith("83000019970602")
    assert int(number[16]) % 2 == (sex == "男")


@pytest.mark.parametrize("seed", range(20))
def test_a_hong_kong_identity_number_has_a_valid_check_digit(seed: int) -> None:
    number = hong_kong_identity(Random(seed))

    characters = number[:7] + number[8]
    values = [36, *(int(character, 36) for character in characters)]
    assert sum(value * weight for value, weight in zip(values, range(9, 0, -1), strict=True)) % 11 == 0


def test_an_exit_entry_number_follows_the_series_of_its_issue_date() -> None:
    assert exit_entry_number(Random(1), issued=date(2017, 12, 31))[1].isdecimal()
    assert exit_entry_number(Random(1), issued=date(2018, 1, 1))[1].isalpha()


def _holder(romanised: str) -> Holder:
    return Holder(simplified="", traditional="", romanised=romanised, sex="女", birth=date(1981, 8, 3))


def test_td1_lines_hold_number_dates_sex_and_name() -> None:
    first, second, third = td1_lines("CR", "H12345678", _holder("CHAN,TAI-MAN"), date(2028, 10, 8), "02")

    assert first == f"CRCHNH12345678{check_digit('H12345678')}02" + "<" * 13
    assert second[:18] == f"810803{check_digit('810803')}F281008{check_digit('281008')}CHN"
    assert third == "CHAN<<TAI<MAN".ljust(30, "<")
    assert {len(first), len(second), len(third)} == {30}


def test_an_eleven_character_number_continues_after_a_filler() -> None:
    first, _, _ = td1_lines("C", "H1234567801", _holder("CHAN,TAI MAN"), date(2012, 1, 1), "")

    assert first.startswith(f"C<CHNH12345678<01{check_digit('H1234567801')}<")


def test_a_long_name_is_truncated_to_thirty_characters() -> None:
    lines = td1_lines("CR", "H12345678", _holder("ABUDUREXITI,MAIMAITI ABUDUREXITI"), date(2028, 10, 8), "")

    assert lines[2] == "ABUDUREXITI<<MAIMAITI<ABUDUREX"


def test_an_exit_entry_line_has_part_and_composite_check_digits() -> None:
    line = exit_entry_line(number="CH1234567", expiry=date(2028, 10, 8), birth=date(1981, 8, 3))

    number, expiry, birth, whole = line.removeprefix("CS").split("<")
    assert [number[:-1], expiry[:-1], birth[:-1]] == ["CH1234567", "281008", "810803"]
    assert all(part[-1] == check_digit(part[:-1]) for part in (number, expiry, birth))
    assert whole == check_digit(number + expiry + birth)
    assert len(line) == 30

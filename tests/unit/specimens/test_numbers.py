from datetime import date
from random import Random

import pytest

from specimens.holder import Holder
from specimens.numbers import (
    card_lines,
    check_digit,
    exit_entry_line,
    exit_entry_number,
    hong_kong_identity,
    resident_number,
)

# The card of ICAO 9303 part 5, appendix B: D23145890, born 1974-08-12, until 2012-04-15.
_ICAO_FIRST, _ICAO_SECOND = "I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6"


@pytest.mark.parametrize(("field", "digit"), [("D23145890", "7"), ("740812", "2"), ("120415", "9")])
def test_check_digits_are_those_of_the_published_example(field: str, digit: str) -> None:
    assert check_digit(field) == digit


def test_the_composite_check_digit_is_that_of_the_published_example() -> None:
    checked = _ICAO_FIRST[5:30] + _ICAO_SECOND[0:7] + _ICAO_SECOND[8:15] + _ICAO_SECOND[18:29]

    assert check_digit(checked) == _ICAO_SECOND[29]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("sex", ["男", "女"])
def test_a_residence_number_fulfils_iso_7064_and_tells_birth_and_sex(seed: int, sex: str) -> None:
    number = resident_number(Random(seed), prefix="830000", birth=date(1997, 6, 2), sex=sex)

    # ISO 7064 in its other form: the sum of digit times 2 to the power of its place, modulo 11, is 1.
    values = [10 if sign == "X" else int(sign) for sign in reversed(number)]
    assert sum(value * pow(2, place, 11) for place, value in enumerate(values)) % 11 == 1
    assert number.startswith("83000019970602")
    assert int(number[16]) % 2 == (sex == "男")


@pytest.mark.parametrize("seed", range(20))
def test_a_hong_kong_identity_number_fulfils_its_check(seed: int) -> None:
    number = hong_kong_identity(Random(seed))

    signs = number[:7] + number[8]
    values = [36, *(int(sign, 36) for sign in signs)]
    assert sum(value * weight for value, weight in zip(values, range(9, 0, -1), strict=True)) % 11 == 0


def test_an_exit_entry_number_is_of_the_series_in_use_when_it_was_issued() -> None:
    assert exit_entry_number(Random(1), issued=date(2017, 12, 31))[1].isdecimal()
    assert exit_entry_number(Random(1), issued=date(2018, 1, 1))[1].isalpha()


def _holder(romanised: str) -> Holder:
    return Holder(simplified="", traditional="", romanised=romanised, sex="女", birth=date(1981, 8, 3))


def test_the_three_lines_of_a_card_hold_number_dates_sex_and_name() -> None:
    first, second, third = card_lines("CR", "H12345678", _holder("CHAN,TAI-MAN"), date(2028, 10, 8), "02")

    assert first == f"CRCHNH12345678{check_digit('H12345678')}02" + "<" * 13
    assert second[:18] == f"810803{check_digit('810803')}F281008{check_digit('281008')}CHN"
    assert third == "CHAN<<TAI<MAN".ljust(30, "<")
    assert {len(first), len(second), len(third)} == {30}


def test_a_number_of_eleven_signs_goes_on_behind_a_filler() -> None:
    first, _, _ = card_lines("C", "H1234567801", _holder("CHAN,TAI MAN"), date(2012, 1, 1), "")

    assert first.startswith(f"C<CHNH12345678<01{check_digit('H1234567801')}<")


def test_a_long_name_is_cut_at_thirty_signs() -> None:
    lines = card_lines("CR", "H12345678", _holder("ABUDUREXITI,MAIMAITI ABUDUREXITI"), date(2028, 10, 8), "")

    assert lines[2] == "ABUDUREXITI<<MAIMAITI<ABUDUREX"


def test_the_line_of_an_exit_entry_permit_checks_each_part_and_all_of_it() -> None:
    line = exit_entry_line(number="CH1234567", expiry=date(2028, 10, 8), birth=date(1981, 8, 3))

    number, expiry, birth, whole = line.removeprefix("CS").split("<")
    assert [number[:-1], expiry[:-1], birth[:-1]] == ["CH1234567", "281008", "810803"]
    assert all(part[-1] == check_digit(part[:-1]) for part in (number, expiry, birth))
    assert whole == check_digit(number + expiry + birth)
    assert len(line) == 30

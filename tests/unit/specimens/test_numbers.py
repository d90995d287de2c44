from dataclasses import replace
from datetime import date
from random import Random

import pytest

from specimens.cards.document_numbers import exit_entry_number, hong_kong_identity, resident_number
from specimens.cards.holders import Holder
from specimens.cards.mrz import (
    PermitData,
    check_digit,
    checked,
    exit_entry_line,
    gbk_letters,
    permit_back_lines,
    permit_back_lines_1999,
)

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


def _holder(**changes: str) -> Holder:
    holder = Holder(
        simplified="证件样本",
        traditional="證件樣本",
        romanised="ZHENG JIAN,YANG BEN",
        sex="女",
        birth=date(1981, 8, 3),
    )
    return replace(holder, **changes)  # type: ignore[arg-type]  # every changed field is a string


def _permit(person: Holder, number: str = "H12345678") -> PermitData:
    return PermitData(number=number, issues=0, expiry=date(2022, 12, 11), person=person, identity="A1234567(8)")


def test_the_lines_of_the_official_specimen_are_reproduced() -> None:
    assert permit_back_lines("CR", _permit(_holder())) == (
        "CRH1234567830002212119F8108038",
        "NGKELMPONBPJLBLOAABA1234567842",
        "ZHENG<JIAN<<YANG<BEN<<<<<<<<<<",
    )


def test_the_1999_lines_agree_with_published_ones() -> None:
    person = replace(_holder(romanised="LAI,CHEUK YI"), birth=date(1992, 9, 1))
    data = replace(_permit(person, "H1010101000"), expiry=date(2001, 6, 16))

    first, second, third = permit_back_lines_1999(data)
    assert (second, third) == ("9209013F0106164H10101010003120", "LAI<CHEUK<YI".replace("<", "<<", 1).ljust(30, "<"))
    assert first.startswith("C<CHN")
    assert first[26] == check_digit(first[5:26])
    assert first[29] == check_digit(first[:29])


def test_a_published_1999_line_has_the_check_digits_computed_here() -> None:
    assert "C<CHN" + checked("327255312289<<<<<<<<0") + "<<6" == checked("C<CHN327255312289<<<<<<<<01<<")


def test_a_non_chinese_back_names_the_nationality() -> None:
    person = _holder(simplified="范玛丽", romanised="FERNANDES,MARIA TERESA", nationality="葡萄牙")

    first, second, third = permit_back_lines("CF", _permit(person, "HA1234567"))
    assert first.startswith("CFHA1234567")
    assert second[15:19] == "PRTB"
    assert second[:12] == gbk_letters("范玛丽", 12)
    assert third == "FERNANDES<<MARIA<TERESA".ljust(30, "<")


def test_a_taiwan_back_ends_with_the_place_of_issue() -> None:
    data = replace(_permit(_holder(), "00000000"), identity="R000000000", issues=2, expiry=date(2020, 6, 8))

    first, second, third = permit_back_lines("CT", data, place="3500")
    assert first == "CT00000000<00262006084F8108038"
    assert second[:29] == "NGKELMPONBPJLBLOAABR000000000"
    assert third == "ZHENG<JIAN<<YANG<BEN<<<<<<3500"


@pytest.mark.parametrize("name", ["", "黎", "欧阳丽", "謝爾珊"])
def test_gbk_letters_can_be_decoded(name: str) -> None:
    letters = gbk_letters(name, 16)
    nibbles = ["ABCDEFGHIJKLMNOP".index(letter) for letter in letters.rstrip("<")]

    code = bytes(high << 4 | low for high, low in zip(nibbles[::2], nibbles[1::2], strict=True))
    assert code.decode("gbk") == name
    assert len(letters) == 16


def test_a_long_chinese_name_is_cut_and_flagged() -> None:
    person = _holder(simplified="阿不都热西提·买买提", romanised="ABUDUREXITI,MAIMAITI ABUDUREXITI")

    _, second, third = permit_back_lines("CR", _permit(person))
    assert second[:16] == gbk_letters("阿不都热", 16)
    assert second[16] == "B"
    assert third == "ABUDUREXITI<<MAIMAITI<ABUDUREX"


@pytest.mark.parametrize("line", ["CSC000000004<2404200<8108038<6", "CDL000000007<2508197<8208031<6"])
def test_published_exit_entry_lines_are_reproduced(line: str) -> None:
    expiry, birth = (
        date(2000 + int(line[at : at + 2]), int(line[at + 2 : at + 4]), int(line[at + 4 : at + 6])) for at in (13, 21)
    )

    assert exit_entry_line(number=line[2:11], expiry=expiry, birth=birth, code=line[:2]) == line


def test_an_exit_entry_line_has_part_and_composite_check_digits() -> None:
    line = exit_entry_line(number="CH1234567", expiry=date(2028, 10, 8), birth=date(1981, 8, 3))

    number, expiry, birth, whole = line.removeprefix("CS").split("<")
    assert [number[:-1], expiry[:-1], birth[:-1]] == ["CH1234567", "281008", "810803"]
    assert all(part[-1] == check_digit(part[:-1]) for part in (number, expiry, birth))
    assert whole == check_digit(number + expiry + birth)
    assert len(line) == 30

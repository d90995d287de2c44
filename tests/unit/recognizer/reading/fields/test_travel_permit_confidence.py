"""Which values of a front other text proves, corrects or contradicts, and which are doubtful by themselves."""

from dataclasses import replace

import pytest

from permit_ocr.domain.permits import PermitType
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.ocr_field import EMPTY_FIELD, VERIFIED, OcrField
from recognizer.reading.fields.travel_permit import front_fields
from recognizer.reading.ocr.text_lines import TextLine
from tests.unit.recognizer.reading.cards import finder, line
from tests.unit.recognizer.reading.fields.travel_permits import EXIT, HK, TW, hk_front, read_front


def test_the_mrz_corrects_one_confused_character() -> None:
    lines = [
        line("往来港澳通行证", 200, 60, 60),
        line("出生日期 1991.07.20", 330, 260),
        line("有效期限 2016.12.26-2026.12.25", 330, 320),
        line("C83593428", 700, 110),
        line("CSC835934200<2612258<9107290<0", 50, 600),
    ]
    answer = read_front(finder(*lines), EXIT)
    assert answer.ValidDate == "2016.12.26-2026.12.25"
    assert answer.Number == "C83593420", "8 and 0 are confused; the line's check digit proves 0"
    assert answer.Birthday == "1991.07.20", "9 and 0 are not: what is printed is answered, the line does not replace it"


def test_unevenly_spaced_characters_of_a_central_authority_are_whole() -> None:
    read = line("公安部出入境管理局", 330, 380)
    characters = tuple(replace(one, x=one.x + 30 * (number > 4)) for number, one in enumerate(read.characters))
    fields = front_fields(finder(*hk_front(authority=replace(read, characters=characters))), HK)
    assert fields["IssueAuthority"].confidence == 0.7


@pytest.mark.parametrize("printed", ["公安部山入党管理局", "公安局出入境管理局"])
def test_an_almost_central_authority_has_low_confidence(printed: str) -> None:
    fields = front_fields(finder(*hk_front(authority=line(f"签发机关{printed}", 330, 380))), HK)
    assert fields["IssueAuthority"].confidence < 0.4


@pytest.mark.parametrize("printed", ["公安赫出入境管理局", "公安部出入党管理局"])
def test_one_misread_character_of_a_central_authority_is_corrected(printed: str) -> None:
    authority = front_fields(finder(*hk_front(authority=line(f"签发机关{printed}", 330, 380))), HK)["IssueAuthority"]
    assert (authority.text, authority.confidence) == ("公安部出入境管理局", 0.7)


def test_a_birth_after_the_issue_has_low_confidence() -> None:
    fields = front_fields(finder(*hk_front(birth=line("出生日期 2019.08.03", 330, 260))), HK)
    assert fields["Birthday"].confidence < 0.4


def exit_entry_front(period: str, machine_line: str, *others: TextLine) -> FieldFinder:
    return finder(
        line("往来港澳通行证", 200, 60, 60),
        line(f"有效期限 {period}", 330, 320),
        line(machine_line, 50, 600),
        *others,
    )


def test_an_mrz_number_with_a_wrong_check_digit_is_ignored() -> None:
    fields = front_fields(exit_entry_front("2016.12.26-2026.12.25", "CSC835934201<2612258<9107290<0"), EXIT)
    assert fields["Number"] == EMPTY_FIELD


def test_a_number_found_only_in_the_mrz_is_returned() -> None:
    fields = front_fields(exit_entry_front("2016.12.26-2026.12.25", "CSC835934200<2612258<9107290<0"), EXIT)
    assert fields["Number"] == OcrField("C83593420", VERIFIED)


def test_the_mrz_does_not_verify_a_period_of_unusual_term() -> None:
    fields = front_fields(exit_entry_front("2018.12.26-2026.12.25", "CSC835934200<2612258<9107290<0"), EXIT)
    assert fields["ValidDate"].text == "2018.12.26-2026.12.25"
    assert fields["ValidDate"].confidence < 0.6


def test_the_mrz_corrects_or_contradicts_the_end_of_a_period() -> None:
    fields = front_fields(exit_entry_front("2016.12.26-2028.12.25", "CSC835934200<2612258<9107290<0"), EXIT)
    assert fields["ValidDate"] == OcrField("2016.12.26-2026.12.25", VERIFIED), "8 and 6 are confused"
    fields = front_fields(exit_entry_front("2016.12.26-2021.12.25", "CSC835934200<2612258<9107290<0"), EXIT)
    assert fields["ValidDate"].confidence < 0.4, "6 and 1 are not"


def test_a_verified_birth_after_the_issue_still_has_low_confidence() -> None:
    birth = line("出生日期 2091.07.29", 330, 260)
    fields = front_fields(exit_entry_front("2016.12.26-2026.12.25", "CSC835934200<2612258<9107290<0", birth), EXIT)
    assert fields["Birthday"].confidence < 0.4, "the line leaves the century out"


@pytest.mark.parametrize(
    ("printed", "mrz", "birth"),
    [
        ("199/.07.29", "CSC835934200<2612258<9107290<0", "1991.07.29"),
        ("1091.07.29", "CSC835934200<2612258<9107290<0", "1991.07.29"),
        ("1/9/.07.2g", "CSC835934200<2612258<9107290<0", ""),
        ("199/.07.29", "CSC835934200<2612258<9107290", ""),
        ("2016.12.26", "CSC835934200<2612258<9107290<0", "2016.12.26"),
    ],
    ids=["one character", "a century", "too many", "line not proven", "another date"],
)
def test_a_misread_birth_is_that_of_the_mrz_if_it_is_like_it(printed: str, mrz: str, birth: str) -> None:
    birthday = front_fields(exit_entry_front("2016.12.26-2026.12.25", mrz, line(printed, 330, 260)), EXIT)["Birthday"]
    assert birthday.text == birth
    assert birthday.confidence <= 0.85


def test_a_birth_on_a_nonexistent_day_has_low_confidence() -> None:
    fields = front_fields(finder(*hk_front(birth=line("出生日期 1981.02.31", 330, 260))), HK)
    assert fields["Birthday"].confidence < 0.4


def test_a_period_ending_on_a_nonexistent_day_has_low_confidence() -> None:
    fields = front_fields(finder(*hk_front(validity=line("有效期限 2018.10.01-2028.09.31", 330, 320))), HK)
    assert fields["ValidDate"].confidence < 0.4


def test_a_name_mixing_scripts_is_less_confident() -> None:
    fields = front_fields(finder(*hk_front(name=line("姓名 温國華", 330, 150))), HK)
    assert fields["Name"].text == "温國華"
    assert fields["Name"].confidence < 0.9


@pytest.mark.parametrize("printed", ["和国出入境管理局", "签发机关 公安部出"])
def test_part_of_a_central_authoritys_name_has_low_confidence(printed: str) -> None:
    fields = front_fields(finder(*hk_front(authority=line(printed, 330, 380))), HK)
    assert fields["IssueAuthority"].confidence < 0.4


def test_a_one_part_romanised_name_is_only_confident_for_foreigners() -> None:
    half = hk_front(latin=line("CHAN", 420, 200))
    assert front_fields(finder(*half), HK)["EnglishName"].confidence == 0.5
    foreign = [*half, line("国籍 印度尼西亚", 330, 500)]
    assert front_fields(finder(*foreign), HK)["EnglishName"].confidence == 1.0


@pytest.mark.parametrize(
    ("permit", "number", "period", "sure"),
    [
        (HK, "H12345678", "2018.10.09-2028.10.08", True),
        (HK, "H1234567801", "2006.10.09-2016.10.08", True),
        (HK, "H12345678", "2006.10.09-2016.10.08", False),
        (TW, "90451099", "2013.10.09-2018.10.08", False),
        (TW, "9045109992", "2013.10.09-2018.10.08", True),
        (TW, "9045109992", "2018.10.09-2023.10.08", False),
    ],
)
def test_a_number_length_not_in_use_at_issue_has_low_confidence(
    permit: PermitType,
    number: str,
    period: str,
    sure: bool,  # noqa: FBT001
) -> None:
    lines = hk_front(number=line(f"证件号码 {number}", 330, 440), validity=line(f"有效期限 {period}", 330, 320))
    fields = front_fields(finder(*lines), permit)
    assert fields["Number"] == OcrField(number, 1.0 if sure else 0.5)


def test_a_confused_character_in_the_word_exit_entry_is_corrected() -> None:
    lines = hk_front(authority=line("签发机关公安部出人境管理局", 330, 380))
    authority = front_fields(finder(*lines), HK)["IssueAuthority"]
    assert (authority.text, authority.confidence) == ("公安部出入境管理局", 0.88)

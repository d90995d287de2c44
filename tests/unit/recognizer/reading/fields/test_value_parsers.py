from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.domain.permits import PermitType
from recognizer.reading.fields import value_parsers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1981.08.03", "1981.08.03"),
        ("1981. 08. 03", "1981.08.03"),
        ("1981-08-03", "1981.08.03"),
        ("１９８１．０８．０３", "1981.08.03"),
        ("l98l.O8.O3", "1981.08.03"),
        ("1981年8月3日", "1981.08.03"),
        ("1981.13.03", None),
        ("1981.08", None),
        ("830000198108030042", None),
    ],
)
def test_travel_permit_dates_have_dots_and_two_digits(text: str, value: str | None) -> None:
    assert value_parsers.dotted_date(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1997年6月2日", "1997/6/2"),
        ("1997 年 06 月 02 日", "1997/6/2"),
        ("1997 6 2", "1997/6/2"),
        ("19976月2日", "1997/6/2"),
        ("199712月3", "1997/12/3"),
        ("1997622", None),
        ("1997.06.02", "1997/6/2"),
        ("1997年16月2日", None),
        ("1997年6月", None),
    ],
)
def test_residence_permit_birth_dates_have_slashes_and_no_zeros(text: str, value: str | None) -> None:
    assert value_parsers.slashed_date(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2018.09.06-2023.09.06", "2018.09.06-2023.09.06"),
        ("2018.09.06 — 2023.09.06", "2018.09.06-2023.09.06"),
        ("2018.09.06至2023.09.06", "2018.09.06-2023.09.06"),
        ("2018.09.062023.09.06", "2018.09.06-2023.09.06"),
        ("2018.09.06-长期", "2018.09.06-长期"),
        ("2018.09.06-2023", None),
        ("2018.09.06", None),
    ],
)
def test_a_period_has_two_dates_or_no_end(text: str, value: str | None) -> None:
    assert value_parsers.period(text) == value


@pytest.mark.parametrize(
    ("permit", "text", "value"),
    [
        (PermitType.HK_MACAO_PERMIT, "H12345678", "H12345678"),
        (PermitType.HK_MACAO_PERMIT, "H1234567801", "H1234567801"),
        (PermitType.HK_MACAO_PERMIT, "MA0842450", "MA0842450"),
        (PermitType.HK_MACAO_PERMIT, "H123 456 78", "H12345678"),
        (PermitType.HK_MACAO_PERMIT, "HI234567O", "H12345670"),
        (PermitType.HK_MACAO_PERMIT, "H1234567", None),
        (PermitType.TAIWAN_PERMIT, "49470120", "49470120"),
        (PermitType.TAIWAN_PERMIT, "0123456789(A)", "0123456789(A)"),
        (PermitType.TAIWAN_PERMIT, "2018.10.09", None),
        (PermitType.EXIT_ENTRY_PERMIT, "CU8412490", "CU8412490"),
        (PermitType.EXIT_ENTRY_PERMIT, "C83593420", "C83593420"),
        (PermitType.EXIT_ENTRY_PERMIT, "CI8412490", "C18412490"),
    ],
)
def test_a_permit_number_has_its_permits_format(permit: PermitType, text: str, value: str | None) -> None:
    assert value_parsers.permit_number(text, permit) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("CHAN, TAI MAN", "CHAN,TAI MAN"),
        ("LI,YOU-TU", "LI,YOU-TU"),
        ("LAM，KA HO", "LAM,KA HO"),
        ("SUKARNI", "SUKARNI"),
        ("Name CHAN, TAI MAN", "CHAN,TAI MAN"),
        ("NAME CHAN, TAI MAN", "CHAN,TAI MAN"),
        ("LÄM,WING", "LAM,WING"),
        ("LAU.SZE", "LAU,SZE"),
        ("HONG,XIAOMING", "HONG,XIAOMING"),
        ("LIN,HONG", "LIN,HONG"),
        ("KWOK,MAN HONG", "KWOK,MAN HONG"),
        ("SAMPLE,JOHN", "SAMPLE,JOHN"),
        ("MAINLAND TRAVEL PERMIT", None),
        ("HONG KONG", None),
        ("TRAVEL PERMIT, TAIWAN", None),
        ("CHAN<<TAI<MAN", None),
        ("H12345678", None),
        ("YU.,WEISHAN", "YU,WEISHAN"),
    ],
)
def test_a_latin_name_has_capitals_and_no_space_at_its_comma(text: str, value: str | None) -> None:
    assert value_parsers.latin_name(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("黃婷子", "黃婷子"),
        ("黃志偉", "黃志偉"),
        ("黃国强", "黄国强"),
        ("楊齐麗", "楊齊麗"),
        ("賀静", "賀靜"),
        ("萧靜远", "萧静远"),
        ("陈玥黃", "陈玥黄"),
        ("陳青", "陳青"),
        ("司马賢", "司馬賢"),
        ("吴軒恩", "吳軒恩"),
        ("张简鵬", "張簡鵬"),
        ("男", None),
        ("CHAN", None),
    ],
)
def test_similar_characters_are_converted_to_the_names_script(text: str, value: str | None) -> None:
    assert value_parsers.chinese_name(text) == value


def test_a_usual_surname_is_read_for_one_that_looks_like_it() -> None:
    assert [value_parsers.chinese_name(name) for name in ("洗銘玲", "冼銘玲", "陈洗")] == ["冼銘玲", "冼銘玲", "陈洗"]


@pytest.mark.parametrize("name", ["温國華", "吳晋偉", "陳启華", "呂彦國", "黄志偉", "吳芬强", "钟國強"])
def test_characters_registered_in_both_scripts_are_kept(name: str) -> None:
    assert value_parsers.chinese_name(name) == name
    assert value_parsers.is_mixed(name), "it is less sure, though"


@pytest.mark.parametrize(
    ("text", "name"), [("许雲", "許雲"), ("莊国伟", "莊國偉"), ("贾傑", "賈傑"), ("王国昇", "王国昇")]
)
def test_a_character_in_one_script_only_tells_that_a_name_is_traditional(text: str, name: str) -> None:
    assert value_parsers.chinese_name(text) == name


def test_similar_characters_alone_do_not_tell_a_names_script() -> None:
    assert value_parsers.script_is_unclear("石明静")
    assert not value_parsers.script_is_unclear("石伟静"), "the models do not confuse all of them"
    assert not value_parsers.script_is_unclear("石明靜"), "the models do not read simplified forms as traditional"


@pytest.mark.parametrize("text", ["大陆通行证", "港澳居民", "行证", "公安部出入境管理局"])
def test_part_of_a_title_or_an_authority_is_not_a_name(text: str) -> None:
    assert value_parsers.chinese_name(text) is None


def test_simplified_text_keeps_the_characters_that_mainland_names_have() -> None:
    assert value_parsers.simplified("廣東遼陽鍾昇堃喆") == "广东辽阳钟昇堃喆"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A123456(7)", "A123456(7)"),
        ("A123456（7）", "A123456(7)"),
        ("R3809993", "R380999(3)"),
        ("1793815(8)", "1793815(8)"),
        ("5/123456/7", "5/123456/7"),
        ("CRCHNH444927506", None),
    ],
)
def test_an_identity_number_has_its_check_digit_in_brackets(text: str, value: str | None) -> None:
    assert value_parsers.identity_card_number(text) == value


@given(st.text(max_size=40))
def test_no_text_makes_a_parser_fail(text: str) -> None:
    for parse in (value_parsers.dotted_date, value_parsers.slashed_date, value_parsers.period, value_parsers.count):
        value = parse(text)
        assert value is None or value
    for permit in PermitType:
        assert value_parsers.permit_number(text, permit) != ""


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_every_date_format_is_parsed(day: date) -> None:
    assert value_parsers.dotted_date(f"{day:%Y.%m.%d}") == f"{day:%Y.%m.%d}"
    assert value_parsers.slashed_date(f"{day.year}年{day.month}月{day.day}日") == f"{day.year}/{day.month}/{day.day}"


@pytest.mark.parametrize(
    ("permit", "period", "is_term"),
    [
        (PermitType.HK_MACAO_PERMIT, "2018.10.09-2028.10.08", True),
        (PermitType.RESIDENCE_PERMIT, "2018.09.06-2023.09.06", True),
        (PermitType.TAIWAN_PERMIT, "2020.03.01-2025.02.28", True),
        (PermitType.EXIT_ENTRY_PERMIT, "2020.03.01-2030.02.28", True),
        (PermitType.HK_MACAO_PERMIT, "2009.01.05-2012.01.04", True),
        (PermitType.RESIDENCE_PERMIT, "2018.10.09-长期", True),
        (PermitType.RESIDENCE_PERMIT, "2018.09.06-2028.09.06", False),
        (PermitType.TAIWAN_PERMIT, "2018.10.09-2028.10.08", False),
        (PermitType.HK_MACAO_PERMIT, "1996.11.14-2019.01.25", False),
        (PermitType.HK_MACAO_PERMIT, "2025.10.10-2050.10.18", False),
        (PermitType.HK_MACAO_PERMIT, "2025.00.00-2035.00.09", False),
        (PermitType.HK_MACAO_PERMIT, "", False),
    ],
)
def test_a_period_matches_a_term_of_its_permit_or_not(
    permit: PermitType,
    period: str,
    is_term: bool,  # noqa: FBT001
) -> None:
    assert value_parsers.is_term(period, permit) == is_term


@pytest.mark.parametrize(
    ("text", "exist"),
    [
        ("1981.02.28", True),
        ("1997/6/2", True),
        ("2018.10.09-2028.10.08", True),
        ("2018.10.09-长期", True),
        ("1981.02.31", False),
        ("1997/2/30", False),
        ("2018.10.09-2028.09.31", False),
    ],
)
def test_nonexistent_days_are_detected(text: str, exist: bool) -> None:  # noqa: FBT001
    assert value_parsers.days_exist(text) == exist


def test_a_province_is_only_its_name() -> None:
    assert value_parsers.province("廣東") == "广东"
    assert value_parsers.province("广东省深圳市") is None


@pytest.mark.parametrize(("character", "form"), [("阎", "閻"), ("大", "大"), ("发", None), ("后", None)])
def test_a_character_with_one_traditional_form_is_converted(character: str, form: str | None) -> None:
    assert value_parsers.traditional_form(character) == form

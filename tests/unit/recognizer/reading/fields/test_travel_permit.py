from dataclasses import replace

import pytest

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from permit_ocr.domain.permits import PermitType
from recognizer.reading.fields.confidence import corners_of
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.hk_macao_back import back_answer, back_fields
from recognizer.reading.fields.mrz.facts import MrzFacts
from recognizer.reading.fields.ocr_field import EMPTY_FIELD, VERIFIED, OcrField
from recognizer.reading.fields.travel_permit import front_answer, front_fields
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine, join
from tests.unit.recognizer.reading.cards import finder, line


def read_front(finder: FieldFinder, permit: PermitType) -> MainlandPermitAnswer:
    return front_answer(front_fields(finder, permit))


def read_back(finder: FieldFinder) -> MainlandPermitAnswer:
    return back_answer(back_fields(finder))


HK, TW, EXIT = PermitType.HK_MACAO_PERMIT, PermitType.TAIWAN_PERMIT, PermitType.EXIT_ENTRY_PERMIT


def hk_front(**changed: TextLine) -> list[TextLine]:
    lines = {
        "title": line("港澳居民来往内地通行证", 200, 60, 60),
        "name": line("姓名 陈大文", 330, 150),
        "latin": line("CHAN, TAI MAN", 420, 200),
        "birth": line("出生日期 1981.08.03", 330, 260),
        "sex": line("性别男", 750, 260),
        "validity": line("有效期限 2018.10.09-2028.10.08", 330, 320),
        "authority": line("签发机关公安部出入境管理局", 330, 380),
        "number": line("证件号码 H12345678", 330, 440),
        "count": line("换证次数 02", 750, 440),
    }
    return list((lines | changed).values())


@pytest.mark.parametrize(("read", "count"), [("0", ""), ("0]", "01"), ("00", "00"), ("10", "10"), ("12", "12")])
def test_an_issue_count_has_two_digits_and_begins_at_00(read: str, count: str) -> None:
    assert read_front(finder(*hk_front(count=line(f"换证次数 {read}", 750, 440))), HK).IssueNumber == count


@pytest.mark.parametrize("count", ["00", "07", "10", "12"])
def test_two_digits_right_of_the_number_are_the_issue_count(count: str) -> None:
    """As on the photo of an official specimen, on which two characters of the label were misread."""
    small = 22
    lines = hk_front(
        number=line("证件号码", 330, 440, small),
        value=line("H12345678", 330, 470),
        count=line("按证次奴", 750, 440, small),
        digits=line(count, 752, 470),
    )
    assert read_front(finder(*lines), HK).IssueNumber == count


@pytest.mark.parametrize("name", ["证件样本", "样本", "證件樣本", "樣本"])
def test_a_specimens_holder_may_be_called_specimen(name: str) -> None:
    lines = hk_front(name=line(name, 335, 150), latin=line("ZHENGJIAN,YANGBEN", 330, 200), mark=line("样本", 90, 420))
    assert read_front(finder(*lines), HK).Name == name


@pytest.mark.parametrize("joined", ["公安部出入境管理局广东", "公安部出入境管理局1广东", "公安部出入境管理局丨广东"])
def test_a_place_read_together_with_the_authority_is_separated(joined: str) -> None:
    labels = line("签发机关", 330, 350, 22), line("签发地点", 700, 350, 22)
    lines = [one for one in hk_front() if "签发机关" not in one.text and "港澳居民" not in one.text]
    answer = read_front(finder(*lines, line("往来港澳通行证", 200, 60, 60), *labels, line(joined, 330, 385)), EXIT)
    assert (answer.IssueAuthority, answer.IssueAddress) == ("公安部出入境管理局", "广东")


def test_a_previous_number_is_found_under_an_unknown_label() -> None:
    answer = read_back(
        finder(
            line("姓名 陈大文", 80, 140),
            line("身份证件号码 G376849(9)", 80, 210),
            line("原通行证号码 H0601117102", 80, 280),
        )
    )
    assert answer.MainlandTravelPermitBackInfos is not None
    assert answer.MainlandTravelPermitBackInfos.HistoryNumber == "H0601117102"


def test_the_machine_lines_repair_or_contradict_the_identity_number() -> None:
    def identity(printed: str) -> OcrField:
        return back_fields(finder(line(f"身份证件号码 {printed}", 80, 210)), MrzFacts(identity_number="A123456(3)"))[
            "IDNumber"
        ]

    assert identity("A173456(3)") == OcrField("A123456(3)", VERIFIED)
    assert identity("") == OcrField("A123456(3)", VERIFIED)
    assert identity("G376849(9)").confidence < 0.4, "both are right, so one is from another card"


def test_the_coded_name_supports_corrects_or_contradicts_the_printed_one() -> None:
    def name(printed: str) -> OcrField:
        lines = line(f"姓名 {printed}", 80, 140), line("身份证件号码 G376849(9)", 80, 210)
        return back_fields(finder(*lines), MrzFacts(chinese_name="陈大文"))["Name"]

    assert name("陳大文") == OcrField("陳大文", 1.0)
    assert name("陈天文") == OcrField("陈大文", 0.88)
    assert name("陳天文") == OcrField("陳大文", 0.88)
    assert name("陣大文") == OcrField("陳大文", 0.88), "the misread character is a traditional one"
    assert name("李小龙").confidence == 0.5


def test_a_front_with_values_beside_labels_gives_every_field() -> None:
    answer = read_front(finder(*hk_front()), HK)
    assert (answer.Name, answer.EnglishName, answer.Sex) == ("陈大文", "CHAN,TAI MAN", "男")
    assert (answer.Birthday, answer.ValidDate) == ("1981.08.03", "2018.10.09-2028.10.08")
    assert (answer.IssueAuthority, answer.Number, answer.IssueNumber) == ("公安部出入境管理局", "H12345678", "02")
    assert (answer.Type, answer.Nationality, answer.IssueAddress) == ("港澳居民来往内地通行证", "", "")
    assert answer.MainlandTravelPermitBackInfos is not None
    assert answer.MainlandTravelPermitBackInfos.Type == "港澳居民来往内地通行证"
    assert answer.MainlandTravelPermitBackInfos.Name == ""


def test_fields_have_the_corners_of_their_text() -> None:
    def corners(box: BoundingBox) -> tuple[tuple[float, float], ...]:
        return (box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)

    fields = front_fields(replace(finder(*hk_front()), locate=corners), HK)
    upper_left, _, lower_right, _ = fields["Number"].corners or ()
    assert upper_left == pytest.approx((474, 420), abs=8), "after the label"
    assert lower_right == pytest.approx((618, 460), abs=8)
    assert corners_of(fields).keys() >= {"Type", "EnglishName", "Sex", "Birthday", "ValidDate", "Number"}
    assert "IssueAddress" not in corners_of(fields)


def test_a_front_with_values_below_bilingual_labels_gives_every_field() -> None:
    small = 26
    answer = read_front(
        finder(
            line("台湾居民来往大陆通行证", 200, 60, 60),
            line("姓名 Name", 330, 140, small),
            line("林雅婷", 330, 172),
            line("LIN, YA-TING", 330, 215),
            line("出生日期 Date of Birth", 330, 260, small),
            line("性别 Sex", 750, 260, small),
            line("1990.01.12", 330, 292),
            line("女", 750, 292),
            line("有效期限 Period of Validity", 330, 340, small),
            line("2019.09.23-2024.09.22", 330, 372),
            line("签发机关 Authority", 330, 420, small),
            line("签发地点 Place of Issue", 750, 420, small),
            line("中华人民共和国出入境管理局", 330, 452, 36),
            line("福建", 750, 452),
            line("证件号码 Permit No.", 330, 500, small),
            line("签发次数 Issue No.", 750, 500, small),
            line("12345678", 330, 532),
            line("03", 750, 532),
        ),
        TW,
    )
    assert (answer.Name, answer.EnglishName, answer.Sex) == ("林雅婷", "LIN,YA-TING", "女")
    assert (answer.Birthday, answer.ValidDate) == ("1990.01.12", "2019.09.23-2024.09.22")
    assert (answer.IssueAuthority, answer.IssueAddress) == ("中华人民共和国出入境管理局", "福建")
    assert (answer.Number, answer.IssueNumber) == ("12345678", "03")


def test_a_name_without_label_is_the_line_above_the_latin_name() -> None:
    lines = hk_front(name=line("欧阳娜娜", 335, 150), latin=line("AU YEUNG,NA NA", 330, 200))
    answer = read_front(finder(*lines), HK)
    assert (answer.Name, answer.EnglishName) == ("欧阳娜娜", "AU YEUNG,NA NA")


def test_a_holder_without_a_chinese_name_has_an_empty_one() -> None:
    lines = hk_front(
        title=line("港澳居民来往内地通行证（非中国籍）", 200, 60, 60),
        name=line("姓名", 330, 150),
        latin=line("SILVA,JOAO PEDRO", 420, 150),
        number=line("证件号码 HA1234567", 330, 440),
        country=line("国籍 葡萄牙", 330, 500),
    )
    answer = read_front(finder(*lines), HK)
    assert (answer.Name, answer.EnglishName, answer.Nationality) == ("", "SILVA,JOAO PEDRO", "葡萄牙")
    assert (answer.Number, answer.Type) == ("HA1234567", "港澳居民来往内地通行证（非中国籍）")


def test_a_latin_name_wrapped_after_its_comma_is_joined() -> None:
    lines = hk_front(latin=line("NGUYEN,", 420, 190), given=line("MINH ANH", 422, 225))
    assert read_front(finder(*lines), HK).EnglishName == "NGUYEN,MINH ANH"


@pytest.mark.parametrize("watermark", ["SPECIMEN", "SPECIMEN样本", "样本 SAMPLE", "仅供测试"])
def test_a_watermark_in_a_values_row_is_not_part_of_it(watermark: str) -> None:
    lines = hk_front(mark=line(watermark, 1000, 382))
    assert read_front(finder(*lines), HK).IssueAuthority == "公安部出入境管理局"


def test_a_name_keeps_the_dot_between_its_parts() -> None:
    lines = hk_front(name=line("姓名 次仁•卓玛", 330, 150), latin=line("CIREN,ZHUOMA", 420, 200))
    assert read_front(finder(*lines), EXIT).Name == "次仁·卓玛"


@pytest.mark.parametrize(
    "glued",
    [
        [line("签发机关公安部出入境管理局签发地点广东", 330, 380)],
        [line("签发机关", 330, 380), line("签发地点", 900, 380), line("公安部出入境管理局广东", 330, 420)],
        [line("签发机关", 330, 380), line("签发地点", 650, 380), line("公安部出入境管理局 广东", 330, 420)],
        [line("签发机关", 330, 380), line("签发地点", 620, 380), line("公安部出入境管理局广东", 330, 420)],
        [line("签发机关", 330, 380), line("签发地点", 600, 380), line("公安部出入境管理局广东", 330, 420)],
    ],
)
def test_authority_and_place_read_as_one_text_are_separated(glued: list[TextLine]) -> None:
    answer = read_front(finder(line("往来港澳通行证", 200, 60, 60), *glued), EXIT)
    assert (answer.IssueAuthority, answer.IssueAddress) == ("公安部出入境管理局", "广东")


def test_an_authority_on_two_lines_is_joined() -> None:
    lines = hk_front(
        authority=line("签发机关 中华人民共和国出入", 330, 370),
        rest=line("境管理局", 506, 408),
    )
    assert read_front(finder(*lines), HK).IssueAuthority == "中华人民共和国出入境管理局"


def test_a_period_on_two_lines_is_joined() -> None:
    lines = hk_front(
        validity=line("有效期限 2018.10.09-", 330, 310),
        end=line("2028.10.08", 506, 350),
        authority=line("签发机关公安部出入境管理局", 330, 400),
    )
    assert read_front(finder(*lines), HK).ValidDate == "2018.10.09-2028.10.08"


def test_the_start_of_a_period_is_never_a_birth_date() -> None:
    lines = hk_front(birth=line("出生日期", 330, 280), validity=line("2018.10.09-2028.10.08", 330, 330))
    answer = read_front(finder(*lines), HK)
    assert (answer.Birthday, answer.ValidDate) == ("", "2018.10.09-2028.10.08")


def test_a_number_without_a_label_is_found_by_its_format() -> None:
    lines = [line for line in hk_front() if "证件号码" not in line.text]
    answer = read_front(finder(*lines, line("C12345678", 700, 110)), EXIT)
    assert answer.Number == "C12345678"


def test_a_sex_missed_by_the_detector_is_reread_beside_its_label() -> None:
    def reread(place: BoundingBox, alphabet: str | None) -> str:
        return "女" if alphabet == "男女" and place.left > 800 else ""

    assert read_front(finder(*hk_front(sex=line("性别", 750, 260)), reread=reread), HK).Sex == "女"


def test_an_invisible_sex_is_empty() -> None:
    assert read_front(finder(*hk_front(sex=line("性别", 750, 260))), HK).Sex == ""


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


def test_a_back_gives_name_identity_number_and_previous_permit() -> None:
    answer = read_back(
        finder(
            line("港澳居民来往内地通行证", 80, 40, 50),
            line("姓名", 80, 140),
            line("盧家齊", 300, 140),
            line("身份证件号码", 80, 210),
            line("G376849(9)", 300, 210),
            line("曾持证件号码", 80, 280),
            line("H9265827233", 300, 280),
            line("CRCHNH444927506O4<<<<<<<<<<<<<", 50, 460),
            line("4303086M2811073CHN<<<<<<<<<<<6", 50, 515),
            line("LO<<KA<CHAI<<<<<<<<<<<<<<<<<<<", 50, 570),
        )
    )
    back = answer.MainlandTravelPermitBackInfos
    assert back is not None
    assert (back.Name, back.IDNumber, back.HistoryNumber) == ("盧家齊", "G376849(9)", "H9265827233")
    assert (answer.Type, answer.Name, answer.Number) == ("港澳居民来往内地通行证", "", "")


def test_an_empty_previous_permit_stays_empty_above_the_mrz() -> None:
    answer = read_back(
        finder(
            line("身份证件号码 1793815(8)", 80, 210),
            line("曾持证件号码", 80, 280),
            line("C<CHNM04051665<012<<<<<<<<<<<<", 80, 350),
        )
    )
    back = answer.MainlandTravelPermitBackInfos
    assert back is not None
    assert (back.IDNumber, back.HistoryNumber) == ("1793815(8)", "")


def test_text_of_another_document_is_not_part_of_a_value() -> None:
    lines = hk_front(paper=line("发票金额合计", 1100, 382))
    assert read_front(finder(*lines), HK).IssueAuthority == "公安部出入境管理局"


def test_fields_without_labels_are_found_by_format() -> None:
    answer = read_front(
        finder(
            line("台湾居民来往大陆通行证", 200, 60, 60),
            line("林雅婷", 330, 172),
            line("LIN, YA-TING", 330, 215),
            line("1990.01.12", 330, 292),
            line("女", 750, 292),
            line("2019.09.23-2024.09.22", 330, 372),
            line("公安部出入境管理局", 330, 452),
            line("福建", 750, 452),
            line("12345678", 330, 532),
            line("03", 750, 532),
        ),
        TW,
    )
    assert (answer.Name, answer.EnglishName, answer.Sex) == ("林雅婷", "LIN,YA-TING", "女")
    assert (answer.Birthday, answer.ValidDate) == ("1990.01.12", "2019.09.23-2024.09.22")
    assert (answer.IssueAuthority, answer.IssueAddress) == ("公安部出入境管理局", "福建")
    assert (answer.Number, answer.IssueNumber) == ("12345678", "03")


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


def test_a_hong_kong_number_starting_with_a_digit_is_corrected() -> None:
    fields = back_fields(finder(line("身份证件号码 2943144(7)", 80, 210)))
    assert fields["IDNumber"].text == "Z943144(7)"
    assert fields["IDNumber"].confidence > 0.9


@pytest.mark.parametrize("syllables", ["HONG,XIAOMING", "LIN,HONG", "KWOK,MAN HONG"])
def test_a_romanised_name_may_contain_a_word_of_titles(syllables: str) -> None:
    assert read_front(finder(*hk_front(latin=line(syllables, 420, 200))), HK).EnglishName == syllables


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


def test_a_romanised_name_on_a_back_is_verified_by_the_mrz() -> None:
    blurred = line("VAN DER BERG,PIETER JAN", 300, 140)
    blurred = replace(blurred, characters=tuple(replace(one, confidence=0.7) for one in blurred.characters))

    def name_beside(machine_line: str) -> OcrField:
        labels = line("姓名", 80, 140), line("身份证件号码 G376849(9)", 80, 210)
        return back_fields(finder(*labels, blurred, line(machine_line, 50, 570)))["Name"]

    assert name_beside("VAN<DER<BERG<<PIETER<JAN<<<<<<") == OcrField("VAN DER BERG,PIETER JAN", VERIFIED)
    assert name_beside("LO<<KA<CHAI<<<<<<<<<<<<<<<<<<<") == OcrField("VAN DER BERG,PIETER JAN", 0.7)


@pytest.mark.parametrize(
    ("machine_line", "name"),
    [("DELA<CRUZ<<ROSARI0<<<<<<<<<<<<", "DELA CRUZ,ROSARIO"), ("LO<<KA<CHAI<<<<<<<<<<<<<<<<<<<", "")],
)
def test_a_romanised_name_needs_no_label_if_the_mrz_repeats_it(machine_line: str, name: str) -> None:
    lines = line("DELA CRUZ,ROSARIO", 80, 140), line("N054907(8)", 80, 190), line(machine_line, 50, 570)
    assert back_fields(finder(*lines))["Name"].text == name


def test_a_hong_kong_number_with_wrong_check_digit_has_low_confidence() -> None:
    fields = back_fields(finder(line("身份证件号码 A123456(5)", 80, 210)))
    assert (fields["IDNumber"].text, fields["IDNumber"].confidence) == ("A123456(5)", 0.5)


def test_a_name_mixing_scripts_is_less_confident() -> None:
    fields = front_fields(finder(*hk_front(name=line("姓名 温國華", 330, 150))), HK)
    assert fields["Name"].text == "温國華"
    assert fields["Name"].confidence < 0.9


@pytest.mark.parametrize("printed", ["和国出入境管理局", "签发机关 公安部出"])
def test_part_of_a_central_authoritys_name_has_low_confidence(printed: str) -> None:
    fields = front_fields(finder(*hk_front(authority=line(printed, 330, 380))), HK)
    assert fields["IssueAuthority"].confidence < 0.4


def test_a_name_is_separated_from_label_and_romanised_name() -> None:
    broken = join([line("86", 330, 150), line("陈大文", 420, 150)])
    assert read_front(finder(*hk_front(name=broken)), HK).Name == "陈大文"
    beside = join([line("陈大文", 330, 150), line("MAN", 600, 150)])
    assert read_front(finder(*hk_front(name=beside)), HK).Name == "陈大文"


def test_a_one_part_romanised_name_is_only_confident_for_foreigners() -> None:
    half = hk_front(latin=line("CHAN", 420, 200))
    assert front_fields(finder(*half), HK)["EnglishName"].confidence == 0.5
    foreign = [*half, line("国籍 印度尼西亚", 330, 500)]
    assert front_fields(finder(*foreign), HK)["EnglishName"].confidence == 1.0


@pytest.mark.parametrize(
    "lines",
    [
        [line("国", 750, 500), line("葡萄牙", 750, 545)],
        [join([line("国箱", 330, 500), line("葡萄牙", 420, 500)])],
    ],
)
def test_a_nationality_is_found_by_the_first_character_of_its_label(lines: list[TextLine]) -> None:
    title = line("港澳居民来往内地通行证（非中国籍）", 200, 60, 60)
    assert read_front(finder(*hk_front(title=title), *lines), HK).Nationality == "葡萄牙"
    assert read_front(finder(*hk_front(), *lines), HK).Nationality == "", "only that edition has one"


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


@pytest.mark.parametrize("identity", ["身份证件号码 S924069(3)", "S924069(3)"])
def test_a_name_with_misread_label_is_above_the_identity_number(identity: str) -> None:
    label = line("上名", 80, 140)
    fields = back_fields(finder(label, line("王真睿", 300, 140), line(identity, 80, 210)))
    assert fields["Name"] == OcrField("王真睿", 0.85)


@pytest.mark.parametrize(
    "left", ["-2029.04.24", "9.03-2029.09.02", ".06.30-2031.06.29", "2019.04.25-", "2023.02.27-202.2.26"]
)
def test_what_is_left_of_a_period_is_no_birth_date(left: str) -> None:
    lines = [one for one in hk_front() if "出生" not in one.text and "有效" not in one.text]
    assert read_front(finder(*lines, line(left, 500, 320)), HK).Birthday == ""


def test_a_place_after_the_authority_is_found_without_its_label() -> None:
    lines = [one for one in hk_front() if "签发机关" not in one.text and "港澳居民" not in one.text]
    joined = line("公安部出入境管理局广东", 330, 385)
    answer = read_front(finder(*lines, line("往来港澳通行证", 200, 60, 60), joined), EXIT)
    assert (answer.IssueAuthority, answer.IssueAddress) == ("公安部出入境管理局", "广东")


def test_a_sex_without_a_label_is_reread_right_of_the_birth_date() -> None:
    def reread(place: BoundingBox, alphabet: str | None) -> str:
        return "男" if alphabet == "男女" and place.top < 260 < place.bottom else ""

    lines = [one for one in hk_front() if "性别" not in one.text]
    sex = front_fields(finder(*lines, reread=reread), HK)["Sex"]
    assert (sex.text, sex.confidence) == ("男", 0.7)


@pytest.mark.parametrize(("coded", "confidence"), [("陈大文", VERIFIED), ("陈大", 0.85)])
def test_a_back_prints_the_coded_name_wherever_it_is(coded: str, confidence: float) -> None:
    lines = line("港澳居民来往内地通行证", 200, 60, 60), line("陳大文", 420, 120), line("件号码 G376849(9)", 330, 200)
    name = back_fields(finder(*lines), MrzFacts(chinese_name=coded))["Name"]
    assert (name.text, name.confidence) == ("陳大文", confidence)


@pytest.mark.parametrize("read", ["1981.08.03 男", "性刻男", "牲别男"])
def test_a_sex_is_found_close_to_a_date_or_after_half_of_its_label(read: str) -> None:
    lines = [one for one in hk_front() if "性别" not in one.text and "出生" not in one.text]
    assert read_front(finder(*lines, line(read, 330, 260)), HK).Sex == "男"


def test_a_value_close_to_its_labels_translation_is_not_part_of_it() -> None:
    lines = hk_front(name=line("姓名/Name 陳大文", 330, 150))
    assert read_front(finder(*lines), HK).Name == "陳大文"


def test_a_specimens_holder_may_be_called_specimen_beside_a_label() -> None:
    lines = hk_front(name=line("姓名 样本", 330, 150), mark=line("样本", 90, 420))
    assert read_front(finder(*lines), HK).Name == "样本"
    below = line("姓名", 80, 140, 22), line("样本", 82, 170), line("身份证件号码 G376849(9)", 80, 210)
    assert read_back(finder(*below)).MainlandTravelPermitBackInfos.Name == "样本"  # type: ignore[union-attr]


def test_a_confused_character_in_the_word_exit_entry_is_corrected() -> None:
    lines = hk_front(authority=line("签发机关公安部出人境管理局", 330, 380))
    authority = front_fields(finder(*lines), HK)["IssueAuthority"]
    assert (authority.text, authority.confidence) == ("公安部出入境管理局", 0.88)


@pytest.mark.parametrize(("title", "suffix"), [("港澳居民来往内", "（非中国籍）"), ("港澳居民来往内地通行证", "")])
def test_the_number_tells_the_edition_if_the_title_is_unreadable(title: str, suffix: str) -> None:
    lines = hk_front(title=line(title, 200, 60, 60), number=line("证件号码 HA1234567", 330, 440))
    assert read_front(finder(*lines), HK).Type == "港澳居民来往内地通行证" + suffix


def test_a_count_close_to_its_number_is_separated() -> None:
    lines = [one for one in hk_front() if "号码" not in one.text and "次数" not in one.text]
    number, count = line("H12345678", 330, 440), line("03", 540, 440)
    answer = read_front(finder(*lines, number, count), HK)
    assert (answer.Number, answer.IssueNumber) == ("H12345678", "03")


def test_a_nationality_in_two_languages_needs_no_label() -> None:
    lines = hk_front(
        title=line("港澳居民来往内地通行证（非中国籍）", 200, 60, 60), country=line("美国/UNITED STATES", 330, 500)
    )
    assert read_front(finder(*lines), HK).Nationality == "美国"

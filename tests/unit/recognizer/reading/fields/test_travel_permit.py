"""The fields of a front: found beside or below their labels, by their format or by their place."""

from dataclasses import replace

import pytest

from recognizer.reading.fields.confidence import corners_of
from recognizer.reading.fields.travel_permit import front_fields
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine, join
from tests.unit.recognizer.reading.cards import finder, line
from tests.unit.recognizer.reading.fields.travel_permits import EXIT, HK, TW, hk_front, read_back, read_front


def test_a_front_with_values_beside_labels_gives_every_field() -> None:
    answer = read_front(finder(*hk_front()), HK)
    assert (answer.Name, answer.EnglishName, answer.Sex) == ("陈大文", "CHAN,TAI MAN", "男")
    assert (answer.Birthday, answer.ValidDate) == ("1981.08.03", "2018.10.09-2028.10.08")
    assert (answer.IssueAuthority, answer.Number, answer.IssueNumber) == ("公安部出入境管理局", "H12345678", "02")
    assert (answer.Type, answer.Nationality, answer.IssueAddress) == ("港澳居民来往内地通行证", "", "")
    assert answer.MainlandTravelPermitBackInfos is not None
    assert answer.MainlandTravelPermitBackInfos.Type == "港澳居民来往内地通行证"
    assert answer.MainlandTravelPermitBackInfos.Name == ""


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


def test_fields_have_the_corners_of_their_text() -> None:
    def corners(box: BoundingBox) -> tuple[tuple[float, float], ...]:
        return (box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)

    fields = front_fields(replace(finder(*hk_front()), locate=corners), HK)
    upper_left, _, lower_right, _ = fields["Number"].corners or ()
    assert upper_left == pytest.approx((474, 420), abs=8), "after the label"
    assert lower_right == pytest.approx((618, 460), abs=8)
    assert corners_of(fields).keys() >= {"Type", "EnglishName", "Sex", "Birthday", "ValidDate", "Number"}
    assert "IssueAddress" not in corners_of(fields)


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


def test_a_birth_date_is_never_the_start_of_half_a_period() -> None:
    lines = hk_front(
        birth=line("1981.08.03", 330, 280),
        validity=line("有效期限", 330, 330),
        end=line("2028.10.08", 330, 370),
    )
    assert read_front(finder(*lines), HK).ValidDate == ""


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


def test_text_of_another_document_is_not_part_of_a_value() -> None:
    lines = hk_front(paper=line("发票金额合计", 1100, 382))
    assert read_front(finder(*lines), HK).IssueAuthority == "公安部出入境管理局"


@pytest.mark.parametrize("syllables", ["HONG,XIAOMING", "LIN,HONG", "KWOK,MAN HONG"])
def test_a_romanised_name_may_contain_a_word_of_titles(syllables: str) -> None:
    assert read_front(finder(*hk_front(latin=line(syllables, 420, 200))), HK).EnglishName == syllables


def test_a_name_is_separated_from_label_and_romanised_name() -> None:
    broken = join([line("86", 330, 150), line("陈大文", 420, 150)])
    assert read_front(finder(*hk_front(name=broken)), HK).Name == "陈大文"
    beside = join([line("陈大文", 330, 150), line("MAN", 600, 150)])
    assert read_front(finder(*hk_front(name=beside)), HK).Name == "陈大文"


@pytest.mark.parametrize(
    "lines",
    [
        [line("国", 750, 500), line("葡萄牙", 750, 545)],
        [join([line("国箱", 330, 500), line("葡萄牙", 420, 500)])],
        [line("葡萄牙", 750, 545), line("PORTUGAL", 750, 590, 20)],
        [line("葡萄牙/PORTUGA1", 330, 500)],
        [line("葡萄牙 PRT", 330, 500)],
    ],
)
def test_a_nationality_without_a_label_is_a_country(lines: list[TextLine]) -> None:
    title = line("港澳居民来往内地通行证（非中国籍）", 200, 60, 60)
    assert read_front(finder(*hk_front(title=title), *lines), HK).Nationality == "葡萄牙"
    assert read_front(finder(*hk_front(), *lines), HK).Nationality == "", "only that edition has one"


@pytest.mark.parametrize(("read", "is_country"), [("韓國", True), ("卓越国", False)])
def test_a_nationality_beside_its_label_is_a_country_or_doubtful(read: str, *, is_country: bool) -> None:
    title = line("港澳居民来往内地通行证（非中国籍）", 200, 60, 60)
    labelled = finder(*hk_front(title=title), line(f"国籍 {read}", 330, 500))
    nationality = front_fields(labelled, HK)["Nationality"]
    assert nationality.text == read.replace("韓國", "韩国")
    assert (nationality.confidence > 0.85) is is_country


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


@pytest.mark.parametrize("read", ["1981.08.03 男", "性刻男", "牲别男", "1981.08.03 安男"])
def test_a_sex_is_found_close_to_a_date_or_after_half_of_its_label(read: str) -> None:
    lines = [one for one in hk_front() if "性别" not in one.text and "出生" not in one.text]
    assert read_front(finder(*lines, line(read, 330, 260)), HK).Sex == "男"


@pytest.mark.parametrize("label", ["姓名/Name", "姓名/Tame"])
def test_a_value_close_to_its_labels_translation_is_not_part_of_it(label: str) -> None:
    lines = hk_front(name=line(f"{label} 陳大文", 330, 150))
    assert read_front(finder(*lines), HK).Name == "陳大文"


def test_a_specimens_holder_may_be_called_specimen_beside_a_label() -> None:
    lines = hk_front(name=line("姓名 样本", 330, 150), mark=line("样本", 90, 420))
    assert read_front(finder(*lines), HK).Name == "样本"
    below = line("姓名", 80, 140, 22), line("样本", 82, 170), line("身份证件号码 G376849(9)", 80, 210)
    for back in (below, below[1:]):
        assert read_back(finder(*back)).MainlandTravelPermitBackInfos.Name == "样本"  # type: ignore[union-attr]


def test_a_specimens_holder_is_named_above_the_latin_name() -> None:
    lines = hk_front(name=line("姓名", 420, 110, 25), mark=line("樣本", 420, 140), latin=line("YANG,BEN", 420, 180))
    assert read_front(finder(*lines), HK).Name == "樣本"


@pytest.mark.parametrize("title", ["港澳居民来往内", "港澳居民来往内地通行证"])
def test_the_number_tells_the_edition_if_the_title_is_cut_off(title: str) -> None:
    lines = hk_front(title=line(title, 200, 60, 60), number=line("证件号码 HA1234567", 330, 440))
    assert read_front(finder(*lines), HK).Type == "港澳居民来往内地通行证（非中国籍）"


def test_a_count_close_to_its_number_is_separated() -> None:
    lines = [one for one in hk_front() if "号码" not in one.text and "次数" not in one.text]
    number, count = line("H12345678", 330, 440), line("03", 540, 440)
    answer = read_front(finder(*lines, number, count), HK)
    assert (answer.Number, answer.IssueNumber) == ("H12345678", "03")


def test_a_name_above_what_glare_leaves_of_its_pinyin_is_read() -> None:
    lines = [line("甘娟", 430, 200), line("JUAN", 510, 250), line("1988.10.08", 430, 320)]
    assert read_front(finder(line("往来港澳通行证", 80, 80, 60), *lines), EXIT).Name == "甘娟"


def test_the_nationality_of_a_non_chinese_holder_is_no_name() -> None:
    title = line("港澳居民来往内地通行证（非中国籍）", 200, 60, 60)
    lines = [line("新西兰", 430, 200), line("NEW ZEALAND", 430, 250), line("HA1234567", 430, 400)]
    assert read_front(finder(title, *lines), HK).Name == ""

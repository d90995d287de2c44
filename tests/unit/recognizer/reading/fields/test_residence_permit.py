import pytest

from permit_ocr.domain.card.answers import ResidencePermitAnswer
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.residence_permit import back_answer, back_fields, front_answer, front_fields
from recognizer.reading.ocr.text_lines import BOX_GAP, BoundingBox
from tests.unit.recognizer.reading.cards import finder, line


def read_front(finder: FieldFinder) -> ResidencePermitAnswer:
    return front_answer(front_fields(finder))


def read_back(finder: FieldFinder) -> ResidencePermitAnswer:
    return back_answer(back_fields(finder))


def test_a_front_with_label_and_value_columns_gives_every_field() -> None:
    answer = read_front(
        finder(
            line("姓名", 60, 100),
            line("陈小明", 200, 102),
            line("性别", 60, 180),
            line("女", 200, 180),
            line("出生", 60, 260),
            line("1997年6月2日", 200, 261),
            line("住址", 60, 340),
            line("上海市示范路8号", 200, 340),
            line("公民身份号码", 60, 560),
            line("830000199706020042", 330, 560),
        )
    )
    assert (answer.Name, answer.Sex, answer.Birth) == ("陈小明", "女", "1997/6/2")
    assert (answer.Address, answer.IdCardNo, answer.CardType) == ("上海市示范路8号", "830000199706020042", 0)
    assert (answer.ValidDate, answer.Authority, answer.VisaNum, answer.PassNo) == ("", "", "", "")
    assert answer.WarnCardInfos == (-9109,)


def test_labels_merged_with_values_or_labels_are_separated() -> None:
    answer = read_front(finder(line("姓 名陈小明", 60, 100), line("性别男出生1985 年 2 月 1 日", 60, 180)))
    assert (answer.Name, answer.Sex, answer.Birth) == ("陈小明", "男", "1985/2/1")


def test_an_address_continues_in_aligned_lines_below() -> None:
    answer = read_front(
        finder(
            line("住址", 60, 300),
            line("广东省深圳市南山区示范中路2", 200, 300),
            line("12号海景苑8栋5单元301", 203, 352),
            line("0室", 198, 404),
            line("公民身份号码820000198502010022", 60, 560),
        )
    )
    assert answer.Address == "广东省深圳市南山区示范中路212号海景苑8栋5单元3010室"


@pytest.mark.parametrize(("birth", "sex"), [(260, "女"), (160, "")], ids=["a row between", "none"])
def test_a_missed_sex_is_reread_between_name_and_birth(birth: float, sex: str) -> None:
    def reread(place: BoundingBox, alphabet: str | None) -> str:
        return "女" if alphabet == "男女" and place.top < 180 < place.bottom else ""

    number = line("830000199706020042", 330, 560)
    lines = [line("陈小明", 200, 100), line("1997年6月2日", 200, birth), number]
    assert read_front(finder(*lines, reread=reread)).Sex == sex


@pytest.mark.parametrize("rows", [[200, 260, 320], [260, 320]], ids=["all rows", "without the authority"])
def test_a_missed_count_is_reread_below_the_number(rows: list[float]) -> None:
    def reread(place: BoundingBox, alphabet: str | None) -> str:
        return "07" if alphabet == "0123456789" and place.top < 380 < place.bottom else ""

    texts = ["深圳市公安局南山分局", "2023.02.12-2028.02.12", "H94834865"][-len(rows) :]
    lines = [line(text, 300, row) for text, row in zip(texts, rows, strict=True)]
    title = line("港澳居民居住证", 200, 60, 70)
    assert read_back(finder(title, *lines, reread=reread)).VisaNum == "07"
    assert read_back(finder(title, *lines, line("说明事项", 300, 380), reread=reread)).VisaNum == ""


def test_letters_read_for_all_digits_of_a_number_are_no_error() -> None:
    assert read_back(finder(line("2025.10.03-2030.10.03", 300, 200), line("IIIIIIII", 300, 260))).PassNo == "11111111"


@pytest.mark.parametrize(("left", "confidence"), [(300, 0.85), (312, 0.85), (316, 0.5)])
def test_eight_digits_right_of_the_column_may_lack_a_letter(left: float, confidence: float) -> None:
    lines = line("2025.10.03-2030.10.03", 300, 200), line("55399165", left, 260)
    number = back_fields(finder(*lines))["PassNo"]
    assert (number.text, number.confidence) == ("55399165", confidence)


@pytest.mark.parametrize(("read", "count"), [("SR4R 11", "11"), ("0583 11", ""), ("28.05 06", "")])
def test_a_count_may_follow_its_misread_label(read: str, count: str) -> None:
    lines = [line("2023.06.29-2028.06.29", 300, 260), line("68293915", 300, 320), line(read, 220, 380)]
    assert read_back(finder(line("台湾居民居住证", 200, 60, 70), *lines)).VisaNum == count


def test_a_part_of_the_address_label_is_no_line_of_it() -> None:
    rows = [("1997年6月2日", 200, 260), ("址", 125, 340), ("上海市黄浦区示范路8号", 200, 342), ("样例苑3栋", 200, 395)]
    assert read_front(finder(*(line(*row) for row in rows))).Address == "上海市黄浦区示范路8号样例苑3栋"


@pytest.mark.parametrize("address", ["中山西路12号", "太湖北路1号", "南京北京西路3号"])
def test_a_province_in_a_street_ends_no_label(address: str) -> None:
    lines = [line("1997年6月2日", 200, 260), line(address, 200, 340)]
    assert read_front(finder(*lines)).Address == address


def test_the_lines_of_an_address_may_be_close_and_begin_with_its_label() -> None:
    rows = [
        ("出生1997年6月2日", 80, 260),
        ("信址新疆维吾尔自治区乌鲁木齐市天", 80, 340),
        ("山区样本大道899号", 142, 352),
    ]
    number = line("830000199706020042", 330, 560)
    answer = read_front(finder(*(line(*row) for row in rows), number))
    assert answer.Address == "新疆维吾尔自治区乌鲁木齐市天山区样本大道899号"


@pytest.mark.parametrize(
    ("read", "birth"), [("1974±88", "1974/8/8"), ("1999829", "1999/8/29"), ("1981111", ""), ("1994 4 3", "1994/4/3")]
)
def test_digits_of_a_birth_date_are_enough_if_only_one_is_possible(read: str, birth: str) -> None:
    lines = [
        line("温诗钰", 200, 100),
        line("女", 200, 180),
        line(read, 200, 260),
        line("湖北省武汉市洪山区范文里", 200, 340),
    ]
    assert read_front(finder(*lines)).Birth == birth


@pytest.mark.parametrize("name", ["樣本", "证件样本"])
def test_a_specimen_has_its_mark_as_a_name_without_a_label(name: str) -> None:
    lines = [line(name, 200, 100), line("1997年6月2日", 200, 260), line("830000199706020042", 330, 560)]
    assert read_front(finder(*lines, line("SPECIMEN样本", 800, 500))).Name == name


@pytest.mark.parametrize("read", ["名黄林懿", "姓名黄林懿"])
def test_what_is_read_of_its_label_is_no_part_of_a_name(read: str) -> None:
    lines = [line(read, 200, 100), line("1997年6月2日", 200, 260), line("830000199706020042", 330, 560)]
    assert read_front(finder(*lines)).Name == "黄林懿"


def test_a_short_last_address_line_is_reread() -> None:
    def reread(place: BoundingBox, _alphabet: str | None) -> str:
        return "8" if place.top < 352 < place.bottom else ""

    lines = (line("住址", 60, 300), line("上海市浦东新区样本大道198", 200, 300), line("公民身份号码", 60, 560))
    assert read_front(finder(*lines, reread=reread)).Address == "上海市浦东新区样本大道1988"


def test_a_watermark_below_the_portrait_is_not_in_the_address() -> None:
    answer = read_front(
        finder(line("住址", 60, 300), line("上海市示范路8号", 200, 300), line("SPECIMEN 样本", 700, 302))
    )
    assert answer.Address == "上海市示范路8号"


def test_one_confused_character_of_the_number_is_corrected() -> None:
    answer = read_front(finder(line("出生1997年6月2日", 60, 200), line("公民身份号码 830000199706020O42", 60, 560)))
    assert answer.IdCardNo == "830000199706020042"
    answer = read_front(finder(line("出生1997年6月2日", 60, 200), line("公民身份号码 830000199706080042", 60, 560)))
    assert answer.IdCardNo == "830000199706080042", "no single confusion proves another number: it stays as read"


def test_a_birth_date_misread_in_one_character_is_corrected() -> None:
    answer = read_front(finder(line("出生1997年6月3日", 60, 200), line("公民身份号码830000199706020042", 60, 560)))
    assert answer.Birth == "1997/6/2"


def test_a_covered_birth_date_is_not_filled_from_the_number() -> None:
    assert read_front(finder(line("出生", 60, 200), line("公民身份号码830000199706020042", 60, 560))).Birth == ""


@pytest.mark.parametrize("printed", ["199762", "1997 62日", "1997±6月2日"])
def test_a_birth_date_without_its_units_has_the_digits_of_the_number(printed: str) -> None:
    answer = read_front(
        finder(
            line("陈小明", 200, 102),
            line("女", 200, 180),
            line(printed, 200, 260),
            line("上海市示范路8号", 200, 340),
            line("830000199706020042", 330, 560),
        )
    )
    assert (answer.Name, answer.Sex) == ("陈小明", "女")
    assert (answer.Birth, answer.Address) == ("1997/6/2", "上海市示范路8号")


def test_a_birth_date_without_units_tells_the_column_of_the_name() -> None:
    lines = line("陈小明", 200, 102), line("出生", 60, 260), line("1997 6 2", 200, 260)
    assert read_front(finder(*lines)).Name == "陈小明"


def test_part_of_a_label_before_a_name_is_not_in_the_name() -> None:
    assert read_front(finder(line("名陈小明", 150, 102), line("1997年6月2日", 200, 260))).Name == "陈小明"


def test_a_back_gives_every_field_and_rereads_a_single_digit() -> None:
    def reread(place: BoundingBox, alphabet: str | None) -> str:
        return "1" if alphabet and place.top < 520 < place.bottom else ""

    answer = read_back(
        finder(
            line("港澳居民居住证", 280, 140, 70),
            line("签发机关 深圳市公安局南山分局", 160, 300),
            line("有效期限", 160, 370),
            line("2018.09.06-2023.09.06", 340, 371),
            line("通行证号码", 160, 445),
            line("H12345678", 370, 446),
            line("签发次数", 160, 520),
            reread=reread,
        )
    )
    assert (answer.Authority, answer.ValidDate) == ("深圳市公安局南山分局", "2018.09.06-2023.09.06")
    assert (answer.PassNo, answer.VisaNum, answer.CardType) == ("H12345678", "1", 1)


@pytest.mark.parametrize("number", ["H12345678", "M87654321", "01234567", "H1234567801"])
def test_a_back_accepts_every_format_of_travel_permit_number(number: str) -> None:
    assert read_back(finder(line("通行证号码", 160, 445), line(number, 370, 446))).PassNo == number


def test_widely_spaced_labels_are_found_by_their_last_character() -> None:
    answer = read_front(
        finder(
            line("名金鑫", 324, 245),
            line("别男", 322, 318),
            line("生1986年6月8日", 321, 392),
            line("址 重庆市示范路1240号", 317, 468),
            line("公民身份号码", 202, 618),
            line("830000198606083930", 500, 618),
        )
    )
    assert (answer.Name, answer.Sex, answer.Birth) == ("金鑫", "男", "1986/6/8")
    assert answer.Address == "重庆市示范路1240号"


def test_values_in_one_column_need_no_labels() -> None:
    answer = read_front(
        finder(
            line("陈小明", 520, 245),
            line("女", 520, 318),
            line("1997年6月27日", 520, 392),
            line("北京市示范路954", 520, 468),
            line("号", 520, 520),
            line("公民身份号码", 202, 618),
            line("820000199706278527", 520, 618),
        )
    )
    assert (answer.Name, answer.Sex, answer.Birth) == ("陈小明", "女", "1997/6/27")
    assert answer.Address == "北京市示范路954号"


def test_a_name_behind_a_misread_label_begins_in_the_column() -> None:
    lines = line(f"n6{BOX_GAP}夏尔曦", 460, 245), line("1962年7月9日", 520, 392)
    assert read_front(finder(*lines)).Name == "夏尔曦"


def test_a_sex_behind_a_misread_label_is_no_name() -> None:
    lines = line(f"姓书{BOX_GAP}夏林熙", 460, 245), line("性崇女", 460, 315), line("1962年7月9日", 520, 392)
    assert read_front(finder(*lines)).Name == "夏林熙"


def test_a_name_may_end_like_a_sex() -> None:
    lines = line("请拍摄", 520, 180), line("陈胜男", 520, 245), line("女", 520, 315), line("1962年7月9日", 520, 392)
    assert read_front(finder(*lines)).Name == "陈胜男"


def test_an_address_is_no_name_if_its_label_is_beside_the_second_line() -> None:
    first, second = line("福建省平潭县测试街", 134, 250), line("幸福小区739号", 134, 300)
    lines = line("戴敏龙", 134, 80), first, line("住址", 40, 295), second, line("公民身份号码", 40, 460)
    assert read_front(finder(*lines)).Name == "戴敏龙"


def test_a_name_is_above_the_address_if_glare_hides_the_rest() -> None:
    lines = line("戴敏龙", 134, 80), line("福建省平潭县测试街739号", 134, 250), line("810000197204183199", 186, 460)
    name = front_fields(finder(*lines))["Name"]
    assert (name.text, name.confidence) == ("戴敏龙", 0.85)


@pytest.mark.parametrize(
    ("printed", "count"), [("02", "02"), (f"BRER{BOX_GAP}12", "12"), ("2", ""), ("27", ""), ("2025", "")]
)
def test_two_digits_in_the_column_of_the_number_are_the_count(printed: str, count: str) -> None:
    lines = line("2025.12.16-2030.12.16", 340, 371), line("H12345678", 340, 446), line("04", 900, 520)
    place = 340 - 16 * printed.index(count[:1]) if count else 340
    visa_number = back_fields(finder(*lines, line(printed, place, 520)))["VisaNum"]
    assert visa_number.text == count
    assert visa_number.confidence <= 0.7


def test_two_counts_in_the_column_are_none() -> None:
    lines = line("H12345678", 340, 446), line("02", 340, 520), line("03", 340, 590)
    assert read_back(finder(*lines)).VisaNum == ""


def test_a_valid_number_verifies_birth_and_sex() -> None:
    lines = [line("性别 女", 60, 180), line("出生 1997年6月2日", 60, 260)]
    held = front_fields(finder(*lines, line("公民身份号码 830000199706020042", 60, 560)))
    assert {held[name].confidence for name in ("Sex", "Birth", "IdCardNo")} == {1.0}
    wrong = front_fields(finder(*lines, line("公民身份号码 830000199709020091", 60, 560)))
    assert wrong["IdCardNo"].confidence < 0.6


def test_a_period_of_unusual_term_has_low_confidence() -> None:
    usual = back_fields(finder(line("有效期限 2018.09.06-2023.09.06", 60, 100)))
    odd = back_fields(finder(line("有效期限 2018.09.06-2043.09.06", 60, 100)))
    assert usual["ValidDate"].confidence == 1.0
    assert odd["ValidDate"].confidence < 0.6


def test_a_nonexistent_birth_has_low_confidence_unless_corrected() -> None:
    birth = line("出生 1997年6月31日", 60, 260)
    assert front_fields(finder(birth))["Birth"].confidence < 0.4
    proven = front_fields(finder(birth, line("公民身份号码 83000019970630001X", 60, 560)))
    assert proven["Birth"].text == "1997/6/30"


def test_a_number_of_another_region_has_low_confidence() -> None:
    number = front_fields(finder(line("公民身份号码 110105199706020024", 60, 560)))["IdCardNo"]
    assert (number.text, number.confidence) == ("110105199706020024", 0.5)


def test_a_period_of_another_permits_term_has_low_confidence() -> None:
    ten_years = back_fields(finder(line("有效期限 2018.09.06-2028.09.06", 60, 100)))
    assert ten_years["ValidDate"].confidence < 0.6


@pytest.mark.parametrize(("address", "sure"), [("上海市示范路8号", True), ("上海市示范路8号25栋27", False)])
def test_an_address_ending_with_a_digit_is_less_confident(address: str, sure: bool) -> None:  # noqa: FBT001
    fields = front_fields(finder(line("住址", 60, 300), line(address, 200, 300)))
    assert fields["Address"].text == address
    assert (fields["Address"].confidence >= 0.9) == sure


@pytest.mark.parametrize(
    "read", ["机关深圳市公安局南山分局", "要发机关 深圳市公安局南山分局", "？深圳市公安局南山分局"]
)
def test_the_end_of_its_label_is_not_the_authoritys(read: str) -> None:
    assert read_back(finder(line(read, 60, 100))).Authority == "深圳市公安局南山分局"


@pytest.mark.parametrize("authority", ["公安局南山分局", "市公安局渝中区分局", "和平分局", "深圳市公安"])
def test_an_authority_without_place_bureau_or_office_has_low_confidence(authority: str) -> None:
    assert back_fields(finder(line(f"签发机关 {authority}", 60, 100)))["Authority"].confidence == 0.5


def test_an_address_without_its_first_line_has_low_confidence() -> None:
    fields = front_fields(finder(line("住址", 60, 300), line("新村40栋2603室", 200, 300)))
    assert (fields["Address"].text, fields["Address"].confidence) == ("新村40栋2603室", 0.5)


def test_an_address_begins_above_the_row_of_its_label() -> None:
    lines = line("广东省深圳市南山区示范路", 200, 280), line("住址", 80, 326), line("1号2栋301室", 200, 334)
    assert read_front(finder(*lines)).Address == "广东省深圳市南山区示范路1号2栋301室"


def test_a_name_above_a_sex_without_labels_is_found_in_its_column() -> None:
    lines = line("施樂", 300, 100), line("男", 300, 170), line("公民身份号码 820000197803309939", 60, 600)
    name = front_fields(finder(*lines))["Name"]
    assert (name.text, name.confidence) == ("施樂", 0.85)


def test_an_addresss_first_line_may_begin_with_its_unread_label() -> None:
    lines = line("新疆维吾尔自治区乌鲁木齐市天", 215, 300), line("山区模拟二路1688号虚构公寓", 300, 355)
    assert (
        read_front(finder(*lines, line("住址", 60, 352))).Address
        == "新疆维吾尔自治区乌鲁木齐市天山区模拟二路1688号虚构公寓"
    )


@pytest.mark.parametrize(
    "address", ["山区模拟二路8号院", "鼓楼区广州路8号院", "和平区福州道5号室", "龙岗区农贸市场5号室"]
)
def test_an_address_that_begins_with_a_district_lacks_its_first_line(address: str) -> None:
    assert front_fields(finder(line(f"住址 {address}", 60, 300)))["Address"].confidence == 0.5


@pytest.mark.parametrize(("others", "address"), [(["男"], "海南省三亚市范文里8号"), (["男", "江苏省苏州市"], "")])
def test_an_address_without_label_and_birth_date_is_found_by_its_province(others: list[str], address: str) -> None:
    lines = [line(text, 200, 180 + 80 * number) for number, text in enumerate([*others, "海南省三亚市范文里8号"])]
    found = front_fields(finder(*lines))["Address"]
    assert found.text == address
    assert found.confidence <= 0.85


def test_an_address_with_a_house_number_is_no_birth_date() -> None:
    lines = line("住址 上海市示范路199号762室", 60, 300), line("公民身份号码 820000199707623399", 60, 600)
    assert read_front(finder(*lines)).Birth == ""


def test_a_sex_with_its_misread_label_is_no_name_beside_other_text() -> None:
    pattern_and_sex = line(f"200{BOX_GAP}性利男", 60, 180)
    answer = read_front(finder(line("公孙豪恩", 160, 100), pattern_and_sex, line("出生1997年12月1日", 122, 260)))
    assert (answer.Name, answer.Sex) == ("公孙豪恩", "男")


def test_a_birth_date_with_half_of_its_label_shows_the_values_column() -> None:
    beside = line("13453", 357, 1090)
    read = finder(
        line("出1943年1月22日", 299, 530),
        line("北京市朝阳区假定南街1480号40", 370, 597),
        line("栋6单元3104房", 375, 647),
        line("公民身份号码", 333, 906),
        line("810000194301228017", 497, 890),
        beside,
    )
    assert read_front(read).Address == "北京市朝阳区假定南街1480号40栋6单元3104房"

"""What shows that text is not on a card, without knowing the words of other documents."""

import pytest

from recognizer.reading.classification.card_area import texts_in_area
from recognizer.reading.classification.card_sides import CardSide
from recognizer.reading.classification.side_layout import departures, missing_fields
from recognizer.reading.classification.unexplained_text import unexplained_texts
from recognizer.reading.fields.ocr_field import Fields, OcrField
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.ocr.text_lines import TextLine
from tests.unit.recognizer.reading.cards import line

TITLE = "港澳居民来往内地通行证"


def fields(**texts: str) -> Fields:
    return {name: OcrField(text, 0.95) for name, text in texts.items()}


FRONT = fields(
    Name="刘子兰", Sex="女", Birthday="1981.08.03", ValidDate="2012.08.30-2022.08.29",
    IssueAuthority="公安部出入境管理局", Number="H12345678", IssueNumber="01",
)  # fmt: skip
RESIDENCE_FRONT = fields(
    Name="陈小明", Sex="男", Birth="1997/6/2", Address="上海市黄浦区示范路8号样例苑3栋", IdCardNo="810000199706020019"
)


def front_lines() -> list[TextLine]:
    """Return a HK/Macao front as on the photo of a specimen: small labels above the values, a footer."""
    return [
        line(TITLE, 80, 80, 60),
        line("刘子兰", 430, 170, 46),
        line("LAU, TSZ LAN", 430, 230),
        line("出生日期", 430, 290, 24),
        line("性别", 780, 290, 24),
        line("1981.08.03", 430, 330),
        line("女", 780, 330),
        line("有效期限", 430, 390, 24),
        line("2012.08.30-2022.08.29", 430, 430),
        line("签发机关", 430, 490, 24),
        line("公安部出入境管理局", 430, 530),
        line("证件号码", 430, 590, 24),
        line("换证次数", 780, 590, 24),
        line("H12345678", 430, 630),
        line("01", 780, 630),
        line("THIS CARD IS INTENDED FOR ITS HOLDER TO TRAVEL TO THE MAINLAND OF CHINA", 80, 710, 24),
    ]


def residence_lines(birth: str = "1997年6月2日") -> list[TextLine]:
    texts = ("姓名 陈小明", "性别 男", f"出生 {birth}", "住址 上海市黄浦区示范路8号")
    rows = [line(text, 80, 100 + 90 * row) for row, text in enumerate(texts)]
    return [*rows, line("样例苑3栋", 180, 430), line("公民身份号码 810000199706020019", 80, 640)]


def front_departures(lines: list[TextLine]) -> int:
    return departures(Layout(lines), CardSide.HK_MACAO_FRONT, FRONT)


def test_a_card_has_no_departures() -> None:
    assert front_departures(front_lines()) == 0
    assert departures(Layout(residence_lines()), CardSide.RESIDENCE_FRONT, RESIDENCE_FRONT) == 0


@pytest.mark.parametrize(
    "added",
    [
        line("虚构健身俱乐部", 430, 20),
        line("市场部", 780, 170),
        line("香港", 430, 680),
        line("确认", 500, 660),
        line("样本科技", 430, 120, 24),
        line("住址", 430, 680, 24),
        line("出生日期", 780, 390, 24),
        line(TITLE, 430, 660),
        line("来大陆通行证", 430, 660),
    ],
    ids=lambda added: added.text,
)
def test_text_that_the_side_does_not_print_is_a_departure(added: TextLine) -> None:
    assert front_departures([*front_lines(), added]) > 0


@pytest.mark.parametrize(
    "print_",
    [
        line("SPECIMEN 样本", 780, 170),
        line("中华人民共和国", 80, 30),
        line("出入境管", 900, 530),
        line("夫和国", 80, 30),
        line("刘子兰/LAU TSZ LAN OF HONG KONG", 430, 110),
        line("LAU 810803", 1000, 690, 20),
        line("联系电话 13800000000", 1900, 400),
        line("会议纪要", -60, 400),
        line("谢谢惠顾", 1350, 330),
        line("签发", 430, 490, 24),
    ],
    ids=lambda print_: print_.text,
)
def test_marks_misread_print_and_text_on_other_papers_are_none(print_: TextLine) -> None:
    assert front_departures([*front_lines(), print_]) == 0


@pytest.mark.parametrize(("part", "departures"), [("期限", 0), ("期间", 1), ("有此", 0), ("此效", 1)])
def test_two_characters_may_be_part_of_a_label_that_was_not_read(part: str, departures: int) -> None:
    lines = [line(part, 478, one.middle, 24) if one.text == "有效期限" else one for one in front_lines()]
    assert front_departures(lines) == departures


def test_a_title_among_the_values_is_a_departure() -> None:
    rest = front_lines()[1:]
    assert front_departures([line(TITLE, 430, 560), *rest]) > 0
    assert front_departures([line(TITLE, 430, 80, 60), *rest]) > 0, "it begins above the portrait"


def test_labels_in_another_order_are_a_departure() -> None:
    texts = [TITLE, "证件号码 H12345678", "有效期限 2012.08.30-2022.08.29", "性别 女", "出生日期 1981.08.03"]
    listed = [line(text, 430 if row else 80, 80 + 70 * row) for row, text in enumerate(texts)]
    assert front_departures(listed) > 1


@pytest.mark.parametrize(("gap", "is_counted"), [(150, True), (300, False)])
def test_text_below_a_value_far_from_its_label_is_on_another_paper(gap: float, *, is_counted: bool) -> None:
    lines = [
        one
        for row in range(3)
        for one in (line("签发机关", 80, 100 + 60 * row), line("公安部", 240 + gap, 100 + 60 * row))
    ]
    statement = line("本人声明", 240 + gap, 290)
    assert (statement in texts_in_area(Layout([*lines, statement]))) is is_counted


def test_a_long_page_is_a_departure() -> None:
    lines = front_lines()
    assert front_departures([*lines[:-5], *(line(one.text, one.left, one.middle + 500) for one in lines[-5:-1])]) > 0


@pytest.mark.parametrize(("birth", "count"), [("1997/6/2", 2), ("1997.06.02", 1), ("1997-06-02", 1)])
def test_a_residence_permit_prints_its_birth_date_with_units(birth: str, count: int) -> None:
    assert departures(Layout(residence_lines(birth)), CardSide.RESIDENCE_FRONT, RESIDENCE_FRONT) == count


def test_a_travel_permit_prints_no_dates_with_units() -> None:
    assert front_departures([*front_lines(), line("1967年09月16日", 430, 361, 20)]) == 1


def labels_above(number: str) -> tuple[list[TextLine], Fields]:
    """Return a front with its labels above the values, also the name's."""
    values = {"姓名": "刘子兰", "出生日期": "1981.08.03", "有效期限": "2022.12.15-2027.12.14", "证件号码": number}
    lines = [
        one
        for row, (label, value) in enumerate(values.items())
        for one in (line(label, 430, 200 + 90 * row, 24), line(value, 430, 240 + 90 * row))
    ]
    return lines, {**FRONT, **fields(Number=number)}


@pytest.mark.parametrize(("number", "count"), [("M01234567", 1), ("M0123456702", 0), ("", 0)])
def test_only_a_front_of_an_old_edition_has_a_label_for_the_name(number: str, count: int) -> None:
    lines, values = labels_above(number)
    without = [one for one in lines if one.text != "姓名"]
    before = departures(Layout(without), CardSide.HK_MACAO_FRONT, values)
    assert departures(Layout(lines), CardSide.HK_MACAO_FRONT, values) - before == count


@pytest.mark.parametrize(("head", "count"), [("访客", 2), ("中国移动", 2), ("中华人民共和国", 0), ("华人民", 0)])
def test_above_a_residence_permits_title_is_only_the_states_name(head: str, count: int) -> None:
    lines = [line(head, 400, 90, 60), line("港澳居民居住证", 400, 170, 60), line("签发机关 上海市公安局", 80, 400)]
    assert departures(Layout(lines), CardSide.RESIDENCE_BACK, fields(Authority="上海市公安局")) == count


def test_a_birth_date_with_a_misread_unit_is_explained() -> None:
    lines = [*residence_lines("1997 ≈ 6 月 2 日"), line("6 月 2 日", 180, 320)]
    assert unexplained_texts(Layout(lines), CardSide.RESIDENCE_FRONT, fields(Name="陈小明")) == []


@pytest.mark.parametrize("other", ["2034年5月10日", "1997年06月02日"], ids=["another date", "padded"])
def test_a_residence_permit_prints_one_date_without_zeros(other: str) -> None:
    lines = [*residence_lines(), line(other, 180, 520)]
    assert departures(Layout(lines), CardSide.RESIDENCE_FRONT, RESIDENCE_FRONT) == 1


def test_another_date_counts_without_any_label() -> None:
    lines = [line("1997年6月2日", 180, 260), line("2034年5月10日", 180, 520)]
    assert departures(Layout(lines), CardSide.RESIDENCE_FRONT, RESIDENCE_FRONT) == 1


def test_a_camera_stamps_a_date_beside_the_card() -> None:
    stamp = line("2034年05月10日", 180, 520)
    lines = [*residence_lines(), stamp]
    assert (
        departures(Layout(lines), CardSide.RESIDENCE_FRONT, RESIDENCE_FRONT, lambda text: text.text != stamp.text) == 0
    )


@pytest.mark.parametrize("date", ["26 Jun 1971", "26JUN71", "26/06/1971", "06.26.1971"])
def test_a_date_in_another_documents_format_is_a_departure(date: str) -> None:
    assert front_departures([*front_lines(), line(date, 430, 670)]) == 1


@pytest.mark.parametrize("date", ["08.30-2022.08.29", "2012.08.30", "26 1971", "MAY,20 19"])
def test_a_part_of_a_permits_date_is_none(date: str) -> None:
    assert front_departures([*front_lines(), line(date, 430, 670)]) == 0


@pytest.mark.parametrize(
    ("first", "count"), [("STATE OF UTOPIA", 1), ("NAME LAU, TSZ LAN", 0), ("MAINLAND TRAVEL PERMIT", 0)]
)
def test_latin_text_in_place_of_the_title_is_a_departure(first: str, count: int) -> None:
    values = {**FRONT, "EnglishName": OcrField("LAU,TSZ LAN", 0.9)}
    lines = [line(first, 430, 200), *front_lines()[3:]]
    assert departures(Layout(lines), CardSide.HK_MACAO_FRONT, values) == count


@pytest.mark.parametrize("birth", ["199762", "1997 6 2"])
def test_units_of_a_birth_date_may_be_too_small_to_read(birth: str) -> None:
    assert departures(Layout(residence_lines(birth)), CardSide.RESIDENCE_FRONT, RESIDENCE_FRONT) == 0


def test_one_note_on_a_back_is_expected() -> None:
    lines = [line("姓名 刘子兰", 80, 140), line("身份证件号码 G376849(9)", 80, 210)]
    notes = [line("持证人应妥善保管本证", 80, 280, 24), line("虚构健身俱乐部", 80, 310)]
    values = fields(Name="刘子兰", IDNumber="G376849(9)")
    counts = [departures(Layout([*lines, *notes[:n]]), CardSide.HK_MACAO_BACK, values) for n in (0, 1, 2)]
    assert counts == [0, 0, 1]


@pytest.mark.parametrize(
    ("numbers", "count"), [(["H12345670"], 0), (["M87654321"], 0), (["M87654321", "C55667788", "H99887766"], 2)]
)
def test_numbers_of_several_people_are_departures(numbers: list[str], count: int) -> None:
    """Cards print their number twice, and a reading may be wrong; without an outline, one more may be beside it."""
    others = [line(number, 1000, 330 + 100 * row) for row, number in enumerate(numbers)]
    assert front_departures([*front_lines(), *others]) == count


@pytest.mark.parametrize(("others", "count"), [(1, 0), (2, 1), (3, 2)])
def test_periods_of_several_documents_are_departures(others: int, count: int) -> None:
    """Two readings of one period may differ; without an outline, another one may be beside the card."""
    periods = ["2014.05.09-2019.05.08", "2023.11.27-2028.11.26", "2017.02.13-2022.02.12"][:others]
    beside = [line(period, 1000, 330 + 100 * row) for row, period in enumerate(["2012.08.30-2022.08.28", *periods])]
    assert front_departures([*front_lines(), *beside]) == count


@pytest.mark.parametrize(
    ("rows", "count"), [((0, 1, 2, 3), 0), ((2, 1, 0, 3), 1)], ids=["as on a card", "number first"]
)
def test_values_in_another_order_are_departures_without_their_labels(rows: tuple[int, ...], count: int) -> None:
    values = {"Authority": "深圳市公安局", "ValidDate": "2022.10.24-2027.10.24", "PassNo": "63282337", "VisaNum": "09"}
    texts = [list(values.values())[row] for row in rows]
    lines = [line("台湾居民居住证", 360, 100, 60), *(line(text, 370, 230 + 90 * row) for row, text in enumerate(texts))]
    assert departures(Layout(lines), CardSide.RESIDENCE_BACK, fields(**values)) == count


@pytest.mark.parametrize(("number", "count"), [("H1234567800", 0), ("H12345678", 1)])
def test_the_place_of_an_old_editions_number_is_not_known(number: str, count: int) -> None:
    lines = [one for one in front_lines() if one.text not in {"证件号码", "H12345678", "换证次数", "01"}]
    values = {**FRONT, **fields(Number=number)}
    assert departures(Layout([*lines, line(number, 900, 30)]), CardSide.HK_MACAO_FRONT, values) == count


@pytest.mark.parametrize(
    ("text", "top", "count"), [("示例集团有限公司", 90, 1), ("中华人民共和国", 90, 0), ("注意事项如下", 360, 0)]
)
def test_a_back_has_one_note_at_most_but_none_above_its_title(text: str, top: float, count: int) -> None:
    lines = [
        line(text, 100, top, 50),
        line(TITLE, 110, 180, 50),
        line("姓名 梁玲霞", 420, 240),
        line("R293383(6)", 420, 340),
    ]
    back = fields(Name="梁玲霞", IDNumber="R293383(6)")
    assert departures(Layout(lines), CardSide.HK_MACAO_BACK, back, lambda _: True) == count


def test_a_number_within_the_outline_is_another_persons() -> None:
    lines = [*front_lines(), line("M87654321", 780, 430)]
    assert departures(Layout(lines), CardSide.HK_MACAO_FRONT, FRONT, lambda _: True) == 1


def test_above_the_labels_within_the_outline_is_only_the_title() -> None:
    """Without an outline, text so far above may be on another paper."""
    lines = [*residence_lines(), line("虚构公司", 700, -80)]
    counts = [
        departures(Layout(lines), CardSide.RESIDENCE_FRONT, RESIDENCE_FRONT, is_on_card)
        for is_on_card in (None, lambda _: True)
    ]
    assert counts == [0, 1]


def test_labels_that_a_card_spells_otherwise_are_a_departure() -> None:
    """One may be misread; two show a form."""
    lines = [line(one.text.replace("有效期限", "有效期至"), one.left, one.middle, one.height) for one in front_lines()]
    assert front_departures(lines) == 0
    lines = [line(one.text.replace("签发机关", "发证机关"), one.left, one.middle, one.height) for one in lines]
    assert front_departures(lines) == 1


def test_labels_cut_off_by_the_edge_of_the_photo_are_no_departure() -> None:
    lines = [line(one.text.replace("姓名", "名").replace("性别", "别"), 0, one.middle) for one in residence_lines()]
    lines = [line(one.text.replace("出生", "生").replace("住址", "址"), 0, one.middle) for one in lines]
    assert departures(Layout(lines), CardSide.RESIDENCE_FRONT, RESIDENCE_FRONT) == 0


@pytest.mark.parametrize("part", ["珠海市公安", "州分局"])
def test_a_part_of_a_local_authority_is_print_of_a_back(part: str) -> None:
    lines = [line("港澳居民居住证", 300, 100, 70), line(part, 430, 300), line("通行证号码 H12345678", 300, 400)]
    assert unexplained_texts(Layout(lines), CardSide.RESIDENCE_BACK, {}) == []
    assert unexplained_texts(Layout(lines), CardSide.TAIWAN_FRONT, {}) != []
    lines[1] = line("请到户籍地公安机关办理换证手续", 430, 300)
    assert unexplained_texts(Layout(lines), CardSide.RESIDENCE_BACK, {}) != []


@pytest.mark.parametrize(("read", "missing"), [(5, 0), (4, 0), (3, 1), (2, 2), (1, 3)])
def test_glare_may_hide_one_field(read: int, missing: int) -> None:
    names = ("EnglishName", "Birthday", "ValidDate", "IssueAuthority", "Number")
    values = fields(**{name: "text" if names.index(name) < read else "" for name in names})
    assert missing_fields(Layout([line(TITLE, 80, 80, 60)]), CardSide.HK_MACAO_FRONT, values) == missing


@pytest.mark.parametrize(
    ("part", "missing"), [("033.03.09", 2), ("出入境管理局", 2), ("1981.08.03", 3), ("1979.02.15", 3)]
)
def test_a_part_of_a_value_is_not_missing(part: str, missing: int) -> None:
    values = fields(EnglishName="", Birthday="1981.08.03", ValidDate="", IssueAuthority="", Number="")
    layout = Layout([line(TITLE, 80, 80, 60), line(part, 300, 300)])
    assert missing_fields(layout, CardSide.HK_MACAO_FRONT, values) == missing


def test_a_label_without_its_value_is_not_missing() -> None:
    values = fields(**dict.fromkeys(("EnglishName", "Sex", "Birthday", "ValidDate", "IssueAuthority", "Number"), ""))
    assert missing_fields(Layout(front_lines()), CardSide.HK_MACAO_FRONT, values) == 0


def test_a_nationality_may_be_beside_the_sex() -> None:
    title = line(f"{TITLE}（非中国籍）", 80, 80, 60)
    moved = {"性别": line("性别", 430, 350, 24), "女": line("女", 430, 385), TITLE: title}
    lines = [moved.get(one.text, one) for one in front_lines()]
    assert front_departures(lines) == 1
    assert front_departures([*lines, line("国籍", 780, 350, 24), line("英国", 780, 385)]) == 0


def test_stacked_labels_are_a_departure_if_their_values_are_below_them() -> None:
    """A HK/Macao front has the sex beside the birth date."""
    lines = [one for one in front_lines() if one.text not in {"性别", "女"}]
    lines += [line("性别", 430, 370, 24), line("女", 430, 410)]
    assert front_departures(lines) == 1


def test_a_residence_permit_has_its_labels_left_of_the_values() -> None:
    texts = {"签发机关": "上海市公安局黄浦分局", "有效期限": "2019.03.05-2024.03.05", "签发次数": "01"}
    beside = [line(f"{label} {value}", 80, 200 + 90 * row) for row, (label, value) in enumerate(texts.items())]
    above = [
        one
        for row, (label, value) in enumerate(texts.items())
        for one in (line(label, 80, 200 + 90 * row, 24), line(value, 80, 240 + 90 * row))
    ]
    back = fields(ValidDate="2019.03.05-2024.03.05", Authority="上海市公安局黄浦分局", VisaNum="01")
    assert [departures(Layout(lines), CardSide.RESIDENCE_BACK, back) for lines in (beside, above)] == [0, 2]


@pytest.mark.parametrize(("gap", "count"), [(40, 0), (600, 2)])
def test_values_at_the_other_side_of_a_screen_are_departures(gap: float, count: int) -> None:
    texts = {
        "出生日期": "1981.08.03",
        "有效期限": "2012.08.30-2022.08.29",
        "签发机关": "公安部出入境管理局",
        "证件号码": "H12345678",
    }
    rows = [
        one
        for row, (label, value) in enumerate(texts.items())
        for one in (line(label, 430, 200 + 80 * row), line(value, 560 + gap, 200 + 80 * row))
    ]
    assert front_departures([line(TITLE, 80, 80, 60), *rows]) == count


def test_a_title_lower_than_the_values_is_a_departure() -> None:
    assert front_departures([line(TITLE, 80, 80, 30), *front_lines()[1:]]) == 1


@pytest.mark.parametrize(
    ("name", "sex", "departures_"),
    [
        ("姓书陈小明", "性制男", 0),
        ("处名陈小明", "性别男", 0),
        ("总经理陈小明", "性别男", 1),
        ("姓名姓名陈小明", "性别男", 1),
    ],
)
def test_a_misread_label_may_be_read_with_its_value(name: str, sex: str, departures_: int) -> None:
    lines = residence_lines()
    lines[:2] = [line(name, 80, 100), line(sex, 80, 190)]
    assert departures(Layout(lines), CardSide.RESIDENCE_FRONT, RESIDENCE_FRONT) == departures_


@pytest.mark.parametrize(("end", "count"), [("理局", 0), ("务部", 1)])
def test_two_characters_may_end_an_authority(end: str, count: int) -> None:
    assert front_departures([*front_lines(), line(end, 600, 460)]) == count


@pytest.mark.parametrize(
    ("side", "is_outlined", "count"),
    [
        (CardSide.HK_MACAO_FRONT, True, 2),
        (CardSide.HK_MACAO_FRONT, False, 1),
        (CardSide.HK_MACAO_BACK, True, 0),
        (CardSide.RESIDENCE_BACK, True, 0),
    ],
)
def test_a_front_has_no_lines_with_fillers(side: CardSide, count: int, *, is_outlined: bool) -> None:
    filled = [line("47<<<<<<<<<<<<<<<", 800, 760), line("23MAC《《《《《6", 800, 820)]
    is_on_card = (lambda _: True) if is_outlined else None
    before = departures(Layout(front_lines()), side, FRONT, is_on_card)
    assert departures(Layout([*front_lines(), *filled]), side, FRONT, is_on_card) - before == count


def test_another_format_of_a_date_counts_if_no_birth_date_is_read() -> None:
    without_birth = {**RESIDENCE_FRONT, **fields(Birth="")}
    assert departures(Layout(residence_lines("1997-6-2")), CardSide.RESIDENCE_FRONT, without_birth) == 1


@pytest.mark.parametrize(("name", "text", "count"), [("", "俊欣", 0), ("刘子兰", "俊欣", 1), ("", "市场部销售经理", 1)])
def test_a_part_of_a_name_is_expected_if_no_name_was_read(name: str, text: str, count: int) -> None:
    lines = [front_lines()[0], line(text, 430, 170, 46), *front_lines()[2:]]
    below = [*front_lines()[:1], *front_lines()[2:], line(text, 430, 680)]
    assert departures(Layout(below), CardSide.HK_MACAO_FRONT, {**FRONT, **fields(Name=name)}) == 1
    assert departures(Layout(lines), CardSide.HK_MACAO_FRONT, {**FRONT, **fields(Name=name)}) == count


@pytest.mark.parametrize(("text", "count"), [("港渡", 0), ("中介", 1)])
def test_a_misread_beginning_of_a_title_is_none(text: str, count: int) -> None:
    without_title = front_lines()[1:]
    assert front_departures([*without_title, line(text, 500, 660)]) == count


def test_another_date_with_hyphens_counts_once() -> None:
    lines = [*residence_lines(), line("2024-05-01", 300, 240)]
    assert departures(Layout(lines), CardSide.RESIDENCE_FRONT, RESIDENCE_FRONT) == 1

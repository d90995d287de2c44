from dataclasses import replace

import pytest

from recognizer.reading.classification.card_classifier import classify_card_side
from recognizer.reading.classification.card_sides import CardSide
from recognizer.reading.classification.other_documents import is_other_document
from recognizer.reading.ocr.text_lines import BOX_GAP
from tests.unit.recognizer.reading.cards import finder, line


@pytest.mark.parametrize(
    ("texts", "card_side"),
    [
        (["姓名", "性别", "出生", "住址", "公民身份号码"], CardSide.RESIDENCE_FRONT),
        (["中华人民共和国", "港澳台居民居住证", "签发机关", "有效期限"], CardSide.RESIDENCE_BACK),
        (["签发机关", "有效期限", "通行证号码 H12345678"], CardSide.RESIDENCE_BACK),
        (["港澳居民来往内地通行证", "出生日期", "有效期限"], CardSide.HK_MACAO_FRONT),
        (["港澳居民来往内地通行证", "身份证件号码", "曾持证件号码"], CardSide.HK_MACAO_BACK),
        (["CRH1234567830002212119F8108038", "NGKELMPONBPJLBLOAABA1234567842"], CardSide.HK_MACAO_BACK),
        (["台湾居民来往大陆通行证", "性别", "有效期限"], CardSide.TAIWAN_FRONT),
        (["臺灣居民來往大陸通行證", "性别", "有效期限"], CardSide.TAIWAN_FRONT),
        (["台湾居民来往大陆", "性别", "有效期限"], CardSide.TAIWAN_FRONT),
        (["往来港", "出生日期"], CardSide.EXIT_ENTRY_FRONT),
        (["有效期限", "证件号码 83636547"], CardSide.TAIWAN_FRONT),
        (["有效期限", "证件号码"], None),
        (["中华人民共和国往来港澳通行证", "出生日期"], CardSide.EXIT_ENTRY_FRONT),
        (["出生日期", "有效期限", "CU8412490"], CardSide.EXIT_ENTRY_FRONT),
        (["发票", "合计 12345678"], None),
        (["姓名 陈小明", "出生 1997年6月2日", "住址 民族大道"], CardSide.RESIDENCE_FRONT),
        (["姓名 陈小明", "住址 上海市示范路8号", "830000199706020042"], CardSide.RESIDENCE_FRONT),
        (["姓名 陈小明", "1997年6月2日", "住址 上海市示范路8号"], CardSide.RESIDENCE_FRONT),
        (["港澳居民来往内地通行证", "姓名", "出生日期", "住址"], CardSide.HK_MACAO_FRONT),
        (["姓名 陈小明", "住址 上海市示范路8号"], None),
        (["姓名 王小明", "性别 男 民族 汉", "出生", "住址", "公民身份号码"], None),
        (["姓名 王小明", "民族汉", "住址", "公民身份号码"], None),
        (["姓名", "性别", "出生", "住址", "公民身份号码 110105199706020024"], None),
        (["姓名", "性别", "国籍", "住址", "出生日期", "准驾车型"], None),
        (["驾驶证", "姓名", "性别"], None),
        (["往来港澳通行证", "出生日期", "中华人民 国出入境管理局"], CardSide.EXIT_ENTRY_FRONT),
        (["中華民國", "往来港澳通行证", "出生日期"], None),
        ([], None),
    ],
)
def test_a_title_or_specific_labels_identify_a_card_side(texts: list[str], card_side: CardSide | None) -> None:
    lines = [line(text, 100, 100 + 70 * number) for number, text in enumerate(texts)]
    assert classify_card_side(finder(*lines)) is card_side


def side_of_texts(*texts: str) -> CardSide | None:
    return classify_card_side(finder(*(line(text, 100, 100 + 70 * number) for number, text in enumerate(texts))))


@pytest.mark.parametrize(
    ("left", "card_side"),
    [
        (["男", "8月8日", "杭州市西湖区范文里1169号", "10000198508089534"], CardSide.RESIDENCE_FRONT),
        (["女", "出生", "81000019850808"], CardSide.RESIDENCE_FRONT),
        (["性别 女", "1986年9月", "和平区示范路1473号"], CardSide.RESIDENCE_FRONT),
        (["1952年2月28日", "上海市徐汇区假定南街1361号", "00195202283596"], CardSide.RESIDENCE_FRONT),
        (["身份号码", "海南省三亚市吉阳区试用弄1860号"], CardSide.RESIDENCE_FRONT),
        (["民居住证", "苏州市公安局吴中分局", "2024.11.15-2029.11.15"], CardSide.RESIDENCE_BACK),
        (["苏州市公安局吴中分局", "签发次数 02", "H12345678"], CardSide.RESIDENCE_BACK),
        (["居民居住证", "签发机关 苏州市公安局", "有效期限", "证号码 H12345678"], CardSide.RESIDENCE_BACK),
        (["港澳居民来", "性别", "出生日期"], CardSide.HK_MACAO_FRONT),
        (["港澳居民来往内地通行证", "WAN-FUNG", "08.27男"], CardSide.HK_MACAO_FRONT),
        (["内地通行证", "1984.04.03", "有效期限"], CardSide.HK_MACAO_FRONT),
        (["性别 女", "1984.04.03", "H12345678"], CardSide.HK_MACAO_FRONT),
        (["国籍 新加坡", "换证次数 01", "有效期限"], CardSide.HK_MACAO_FRONT),
        (["1979.02.15\u2003女", "MA0671546\u200305"], CardSide.HK_MACAO_FRONT),
        (["1979.02.15", "女", "MA067154", "THIS CARD IS INTENDED FOR ITS HOLDER"], CardSide.HK_MACAO_FRONT),
        (["1979.02.15", "女", "MA067154"], None),
        (["港澳居民", "件号码 H1234567801", "A123456(3)"], CardSide.HK_MACAO_BACK),
        (["CRH123456783000221", "PONBPJLBLOAABA1", "A123456(3)"], CardSide.HK_MACAO_BACK),
        (["CRH123456783000221", "身份证等码"], CardSide.HK_MACAO_BACK),
        (["港澳居民来往内地通行证", "姓名", "2026-01-21", "<<<<AABA1234563<44", "AM<HA<<<<"], CardSide.HK_MACAO_BACK),
        (["人民共和国", "民居住证", "罕区分局", "30.02.06"], CardSide.RESIDENCE_BACK),
        (["居住证", "北京市公安局海淀分局", "2026.08.15-2031.08.15", "67389200"], CardSide.RESIDENCE_BACK),
        (["居住证", "北京市公安局海淀分局", "2026.08.15-2031.08.15"], None),
        (["女", "1981+12月12", "沙河口区样本大道1504号"], CardSide.RESIDENCE_FRONT),
        (
            ["港澳居民来往内地通行证", "30003010091F7302035", "<<AAAKORBK1176145<50", "VAN<DER<BERG<<PIETER<JAN<<<<<<"],
            CardSide.HK_MACAO_BACK,
        ),
        (["港澳居民来往内地通行证", "V<DER<BERG<<PIETER<JAN<<<<<<", "<<AAAKORBK1176145<50"], None),
        (["北京市居住证", "北京市公安局海淀分局", "2026.08.15-2031.08.15", "67389200"], None),
        (["居住证", "北京市公安局海淀分局", "2026.08.15-2031.08.15", "20260815"], None),
        (["男", "辽宁省大连市沙河口区试用弄739号", f"83000{BOX_GAP}93591"], CardSide.RESIDENCE_FRONT),
        (["男", "辽宁省大连市沙河口区试用弄739号", "83000"], None),
        (["女", "乌鲁木齐市天山区试用路12号", "830000"], None),
        (["男", "出入境管理局", "THIS CARD IS INTENDED FOR"], CardSide.HK_MACAO_FRONT),
        (["女", "1990.01.02", "2024.01.02-2030.01.02", "THIS CARD IS INTENDED FOR STAFF"], None),
        (["女", "湖北省武汉市洪山区范", "会民身8100001"], CardSide.RESIDENCE_FRONT),
        (["侯海斌", "女", "199443", "北京市海淀区试用弄1407号", "000199404031000"], CardSide.RESIDENCE_FRONT),
        (["台湾居民来", "出生日期", "83636547"], CardSide.TAIWAN_FRONT),
        (["性别", "签发次数 03", "签发地点 福建"], CardSide.TAIWAN_FRONT),
        (["男", "2016.08.06", "2021.12.14-2026.12.13", "公安部出入境管理局", "00547721"], CardSide.TAIWAN_FRONT),
        (["男", "出入境管理局", "CU84124900<3210218<4704214<2"], CardSide.EXIT_ENTRY_FRONT),
        (["CM6014105", "1968.12.28男", "CSCM60141055<2802068<6812285<6"], CardSide.EXIT_ENTRY_FRONT),
        (["女", "公安部出入境管理局", "CU8412490"], CardSide.EXIT_ENTRY_FRONT),
    ],
)
def test_a_partly_hidden_card_side_is_identified_by_evidence(left: list[str], card_side: CardSide) -> None:
    assert side_of_texts(*left) is card_side


@pytest.mark.parametrize(
    "paper",
    [
        ["中华人民共和国", "居民身份证", "签发机关 大连市公安局沙河口分局", "有效期限 2019.03.05-2039.03.05"],
        ["居住证", "签发机关 深圳市公安局福田分局", "有效期限 2019.03.05-2029.03.05"],
        ["护照", "姓名 王小明", "性别", "国籍", "出生日期", "有效期至", "签发地点 北京", "签发机关 公安部出入境管理局"],
        ["申请表", "姓名 王小明", "证件号码 H12345678", "申请日期 2024.03.04"],
        ["样本银行股份有限公司", "日期 2024.03.04", "流水号 83636547"],
        ["发票", "开票日期 2024年3月4日", "地址 北京市朝阳区例示大街616号"],
        ["姓名 王小明", "性别 男", "住址", "11010519970602"],
        ["1952年2月28日", "上海市徐汇区假定南街1361号", "04195202283596"],
        ["1952年2月28日", "上海市徐汇区假定南街1361号", "00196202283596"],
        ["1999年1月1日", "东莞市虚构街道假定路13号", "900199901011234"],
        ["1994430", "北京市海淀区试用弄1407号", "000199404031000"],
        ["人民共和国", "沙河口分局", "39.03.05"],
        ["女", "湖北省武汉市洪山区范", "会民身8110101"],
        ["船票来往港澳", "KAM,LAIPING", "H91669003", "2022.03.27-2032.03.26"],
        ["施工人员出入证", "往来港澳通行证", "姓名 温嘉", "出生日期 1947.04.01", "有效期限 2024.08.04-2034.08.03"],
        ["外国人永久居留证", "姓名", "性别 男", "M38948040", "2023.06.09-2033.06.09"],
        ["香港永久性居民身份证", "A123456(3)", "出生日期 1981.08.03"],
        ["香港永久性居民身份证", "A123456(3)", "<<<<AABA1234563<84"],
        ["来台湾通行证", "性别 男", "出生日期 1995.11.10", "有效期限 2015.04.12-2025.04.11"],
        ["姓名", "出生日期", "有效期限"],
        ["性别", "出生日期", "有效期限", "公安部出入境管理局"],
    ],
)
def test_similar_documents_are_not_permits(paper: list[str]) -> None:
    assert side_of_texts(*paper) is None


BACK_LINES = ["CRH1234567830002212119F8108038", "NGKELMPONBPJLBLOAABA1234567842", "ZHENG<JIAN<<YANG<BEN<<<<<<<<<<"]


@pytest.mark.parametrize(
    "printed",
    [
        "港澳身份号码 A123456(7)",
        "香港永久性居民身份证",
        "请在有效期限内使用本证",
        "持有香港居民身份证的居民",
        "VALID WITH IDENTITY CARD ONLY",
        "INQUIRY HOTLINE 12367 PLEASE RETURN IF FOUND",
        "5453544(1)",
    ],
)
def test_a_backs_code_decides_whatever_is_printed_above_it(printed: str) -> None:
    """Nobody knows the labels and notes of a real back."""
    assert side_of_texts("证件样本", printed, *BACK_LINES) is CardSide.HK_MACAO_BACK


@pytest.mark.parametrize("parts", [["<<<<AABA1234563<44"], ["CRH1234567830002212"]], ids=["the number", "the code"])
def test_a_back_in_glare_may_name_an_identity_card(parts: list[str]) -> None:
    """香港永久性居民身份证 is another document's title, but not beside lines that repeat the printed number."""
    assert side_of_texts("香港永久性居民身份证", "A123456(3)", *parts) is CardSide.HK_MACAO_BACK


@pytest.mark.parametrize("beside", ["《", "SF1234567890123"])
def test_one_text_like_a_part_of_the_lines_makes_no_back_of_a_front(beside: str) -> None:
    front = ["港澳居民来往内地通行证", "1981.08.03", "2012.08.30-2022.08.29", "H12345678"]
    assert side_of_texts(*front, beside) is CardSide.HK_MACAO_FRONT


def test_a_backs_code_does_not_make_a_back_of_the_front_beside_it() -> None:
    front = ["港澳居民来往内地通行证", "出生日期 1981.08.03", "性别 女", "有效期限 2011.12.12-2021.12.11"]
    assert side_of_texts(*front, *BACK_LINES) is CardSide.HK_MACAO_FRONT


def test_digits_of_machine_readable_lines_are_no_residence_number() -> None:
    """The first line of this back contains 18 digits that are a valid number: 565863193110300327."""
    lines = ["CRM5658631931103003275M9509148", "LGKBMDPELOOK<<<<AAB54535441<36", "TING<<MAN<KUEN<<<<<<<<<<<<<<<<"]
    assert side_of_texts("姓名 丁敏娟", "身份证件号码 5453544(1)", *lines) is CardSide.HK_MACAO_BACK


def test_an_untitled_residence_permit_back_is_not_a_travel_permit() -> None:
    """With its first character hidden, its label looks like that of a travel permit's number."""
    texts = ("签发机关 苏州市公安局", "有效期限 2024.11.15-2029.11.15", "证号码 00205107")
    assert side_of_texts(*texts) is None


@pytest.mark.parametrize(("is_covered", "card_side"), [(False, CardSide.TAIWAN_FRONT), (True, None)])
def test_a_possibly_incomplete_number_is_no_taiwan_permit_number(
    *, is_covered: bool, card_side: CardSide | None
) -> None:
    lines = [line("有效期限", 100, 100), line("证件号码 83636547", 100, 170)]
    assert classify_card_side(replace(finder(*lines), is_covered=lambda _line: is_covered)) is card_side


@pytest.mark.parametrize(("title", "is_other"), [("来台湾通行证", True), (f"台湾{BOX_GAP}通行证", False)])
def test_a_part_of_a_taiwan_permits_title_is_no_other_documents(title: str, *, is_other: bool) -> None:
    assert is_other_document(finder(line(title, 100, 100))) is is_other

"""Text of a travel permit that the models miss, split, or read together with other text."""

from dataclasses import replace

import pytest

from permit_ocr.domain.permits import PermitType
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.travel_permit import front_fields
from recognizer.reading.layout.labels import Label
from recognizer.reading.ocr.text_lines import BOX_GAP, BoundingBox, TextLine
from tests.unit.recognizer.reading.cards import finder, line
from tests.unit.recognizer.reading.fields.travel_permits import EXIT, HK, hk_front, read_front


@pytest.mark.parametrize(
    "beside",
    [
        line("舅", 750, 245, 70),  # 男 in one box with its label
        line("舅", 660, 245, 70),  # the same so close to the birth date that they are one piece
        line("微别", 700, 240, 20),  # a label that cannot be read
        line("02", 750, 440),  # text of the same column
    ],
)
def test_a_missed_sex_is_reread_in_the_column_of_other_text(beside: TextLine) -> None:
    def reread(place: BoundingBox, alphabet: str | None) -> str:
        is_narrow = place.right - place.left < 80 and place.top < 250 and place.bottom > 270
        return "男" if alphabet == "男女" and is_narrow and place.left < beside.left else ""

    lines = [one for one in hk_front() if "性别" not in one.text and "次数" not in one.text]
    sex = front_fields(finder(*lines, beside, reread=reread), HK)["Sex"]
    assert (sex.text, sex.confidence) == ("男", 0.7)


@pytest.mark.parametrize(("left", "row"), [(900, 260), (430, 310)], ids=["in its row", "in the row below"])
def test_a_window_is_moved_over_the_places_of_a_missed_sex(left: float, row: float) -> None:
    def reread(place: BoundingBox, alphabet: str | None) -> str:
        is_window = place.right - place.left <= 120
        is_there = place.left <= left < place.right - 20 and place.top < row < place.bottom
        return "男" if alphabet == "男女" and is_window and is_there else ""

    lines = [line("港澳居民来往内地通行证", 80, 80, 60), line("1981.08.03", 430, 260)]
    period = line("2018.10.09-2028.10.08", 430, 360)
    assert front_fields(finder(*lines, period, reread=reread), HK)["Sex"].text == "男"


@pytest.mark.parametrize(("confidence", "sex"), [(0.3, "男"), (0.95, "")], ids=["misread", "another text"])
def test_a_sex_may_follow_its_misread_label_in_another_box(confidence: float, sex: str) -> None:
    title, birth = line("港澳居民来往内地通行证", 80, 80, 60), line("1981.08.03", 430, 260)
    read = line(f"住制{BOX_GAP}男", 430, 330)
    characters = tuple(replace(one, confidence=confidence if one.text in "住制" else 0.99) for one in read.characters)
    assert front_fields(finder(title, birth, replace(read, characters=characters)), HK)["Sex"].text == sex


def test_a_missed_sex_is_reread_beside_half_a_birth_date() -> None:
    lines = [one for one in hk_front() if not any(word in one.text for word in ("性别", "次数", "出生"))]
    half = line("1988.0", 330, 260)

    def reread(place: BoundingBox, alphabet: str | None) -> str:
        return "女" if alphabet == "男女" and place.left > half.right and place.top < 260 < place.bottom else ""

    assert front_fields(finder(*lines, half, reread=reread), HK)["Sex"].text == "女"


def test_a_watermark_close_to_an_authority_is_no_part_of_it() -> None:
    lines = [one for one in hk_front() if "签发机关" not in one.text]
    close = line("SPECIMEN样本", 120, 390), line("公安部出入境管理局", 330, 380)
    assert read_front(finder(*lines, *close), HK).IssueAuthority == "公安部出入境管理局"


def exit_entry_front(*authority_and_others: TextLine) -> list[TextLine]:
    lines = [one for one in hk_front() if not any(word in one.text for word in ("签发机关", "港澳居民", "次数"))]
    return [*lines, line("往来港澳通行证", 200, 60, 60), *authority_and_others]


def test_a_place_is_found_after_the_end_of_a_covered_authority() -> None:
    fields = front_fields(finder(*exit_entry_front(line("管理局江苏", 700, 385))), EXIT)
    assert (fields["IssueAddress"].text, fields["IssueAuthority"].text) == ("江苏", "")


def test_an_authority_may_be_followed_by_half_of_a_place() -> None:
    authority = front_fields(finder(*exit_entry_front(line("公安部出入境管理局江", 330, 385))), EXIT)["IssueAuthority"]
    assert (authority.text, authority.confidence) == ("公安部出入境管理局", 0.85)


@pytest.mark.parametrize(
    ("printed", "place", "confidence"),
    [("基发地北京", "北京", 0.8), ("签发地点京", "京", 0.5), ("签发地点北京", "北京", 1.0)],
)
def test_a_misread_label_may_have_a_part_of_the_place(printed: str, place: str, confidence: float) -> None:
    lines = *exit_entry_front(line("签发机关公安部出入境管理局", 330, 380)), line(printed, 330, 420)
    layout = finder(*lines).layout.with_misread_labels(frozenset({Label.ISSUE_PLACE}))
    found = front_fields(FieldFinder(layout), EXIT)["IssueAddress"]
    assert (found.text, found.confidence) == (place, confidence)


@pytest.mark.parametrize(
    ("shown", "confidence"),
    [("公安部出入境管理局", 0.8), ("某某出入境管理局", 0.3)],
)
def test_a_central_authority_is_reread_from_its_beginning(shown: str, confidence: float) -> None:
    def reread(place: BoundingBox, _alphabet: str | None) -> str:
        return shown if 300 < place.left < 345 and place.right > 600 else ""

    fields = front_fields(finder(*exit_entry_front(line("出入境管理局", 426, 385)), reread=reread), EXIT)
    assert fields["IssueAuthority"].confidence == confidence


def test_an_issue_count_missed_beside_the_number_is_reread() -> None:
    def reread(place: BoundingBox, alphabet: str | None) -> str:
        return "03" if alphabet == "0123456789" and place.left < 750 < place.right and place.bottom > 440 else ""

    lines = [one for one in hk_front(sex=line("性别男", 750, 260)) if "次数" not in one.text]
    count = front_fields(finder(*lines, reread=reread), HK)["IssueNumber"]
    assert (count.text, count.confidence) == ("03", 0.7)


def test_a_sex_in_one_box_with_its_label_is_reread() -> None:
    def reread(place: BoundingBox, alphabet: str | None) -> str:
        return "女" if alphabet == "男女" and place.left > 700 and 255 < place.top < place.bottom < 305 else ""

    lines = [one for one in hk_front(birth=line("1981.08.03", 330, 260)) if "性别" not in one.text]
    period = line("2018.10.09-", 330, 320), line("2028.10.08", 530, 320)
    for beside in ((), period):
        kept = [one for one in lines if not (beside and "2028" in one.text)]
        assert read_front(finder(*kept, *beside, line("安", 750, 265, 64), reread=reread), HK).Sex == "女"


def test_text_of_a_paper_beside_a_latin_name_is_not_the_chinese_one() -> None:
    lines = hk_front(name=line("姓名", 330, 150), latin=line("SINGH,ARJUN", 420, 190))
    assert read_front(finder(*lines, line("会议纪要", 1100, 150)), HK).Name == ""


def test_a_company_is_no_name() -> None:
    assert read_front(finder(*hk_front(name=line("姓名 列科技有限公司", 330, 150))), HK).Name == ""


def test_a_name_of_one_word_is_in_the_column_of_the_dates() -> None:
    lines = [
        one for one in hk_front(name=line("HOT", 90, 130), latin=line("SUKARNI", 500, 200)) if "出生" not in one.text
    ]
    assert read_front(finder(*lines, line("1981.08.03", 500, 260)), HK).EnglishName == "SUKARNI"


def test_a_place_is_found_beside_other_labels_if_its_own_is_not_read() -> None:
    read = finder(line("台湾居民来往大陆通行证", 80, 40, 60), line("出生日期", 80, 200), line("四川", 300, 200))
    assert front_fields(read, PermitType.TAIWAN_PERMIT)["IssueAddress"].text == "四川"

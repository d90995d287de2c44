import pytest

from recognizer.reading.layout.labels import Label, edit_distance, find_anchors
from tests.unit.recognizer.reading.cards import line


def found(text: str) -> list[tuple[Label, str]]:
    return [(anchor.label, anchor.line.text) for anchor in find_anchors(line(text, 0, 0))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("姓 名 陈大文", [(Label.NAME, "姓 名")]),
        ("签发机关：公安部", [(Label.AUTHORITY, "签发机关")]),
        ("簽發機關 公安部", [(Label.AUTHORITY, "簽發機關")]),
        ("签友机关 公安部", [(Label.AUTHORITY, "签友机关")]),
        ("曾特证件号码", [(Label.HISTORY_NUMBER, "曾特证件号码")]),
        ("身份证件号码", [(Label.IDENTITY_NUMBER, "身份证件号码")]),
        ("公民身份号码", [(Label.RESIDENT_NUMBER, "公民身份号码")]),
        ("签发机美 公安部", [(Label.AUTHORITY, "签发机美")]),
        ("签发机公安部", [(Label.AUTHORITY, "签发机")]),
        ("签发地广东", [(Label.ISSUE_PLACE, "签发地")]),
        ("有效期2018", [(Label.VALIDITY, "有效期")]),
        ("性别女出生1990年1月2日", [(Label.SEX, "性别"), (Label.BIRTH, "出生")]),
        ("陈大文", []),
    ],
)
def test_labels_are_found_despite_one_wrong_character_in_four(text: str, expected: list[tuple[Label, str]]) -> None:
    assert found(text) == expected


def test_the_states_name_belongs_to_titles_but_not_to_authorities() -> None:
    assert found("中华人民共和国往来港澳通行证") == [
        (Label.NOISE, "中华人民共和国"),
        (Label.TITLE, "往来港澳通行证"),
    ]
    assert found("中华人民共和国") == [(Label.NOISE, "中华人民共和国")]
    assert found("中华人民共和国出入境管理局") == []


def test_the_suffix_for_non_citizens_is_not_the_nationality_label() -> None:
    labels = [label for label, _ in found("港澳居民来往内地通行证（非中国籍）")]
    assert labels == [Label.TITLE, Label.NOISE]


@pytest.mark.parametrize(("one", "other", "changes"), [("", "", 0), ("ab", "", 2), ("abc", "axc", 1), ("abc", "bc", 1)])
def test_distance_counts_changes(one: str, other: str, changes: int) -> None:
    assert edit_distance(one, other) == edit_distance(other, one) == changes

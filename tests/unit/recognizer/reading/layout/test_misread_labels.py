import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.reading.classification.card_sides import LABELS_BY_SIDE, CardSide
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.layout.labels import WORDS, Label
from recognizer.reading.ocr.text_lines import TextLine
from tests.unit.recognizer.reading.cards import line

TAIWAN = LABELS_BY_SIDE[CardSide.TAIWAN_FRONT]
RESIDENCE = LABELS_BY_SIDE[CardSide.RESIDENCE_FRONT]


def found(labels: frozenset[Label], *lines: TextLine) -> dict[Label, str]:
    return {anchor.label: anchor.line.text for anchor in Layout(lines).with_misread_labels(labels).anchors}


@given(
    st.sampled_from([Label.BIRTH, Label.VALIDITY, Label.PERMIT_NUMBER]).flatmap(
        lambda label: st.tuples(st.just(label), st.sets(st.integers(0, 3), min_size=2, max_size=2))
    )
)
def test_a_label_with_half_of_its_characters_misread_is_found(misread: tuple[Label, set[int]]) -> None:
    label, places = misread
    word = "".join("龄" if place in places else one for place, one in enumerate(WORDS[label][0]))
    missing = frozenset({label, Label.ISSUE_PLACE})
    assert found(missing, line(word, 300, 200, 22), line("1981.08.03", 300, 240)).keys() == {label}


@pytest.mark.parametrize("text", ["指发员关公安部出入境管理局", "经发员关"])
def test_a_misread_label_ends_where_its_value_begins(text: str) -> None:
    known = line("签发次数", 800, 340, 22), line("签发地点", 800, 300, 22)
    assert found(TAIWAN, line(text, 300, 200), *known)[Label.AUTHORITY] == text[:4]


def test_a_text_similar_to_two_missing_labels_is_neither() -> None:
    assert found(TAIWAN, line("签发龄龄", 300, 200)) == {}


@pytest.mark.parametrize("text", ["持证人每次在内地停留不超过", "证件样本", "公安部出入境管理局", "广东", "陈大文"])
def test_values_and_notes_are_no_misread_labels(text: str) -> None:
    assert found(TAIWAN, line(text, 300, 200)) == {}


def test_labels_of_another_side_are_not_looked_for() -> None:
    assert found(RESIDENCE, line("指发员关", 300, 200)) == {}


def test_a_short_label_with_one_right_character_is_found_in_its_column() -> None:
    rows = line("姓名 陈大文", 100, 100), line("性别 男", 100, 160), line("往址 广东省深圳市", 100, 220)
    assert found(RESIDENCE, *rows)[Label.ADDRESS] == "往址"
    assert Label.ADDRESS not in found(RESIDENCE, *rows[:2], line("往址 广东省深圳市", 300, 220))

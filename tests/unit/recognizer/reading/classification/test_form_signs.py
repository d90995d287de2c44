import pytest

from recognizer.reading.classification.form_signs import form_signs
from recognizer.reading.layout.card_layout import Layout
from tests.unit.recognizer.reading.cards import line


def layout(*texts: str) -> Layout:
    return Layout([line(text, 100, 100 + 70 * number) for number, text in enumerate(texts)])


CARD = ("港澳居民来往内地通行证", "陈大文", "CHAN, TAI MAN", "出生日期 1981.08.03", "性别 男", "证件号码 H12345678")


def test_a_card_has_no_signs_of_a_form() -> None:
    assert form_signs(layout(*CARD)) == 0
    assert form_signs(layout("港澳居民来往内地通行证（非中国籍）", *CARD[1:])) == 0


@pytest.mark.parametrize(
    "texts",
    [
        [text.replace(" ", "：") for text in CARD],
        ["证件类型 港澳居民来往内地通行证", *CARD[1:]],
        ["港澳居民来往内地通行证信息登记表", *CARD[1:]],
        [*CARD, "联系电话 13800000000"],
        ["兹有陈大文持港澳居民来往内地通行证", *CARD[1:]],
        [CARD[0], CARD[0], *CARD[1:]],
        [*CARD[:3], "请于收到通知后十五日内，到窗口办理登记手续", *CARD[3:]],
    ],
)
def test_a_form_or_letter_has_some(texts: list[str]) -> None:
    assert form_signs(layout(*texts)) > 0


def test_colons_far_from_their_values_are_a_sign() -> None:
    rows = [text.split(" ") for text in CARD[3:]]
    labels = [line(label + "：", 100, 100 + 70 * number) for number, (label, _) in enumerate(rows)]
    values = [line(value, 700, 100 + 70 * number) for number, (_, value) in enumerate(rows)]
    assert form_signs(Layout([*labels, *values])) > 0
    assert form_signs(Layout([labels[0], line("性别", 100, 170), *values])) == 0, "one may be a speck"


def test_text_beside_a_card_is_no_sign() -> None:
    beside = line("联系电话 13800000000", 1500, 700)
    lines = [line(text, 100, 100 + 70 * number) for number, text in enumerate(CARD)]
    assert form_signs(Layout([*lines, beside])) == 0

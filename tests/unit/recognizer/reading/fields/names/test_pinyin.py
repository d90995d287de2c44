"""A Chinese name and its Pinyin correct each other; other romanisations change nothing."""

import pytest

from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.names.pinyin import compared_names
from recognizer.reading.fields.ocr_field import OcrField
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.ocr.text_lines import BoundingBox
from tests.unit.recognizer.reading.cards import line


def compared(
    name: tuple[str, float], romanised: tuple[str, float], reread: str = ""
) -> tuple[tuple[str, float], tuple[str, float]]:
    """Compare two names on a card whose Chinese name is read again as ``reread``."""

    def read(_box: BoundingBox, alphabet: str | None) -> str:
        return "".join(character for character in reread if alphabet is None or character in alphabet)

    finder = FieldFinder(Layout([line(name[0], 330, 150), line(romanised[0], 330, 200)]), reread_checked=read)
    one, other = compared_names(finder, OcrField(*name), OcrField(*romanised))
    return (one.text, one.confidence), (other.text, other.confidence)


@pytest.mark.parametrize(
    ("name", "romanised"),
    [("诸葛爱睿", "ZHUGE,AI-RUI"), ("单晓", "SHAN,XIAO"), ("呂英", "LYU,YING"), ("吕英", "LU,YING")],
)
def test_pinyin_confirms_an_uncertain_name(name: str, romanised: str) -> None:
    assert compared((name, 0.39), (romanised, 0.99)) == ((name, 0.6), (romanised, 0.99))


def test_a_misread_name_is_read_again_with_characters_of_its_pinyin() -> None:
    name, _ = compared(("精梁杰", 0.58), ("LAI,RONGJIE", 0.97), reread="赖荣杰")
    assert name == ("赖荣杰", 0.7)


@pytest.mark.parametrize(
    ("name", "romanised", "reread"),
    [
        (("精梁杰", 0.58), "LAI,RONGJIE", "赖杰"),  # a character cannot be read
        (("精梁杰", 0.95), "LAI,RONGJIE", "赖荣杰"),  # the name is certain
        (("林芳", 0.88), "LIN,FENG", "林"),  # the model sees no other character
        (("張志明", 0.58), "CHANG,CHIH-MING", "常志明"),  # Wade-Giles
        (("黃嘉欣", 0.58), "WONG,KA YAN", "王卡言"),  # Cantonese
    ],
)
def test_no_other_name_is_made_of_what_cannot_be_read(name: tuple[str, float], romanised: str, reread: str) -> None:
    assert compared(name, (romanised, 0.97), reread)[0] == name


@pytest.mark.parametrize(
    ("name", "romanised", "expected"),
    [
        (("白健恩", 0.99), ("BAL,JIAN-EN", 0.82), ("BAI,JIAN-EN", 0.7)),
        (("白健恩", 0.99), ("BAL,JIAN-EN", 0.95), ("BAL,JIAN-EN", 0.95)),  # both are certain
        (("白健恩", 0.99), ("PEI,CHIEN-EN", 0.82), ("PEI,CHIEN-EN", 0.82)),  # Wade-Giles
        (("洪麗美", 0.99), ("HUNG,LI-MEI", 0.82), ("HUNG,LI-MEI", 0.82)),  # the same, one letter off
        (("林芳", 0.99), ("CIN,FANG", 0.82), ("CIN,FANG", 0.82)),  # C is not similar to L
    ],
)
def test_a_certain_name_corrects_one_letter_of_its_pinyin(
    name: tuple[str, float], romanised: tuple[str, float], expected: tuple[str, float]
) -> None:
    assert compared(name, romanised)[1] == expected


@pytest.mark.parametrize(
    ("name", "romanised", "expected"),
    [
        ("顧俊龍", "GUJUN-LONG", ("GU,JUN-LONG", 0.7)),
        ("潘雪", "PAN.XUE", ("PAN,XUE", 0.7)),
        ("欧阳雪", "OUYANGXUE", ("OUYANGXUE", 0.5)),  # a compound surname
        ("扎西顿珠", "ZHAXIDUNZHU", ("ZHAXIDUNZHU", 0.5)),  # no surname
    ],
)
def test_a_missed_comma_follows_the_surnames_pinyin(name: str, romanised: str, expected: tuple[str, float]) -> None:
    assert compared((name, 0.99), (romanised, 0.5))[1] == expected


def test_the_less_certain_pinyin_does_not_change_a_name() -> None:
    assert compared(("林芳", 0.88), ("LIN,FENG", 0.45), reread="林锋")[0] == ("林芳", 0.88)


def test_text_of_many_readings_or_syllables_is_no_name() -> None:
    endless = "AN" * 40
    assert compared(("单曾区仇查解朴翟盖" * 3, 0.5), (endless, 0.97))[0][1] == 0.5
    assert compared(("安安安", 0.5), (endless, 0.97))[0] == ("安安安", 0.5)

from dataclasses import replace

import pytest

from recognizer.reading.fields.ocr_field import OcrField, field_from_lines
from recognizer.reading.ocr.text_lines import TextLine, join
from tests.unit.recognizer.reading.cards import line


def unsure(text_line: TextLine, at: int, confidence: float) -> TextLine:
    characters = list(text_line.characters)
    characters[at] = replace(characters[at], confidence=confidence)
    return replace(text_line, characters=tuple(characters))


def test_the_confidence_is_that_of_the_weakest_character() -> None:
    assert field_from_lines("H12345678", [unsure(line("H12345678", 0, 0), 3, 0.6)]) == OcrField("H12345678", 0.6)


def test_characters_beside_the_text_do_not_count() -> None:
    assert field_from_lines("H12345678", [unsure(line("* H12345678", 0, 0), 0, 0.2)]).confidence == 1.0


def test_a_converted_character_lowers_confidence() -> None:
    assert field_from_lines("H12345670", [line("H1234567O", 0, 0)]).confidence < 0.9


def test_punctuation_within_the_text_does_not_lower_confidence() -> None:
    assert field_from_lines("2018.10.09-2028.10.08", [line("2018.10.09 2028.10.08", 0, 0)]).confidence == 1.0


def test_a_gap_that_may_hide_characters_lowers_confidence() -> None:
    torn = join([line("上海市公安", 0, 0), line("浦东分局", 320, 0)])
    assert field_from_lines("上海市公安浦东分局", [torn]).confidence < 0.4


@pytest.mark.parametrize("text", ["上海市公安局浦东分局", "阿不都热西提·买买提", "上海市示范路12号", "陈大文"])
def test_evenly_spaced_text_has_no_gap(text: str) -> None:
    assert field_from_lines(text, [line(text, 0, 0)]).confidence == 1.0


def test_a_line_break_is_not_a_gap() -> None:
    assert (
        field_from_lines(
            "中华人民共和国出入境管理局", [line("中华人民共和国", 0, 0), line("出入境管理局", 0, 50)]
        ).confidence
        == 1.0
    )

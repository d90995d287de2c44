from dataclasses import replace

from permit_ocr.domain.answers import MainlandPermitAnswer, MainlandPermitBack
from recognizer.reading.confidence import confidences_of
from recognizer.reading.layout import Layout
from recognizer.reading.text_lines import TextLine
from tests.unit.recognizer.reading.pages import line


def unsure(text_line: TextLine, at: int, confidence: float) -> TextLine:
    characters = list(text_line.characters)
    characters[at] = replace(characters[at], confidence=confidence)
    return replace(text_line, characters=tuple(characters))


def test_a_field_is_as_sure_as_its_least_sure_character() -> None:
    layout = Layout([unsure(line("证件号码 H12345678", 300, 100), 9, 0.6)])
    assert confidences_of(MainlandPermitAnswer(Number="H12345678"), layout) == {"Number": 0.6}


def test_an_unsure_character_beside_a_value_does_not_count() -> None:
    layout = Layout([unsure(line("证件号码: H12345678", 300, 100), 4, 0.2)])
    assert confidences_of(MainlandPermitAnswer(Number="H12345678"), layout) == {"Number": 1.0}


def test_empty_fields_and_what_is_not_read_have_none_and_nested_names_are_joined_by_a_dot() -> None:
    layout = Layout([line("姓名 陈大文", 300, 100)])
    back = MainlandPermitBack(Name="陈大文")
    answer = MainlandPermitAnswer(Profile="abcd", MainlandTravelPermitBackInfos=back, WarnCardInfos=(-9109,))
    assert confidences_of(answer, layout) == {"MainlandTravelPermitBackInfos.Name": 1.0}

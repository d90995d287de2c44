from recognizer.reading.fields.confidence import adjust_for_script, confidences_of, drop_uncertain, merge_readings
from recognizer.reading.fields.ocr_field import EMPTY_FIELD, OcrField


def both(better: OcrField, other: OcrField) -> OcrField:
    return merge_readings({"Name": better}, {"Name": other})["Name"]


def test_agreement_raises_confidence() -> None:
    found = both(OcrField("陈大文", 0.9), OcrField("陈大文", 0.7))
    assert found.text == "陈大文"
    assert 0.9 < found.confidence < 1.0


def test_agreement_does_not_raise_low_confidence() -> None:
    assert both(OcrField("上海市", 0.5), OcrField("上海市", 0.5)).confidence == 0.5


def test_of_two_different_readings_the_more_confident_wins() -> None:
    found = both(OcrField("严字", 0.6), OcrField("严宇", 0.9))
    assert found.text == "严宇"
    assert found.confidence < 0.9


def test_on_a_tie_the_better_reading_as_a_whole_wins() -> None:
    assert both(OcrField("1996.11.14", 1.0), OcrField("2019.01.25", 1.0)).text == "1996.11.14"


def test_of_two_scripts_read_the_traditional_one_is_right() -> None:
    assert both(OcrField("司马珠", 0.9), OcrField("司馬珠", 0.5)) == OcrField("司馬珠", 0.8)


def test_only_names_are_printed_in_traditional_characters() -> None:
    readings = {"Address": OcrField("广东省", 0.95)}, {"Address": OcrField("廣東省", 0.4)}
    assert merge_readings(*readings)["Address"].text == "广东省"


def test_a_missing_field_is_taken_from_the_other_reading() -> None:
    assert both(EMPTY_FIELD, OcrField("男", 0.8)) == OcrField("男", 0.8)
    assert both(OcrField("男", 0.8), EMPTY_FIELD) == OcrField("男", 0.8)


def test_a_field_with_too_low_confidence_is_cleared() -> None:
    fields = drop_uncertain({"Name": OcrField("陈", 0.3), "Sex": OcrField("男", 0.8)})
    assert (fields["Name"].text, fields["Sex"].text) == ("", "男")


def test_only_fields_that_are_not_empty_have_a_confidence() -> None:
    assert confidences_of({"Name": OcrField("陈大文", 0.98765), "Sex": EMPTY_FIELD}) == {"Name": 0.988}


def test_an_empty_text_never_wins() -> None:
    assert both(OcrField("", 0.99), OcrField("C83593420", 0.7)) == OcrField("C83593420", 0.7)
    assert both(OcrField("C83593420", 0.7), OcrField("", 0.99)) == OcrField("C83593420", 0.7)


def test_agreement_on_possibly_incomplete_text_is_capped() -> None:
    twice = both(OcrField("武汉市公安局", 0.8), OcrField("武汉市公安局", 0.8))
    assert 0.8 < twice.confidence < 0.9
    assert both(twice, OcrField("武汉市公安局", 0.8)).confidence < 0.9


def test_a_compound_surname_alone_may_lack_its_given_name() -> None:
    assert adjust_for_script(OcrField("司徒", 0.99)).confidence == 0.7
    assert adjust_for_script(OcrField("司徒雷", 0.99)).confidence > 0.7

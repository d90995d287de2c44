from recognizer.reading.fields.confidence import confidences_of, drop_uncertain, merge_readings
from recognizer.reading.fields.ocr_field import EMPTY_FIELD, OcrField


def both(better: OcrField, other: OcrField) -> OcrField:
    return merge_readings({"Name": better}, {"Name": other})["Name"]


def test_two_readings_that_agree_are_surer_than_either() -> None:
    found = both(OcrField("陈大文", 0.9), OcrField("陈大文", 0.7))
    assert found.text == "陈大文"
    assert 0.9 < found.confidence < 1.0


def test_agreement_does_not_heal_what_is_wrong_with_both() -> None:
    assert both(OcrField("上海市", 0.5), OcrField("上海市", 0.5)).confidence == 0.5


def test_of_two_readings_that_differ_the_surer_one_is_taken_and_doubted() -> None:
    found = both(OcrField("严字", 0.6), OcrField("严宇", 0.9))
    assert found.text == "严宇"
    assert found.confidence < 0.9


def test_of_two_readings_as_sure_the_better_one_as_a_whole_is_taken() -> None:
    assert both(OcrField("1996.11.14", 1.0), OcrField("2019.01.25", 1.0)).text == "1996.11.14"


def test_a_field_that_one_reading_lacks_is_the_others() -> None:
    assert both(EMPTY_FIELD, OcrField("男", 0.8)) == OcrField("男", 0.8)
    assert both(OcrField("男", 0.8), EMPTY_FIELD) == OcrField("男", 0.8)


def test_a_field_more_likely_wrong_than_right_is_empty() -> None:
    fields = drop_uncertain({"Name": OcrField("陈", 0.3), "Sex": OcrField("男", 0.8)})
    assert (fields["Name"].text, fields["Sex"].text) == ("", "男")


def test_only_fields_that_are_not_empty_have_a_confidence() -> None:
    assert confidences_of({"Name": OcrField("陈大文", 0.98765), "Sex": EMPTY_FIELD}) == {"Name": 0.988}


def test_nothing_never_wins_over_something() -> None:
    assert both(OcrField("", 0.99), OcrField("C83593420", 0.7)) == OcrField("C83593420", 0.7)
    assert both(OcrField("C83593420", 0.7), OcrField("", 0.99)) == OcrField("C83593420", 0.7)


def test_agreement_does_not_make_sure_what_both_may_have_seen_half_of() -> None:
    twice = both(OcrField("武汉市公安局", 0.8), OcrField("武汉市公安局", 0.8))
    assert 0.8 < twice.confidence < 0.9
    assert both(twice, OcrField("武汉市公安局", 0.8)).confidence < 0.9

"""Which fields of a card are worth a second reading, and what two readings show together."""

import pytest

from recognizer.reading.card_evidence.document_confidence import DocumentEvidence
from recognizer.reading.card_search.card import Card
from recognizer.reading.classification.card_sides import CardSide
from recognizer.reading.fields.ocr_field import EMPTY_FIELD, OcrField
from tests.unit.recognizer.reading.cards import finder, text_of

_READ = ("EnglishName", "Sex", "Birthday", "ValidDate", "IssueAuthority", "IssueNumber", "Type")


@pytest.mark.parametrize(("number", "holder"), [("H67491168", "Name"), ("HA5095017", "Nationality")])
def test_a_front_lacks_its_holders_name_or_nationality(number: str, holder: str) -> None:
    fields = dict.fromkeys(("Name", "Nationality"), EMPTY_FIELD) | dict.fromkeys(_READ, OcrField("2026.07.08", 0.9))
    fields["Number"] = OcrField(number, 0.9)
    text = text_of("港澳居民来往内地通行证")
    card = Card(CardSide.HK_MACAO_FRONT, text, finder(*text.lines), fields)
    complete = Card(CardSide.HK_MACAO_FRONT, text, card.finder, fields | {holder: OcrField("陈大文", 0.9)})
    assert (card.uncertain_fields, complete.uncertain_fields) == (1, 0)


@pytest.mark.parametrize(("seen", "name"), [(1.0, "陈大文"), (0.6, "")], ids=["enough", "too little"])
def test_a_refused_closer_crop_adds_fields_if_both_suffice(seen: float, name: str) -> None:
    text = text_of("港澳居民来往内地通行证")
    fields = dict.fromkeys(("Name", "Nationality"), EMPTY_FIELD) | dict.fromkeys(_READ, OcrField("2026.07.08", 0.9))
    fields["Number"] = OcrField("H67491168", 0.9)
    first = Card(CardSide.HK_MACAO_FRONT, text, finder(*text.lines), fields).judged_by(DocumentEvidence(seen=seen))
    closer = Card(CardSide.HK_MACAO_FRONT, text, first.finder, fields | {"Name": OcrField("陈大文", 0.9)})
    crop = closer.judged_by(DocumentEvidence(seen=0.4, words=-0.3))  # a crop may lack the portrait
    assert crop.is_refused
    assert crop.judged_by(DocumentEvidence()).seen_as is closer
    both = first.merged_with(crop).judged_when_complete()
    assert both.fields.get("Name", EMPTY_FIELD).text == name
    assert both.is_refused is (not name)

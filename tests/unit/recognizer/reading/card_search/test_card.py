"""Which fields of a card are worth a second reading."""

import pytest

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

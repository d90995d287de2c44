"""A Chinese name that is hardly read is read again in several crops."""

from dataclasses import replace

import pytest

from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.names.holder_names import clearest_name
from recognizer.reading.fields.ocr_field import OcrField
from recognizer.reading.layout.card_layout import Layout
from tests.unit.recognizer.reading.cards import line


def clearest(name: str, confidence: float, *crops: tuple[str, float], limit: float = 1.0) -> tuple[str, float]:
    """Return a name of which other crops show these texts, and its confidence. ``limit``: for another reason."""
    read = line(name, 330, 150)
    read = replace(read, characters=tuple(replace(one, confidence=confidence) for one in read.characters))
    finder = FieldFinder(Layout([read]), read_again=lambda _: crops)
    found = clearest_name(finder, OcrField(name, min(confidence, limit)))
    return found.text, found.confidence


def test_a_clearer_crop_shows_the_name_for_review() -> None:
    assert clearest("翼遠春", 0.5, ("翼遠春", 0.4), ("龔遠春", 0.97)) == ("龔遠春", 0.8)


def test_a_less_clear_crop_changes_nothing() -> None:
    assert clearest("龔遠春", 0.7, ("翼遠春", 0.6)) == ("龔遠春", 0.7)


def test_any_crop_may_show_traditional_characters() -> None:
    assert clearest("孟海强", 0.6, ("孟海强", 0.8), ("孟海強", 0.4)) == ("孟海強", 0.8)


@pytest.mark.parametrize("crop", ["孟海", "孟海强书", "SPECIMEN", ""])
def test_a_crop_with_more_or_less_than_the_name_is_ignored(crop: str) -> None:
    assert clearest("孟海强", 0.6, (crop, 0.99)) == ("孟海强", 0.6)


def test_a_clear_name_without_a_label_is_not_read_again() -> None:
    assert clearest("孟海强", 0.99, ("盂海强", 0.86), limit=0.85) == ("孟海强", 0.85)


def test_a_clear_name_is_not_read_again() -> None:
    assert clearest("孟海强", 0.95, ("孟海强", 0.99), ("孟海強", 0.99)) == ("孟海强", 0.95)

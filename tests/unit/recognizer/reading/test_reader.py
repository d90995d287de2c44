"""What happens if a library fails; recognition itself is tested with the models in test_reading_specimens.py."""

import io
from collections.abc import Callable
from typing import NoReturn

import numpy as np
import pytest
from PIL import Image

from permit_ocr.domain.card.answers import MainlandPermitAnswer, ResidencePermitAnswer
from permit_ocr.domain.permits import Kind
from recognizer.reading import reader
from recognizer.reading.card_evidence.document_confidence import DocumentEvidence
from recognizer.reading.card_search.card import Card
from recognizer.reading.classification.card_sides import CardSide
from recognizer.reading.fields.ocr_field import EMPTY_FIELD, OcrField
from recognizer.reading.ocr import engine
from recognizer.reading.ocr.card_text import CardText, Deskew
from tests.unit.recognizer.reading.cards import finder, line, text_of

FILE = io.BytesIO()
Image.new("RGB", (40, 20)).save(FILE, "PNG")
PHOTO = FILE.getvalue()


def failing(error: type[Exception]) -> Callable[..., NoReturn]:
    def fails(*_arguments: object, **_options: object) -> NoReturn:
        raise error("what was read")

    return fails


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every photo show a front of the requested kind, with a name."""
    lines = (line("姓名", 0, 20), line("李港安", 200, 20))
    pixels = np.zeros((20, 40, 3), np.uint8)
    text = CardText(image=pixels, lines=lines, deskew=Deskew(), quarter_turns=0, origin=np.eye(3), quad_indexes=(0, 1))
    names = {
        CardSide.RESIDENCE_FRONT: ("Sex", "Birth", "Address", "IdCardNo"),
        CardSide.TAIWAN_FRONT: ("EnglishName", "Sex", "Birthday", "ValidDate", "Number", "Nationality"),
    }
    common_fields = {"Name": OcrField("李港安", 0.9), "Type": OcrField("台湾居民来往大陆通行证", 0.9)}

    def read_card(_pixels: object, requested: frozenset[CardSide]) -> Card:
        card_side = CardSide.RESIDENCE_FRONT if CardSide.RESIDENCE_FRONT in requested else CardSide.TAIWAN_FRONT
        fields = common_fields | dict.fromkeys(names[card_side], EMPTY_FIELD)
        if card_side is CardSide.RESIDENCE_FRONT:
            del fields["Type"]
        return Card(card_side, text, finder(*lines), fields)

    monkeypatch.setattr(reader, "read_card", read_card)


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize("error", [*engine.ENGINE_ERRORS, ValueError, IndexError, ZeroDivisionError])
@pytest.mark.parametrize("kind", Kind)
def test_fields_survive_a_failed_portrait_or_copy_search(
    error: type[Exception], kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "find_portrait", failing(error))
    monkeypatch.setattr("recognizer.reading.photocopy.warnings", failing(error))
    answer = reader.read(PHOTO, kind=kind, return_portrait=True).answer
    assert answer.Name == "李港安"
    assert answer.WarnCardInfos == (-9109,)
    assert isinstance(answer, ResidencePermitAnswer | MainlandPermitAnswer)
    portrait = answer.Profile if isinstance(answer, MainlandPermitAnswer) else answer.PortraitImageInfo
    assert not portrait


@pytest.mark.parametrize("error", engine.ENGINE_ERRORS)
@pytest.mark.parametrize(
    "where", ["recognizer.reading.image_decoding.decode", "recognizer.reading.ocr.engine.find_text"]
)
def test_a_library_failure_is_ocr_failed(where: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(where, failing(error))
    with pytest.raises(reader.ReadingError, match=r"^FailedOperation\.OcrFailed$"):
        reader.read(PHOTO, kind=Kind.MAINLAND_PERMIT)


def test_a_refusal_is_reported_without_positions(monkeypatch: pytest.MonkeyPatch) -> None:
    text = text_of("姓名 李港安")
    form = Card(None, text, finder(*text.lines), {}, evidence=DocumentEvidence(seen=0.4), is_refused=True)
    monkeypatch.setattr(reader, "read_card", lambda *_: form)
    report = reader.read(PHOTO, kind=Kind.RESIDENCE_PERMIT).report
    assert report.document_confidence == 0.4
    assert report.positions is None

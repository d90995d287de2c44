"""What happens if a library fails; recognition itself is tested with the models in test_reading_specimens.py."""

import io
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np
import pytest
from PIL import Image

from permit_ocr.domain.card.answers import MainlandPermitAnswer, ResidencePermitAnswer
from permit_ocr.domain.permits import Kind
from recognizer.reading import reader
from recognizer.reading.card_evidence.document_confidence import DocumentEvidence
from recognizer.reading.classification.card_sides import CardSide
from recognizer.reading.fields.ocr_field import EMPTY_FIELD, OcrField
from recognizer.reading.ocr import engine
from recognizer.reading.ocr.card_text import CardText, Deskew
from tests.unit.recognizer.reading.cards import finder, line

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
        Kind.RESIDENCE_PERMIT: ("Sex", "Birth", "Address", "IdCardNo"),
        Kind.MAINLAND_PERMIT: ("EnglishName", "Sex", "Birthday", "ValidDate", "Number", "Nationality"),
    }
    common_fields = {"Name": OcrField("李港安", 0.9), "Type": OcrField("台湾居民来往大陆通行证", 0.9)}

    def read_best(_pixels: object, kind: Kind, _wanted: object) -> Any:
        card_side = CardSide.RESIDENCE_FRONT if kind is Kind.RESIDENCE_PERMIT else CardSide.TAIWAN_FRONT
        fields = common_fields | dict.fromkeys(names[kind], EMPTY_FIELD)
        if kind is Kind.RESIDENCE_PERMIT:
            del fields["Type"]
        return reader._Card(card_side, text, finder(*lines), fields)

    monkeypatch.setattr(reader, "_read_best", read_best)


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


@pytest.mark.parametrize(("refused", "detections"), [(0.0, 1), (0.4, 2)])
def test_a_clear_refusal_ends_the_search_and_is_reported(
    refused: float, detections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (line("姓名", 0, 20), line("李港安", 200, 20))
    pixels = np.zeros((20, 40, 3), np.uint8)
    text = CardText(image=pixels, lines=lines, deskew=Deskew(), quarter_turns=0, origin=np.eye(3), quad_indexes=(0, 1))
    scans = []
    form = reader._Card(None, text, finder(*lines), {}, evidence=DocumentEvidence(seen=refused), is_refused=True)
    monkeypatch.setattr(reader, "ImageScan", lambda *_, **options: scans.append(options))
    monkeypatch.setattr(reader, "_find_card", lambda *_: form)
    reading = reader.read(PHOTO, kind=Kind.RESIDENCE_PERMIT)
    assert len(scans) == detections
    assert reading.report.document_confidence == refused
    assert reading.report.positions is None


def text_of(*texts: str, height: float = 20) -> CardText:
    """Return text on a large image, one line below the other."""
    lines = tuple(line(text, 100, 100 + 70 * number, height) for number, text in enumerate(texts))
    pixels = np.zeros((600, 600, 3), np.uint8)
    indexes = tuple(range(len(lines)))
    return CardText(pixels, lines, Deskew(), quarter_turns=0, origin=np.eye(3), quad_indexes=indexes)


class SplitScan:
    """A scan of a card whose text a hard shadow splits into two segments."""

    first = text_of("台湾居民来往大陆通行证")
    second = text_of("性别 女")
    whole = text_of("台湾居民来往大陆通行证", "性别 女")

    def segments(self, _is_on_card: object) -> Iterator[CardText]:
        yield from (self.second, self.first)

    def joined_across_edges(self, text: CardText) -> CardText | None:
        return None if text is self.whole else self.whole


def test_parts_of_a_card_on_both_sides_of_a_shadow_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "document_evidence", lambda *_, **__: DocumentEvidence(seen=1.0))
    scan: Any = SplitScan()
    card = reader._find_card(scan, frozenset({CardSide.TAIWAN_FRONT}))
    assert card is not None
    assert card.card_side is CardSide.TAIWAN_FRONT
    assert card.text is SplitScan.whole


OUTLINE = np.array([[50, 50], [550, 50], [550, 400], [50, 400]], np.float32)


class GlareScan(SplitScan):
    """A scan of a card whose text glare splits into two segments within its outline."""

    def __init__(self, first: CardText, whole: CardText) -> None:
        self.first, self.whole = first, whole

    def segments(self, _is_on_card: object) -> Iterator[CardText]:
        yield self.first

    def completed_within(self, text: CardText, _outline: object) -> CardText | None:
        return None if text is self.whole else self.whole


FRONT = ("姓名 陈大文", "性别 男", "出生 1973年1月18日", "住址 北京市东城区示例路5号")


def test_words_of_a_form_within_an_outline_count_against_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = text_of(*FRONT, "申请人须知")

    def evidence(_side: object, text: CardText, *_: object, **__: object) -> DocumentEvidence:
        return DocumentEvidence(seen=1.0, words=-0.6 if text is whole else 0.0)

    monkeypatch.setattr(reader, "document_evidence", evidence)
    monkeypatch.setattr(reader, "find_outline", lambda *_: OUTLINE)
    scan: Any = GlareScan(text_of(*FRONT), whole)
    card = reader._find_card(scan, frozenset({CardSide.RESIDENCE_FRONT}))
    assert card is not None
    assert card.is_refused


def test_text_across_a_card_with_its_number_is_no_other_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "document_evidence", lambda *_, **__: DocumentEvidence(seen=1.0))
    monkeypatch.setattr(reader, "find_outline", lambda *_: OUTLINE)
    lines = (*FRONT[:2], "公民身份号码 830000197301184511")
    scan: Any = GlareScan(text_of(*lines), text_of(*lines, "办理银行卡专用"))
    card = reader._find_card(scan, frozenset({CardSide.RESIDENCE_FRONT}))
    assert card is not None
    assert card.card_side is CardSide.RESIDENCE_FRONT


@pytest.mark.parametrize(
    ("number", "is_other"), [("公民身份号码 830000197301184511", False), ("公民身份号码 110105197301185673", True)]
)
def test_all_text_within_an_outline_is_the_cards(
    number: str, monkeypatch: pytest.MonkeyPatch, *, is_other: bool
) -> None:
    monkeypatch.setattr(reader, "document_evidence", lambda *_, **__: DocumentEvidence(seen=1.0))
    monkeypatch.setattr(reader, "find_outline", lambda *_: OUTLINE)
    scan: Any = GlareScan(text_of(*FRONT), text_of(*FRONT, number))
    card = reader._find_card(scan, frozenset({CardSide.RESIDENCE_FRONT}))
    assert card is not None
    assert len(card.text.lines) == len(FRONT) + 1
    assert card.is_other_document is is_other


@pytest.mark.parametrize(
    ("texts", "detections"),
    [
        (["台湾居民来往大陆通行证", *["以上内容"] * 9], 2),
        (["以上内容"] * 7, 2),
        (["以上内容"] * 9, 1),
    ],
)
def test_large_text_is_detected_once_unless_it_may_be_a_card(
    texts: list[str], detections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = text_of(*texts)
    scans = []
    monkeypatch.setattr(reader, "ImageScan", lambda *_, **options: scans.append(options))
    monkeypatch.setattr(reader, "_find_card", lambda *_: reader._Card(None, text, finder(*text.lines), {}))
    reader.read(PHOTO, kind=Kind.RESIDENCE_PERMIT)
    assert len(scans) == detections

"""How often the text of a photo is detected, which takes most of the time."""

from types import SimpleNamespace

import pytest

from recognizer.reading.card_evidence.document_confidence import DocumentEvidence
from recognizer.reading.card_search import attempts
from recognizer.reading.card_search.card import Card
from recognizer.reading.classification.card_sides import CardSide
from tests.unit.recognizer.reading.cards import finder, text_of


def detections_until(found: Card, monkeypatch: pytest.MonkeyPatch, *, is_mostly: bool = True) -> int:
    """Return how often the text is detected if each scan shows this card."""
    scans: list[object] = []

    def scan(*_: object, **options: object) -> SimpleNamespace:
        scans.append(options)
        return SimpleNamespace(is_mostly=lambda _: is_mostly, joined_across_edges=lambda _: None)

    monkeypatch.setattr(attempts, "ImageScan", scan)
    monkeypatch.setattr(attempts, "find_card", lambda *_: found)
    attempts.read_card(found.text.image, frozenset({CardSide.RESIDENCE_FRONT}))
    return len(scans)


@pytest.mark.parametrize(("refused", "detections"), [(0.0, 1), (0.4, 2)])
def test_a_clear_refusal_ends_the_search(refused: float, detections: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = text_of("姓名 李港安")
    form = Card(None, text, finder(*text.lines), {}, evidence=DocumentEvidence(seen=refused), is_refused=True)
    assert detections_until(form, monkeypatch) == detections


@pytest.mark.parametrize(
    ("texts", "detections"),
    [
        (["台湾居民来往大陆通行证", *["以上内容"] * 9], 2),
        (["以上内容"] * 7, 2),
        (["以上内容"] * 9, 1),
        (["2019.03.05-2024.03.05", "公安部出入境管理局", *["以上内容"] * 9], 3),
    ],
)
def test_large_text_is_detected_once_unless_it_may_be_a_card(
    texts: list[str], detections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = text_of(*texts)
    assert detections_until(Card(None, text, finder(*text.lines), {}), monkeypatch) == detections


def test_large_text_beside_more_text_is_detected_again(monkeypatch: pytest.MonkeyPatch) -> None:
    text = text_of(*["以上内容"] * 9)
    card = Card(None, text, finder(*text.lines), {})
    assert detections_until(card, monkeypatch, is_mostly=False) == 2

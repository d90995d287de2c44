from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest

from bench.accuracy import evaluation
from bench.accuracy.datasets import Photo
from bench.accuracy.worker import RAPIDOCR, RAPIDOCR_DEFAULTS, RECOGNIZER, Outcome


class RecordingWorker:
    """Reads nothing and records its requests."""

    requests: list[tuple[str, str, bool]]

    def __init__(self, reader: str) -> None:
        self._reader = reader

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, path: Path, *, portrait: bool = False, **_: str) -> Outcome:
        self.requests.append((self._reader, path.name, portrait))
        return Outcome(seconds=1, cpu_seconds=1, resident_mb=1, peak_mb=1, error_code="FailedOperation.ImageNoText")


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, bool]]:
    monkeypatch.setattr(evaluation, "Worker", RecordingWorker)
    monkeypatch.setattr(RecordingWorker, "requests", [], raising=False)
    return RecordingWorker.requests


def photos(count: int) -> list[Photo]:
    truth: dict[str, Any] = {"kind": "mainland-permit", "side": "front", "permit_type": "taiwan-permit"}
    truth |= {"answer": {"Name": "陈大文"}, "illegible": []}
    corners = [[0, 0], [60, 0], [60, 80], [0, 80]]
    return [
        Photo(Path(str(number)), truth | {"portrait_corners": corners if number % 3 == 0 else None})
        for number in range(count)
    ]


def test_the_portrait_is_requested_apart_from_the_timed_call(requests: list[tuple[str, str, bool]]) -> None:
    report = evaluation.evaluate(photos(6))

    recognizer = [(name, portrait) for reader, name, portrait in requests if reader == RECOGNIZER]
    assert [name for name, portrait in recognizer if portrait] == ["0", "3"]
    assert {name for name, portrait in recognizer if not portrait} == {"0", "1", "2", "3", "4", "5"}
    assert (report.portraits.shown, report.portraits.pictures) == (2, [0, 0])
    assert len(report.score.seconds) == 6


def test_rapidocr_warms_up_and_reads_every_second_round_of_faces(requests: list[tuple[str, str, bool]]) -> None:
    report = evaluation.evaluate(photos(18))

    rapidocr = [name for reader, name, _ in requests if reader == RAPIDOCR]
    assert rapidocr == ["0", *(str(number) for number in (*range(6), *range(12, 18)))]
    assert len(report.comparisons[RAPIDOCR].baseline) == len(report.comparisons[RAPIDOCR].recognizer) == 12
    assert len(report.comparisons[RAPIDOCR_DEFAULTS].baseline) == 6


def test_without_rapidocr_only_the_recognizer_reads(requests: list[tuple[str, str, bool]]) -> None:
    evaluation.evaluate(photos(6), with_rapidocr=False)

    assert {reader for reader, _, _ in requests} == {RECOGNIZER}


def test_progress_is_printed_every_50_photos(
    requests: list[tuple[str, str, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    evaluation.evaluate(photos(120))

    output = capsys.readouterr()
    assert output.err.splitlines() == ["50 of 120 photos", "100 of 120 photos"]
    assert not output.out


def test_a_negative_is_requested_as_every_kind_and_side(requests: list[tuple[str, str, bool]]) -> None:
    passport = Photo(Path("passport"), {"negative": "passport"})

    report = evaluation.evaluate([], [passport])
    assert [name for reader, name, _ in requests if reader == RECOGNIZER] == ["passport"] * 3
    assert report.refusals.shown == {"passport": 1}
    assert report.refusals.answered.total() == 0
    assert len(report.refusals.cpu_seconds) == 3


@pytest.mark.parametrize(
    ("answer", "confidence", "counts"), [({"Type": "x"}, 0.9, (1, 1)), ({"Name": ""}, 1.0, (0, 0))]
)
def test_an_answer_with_any_text_accepts_a_negative(
    answer: dict[str, str], confidence: float, counts: tuple[int, int]
) -> None:
    refused = Outcome(seconds=1, cpu_seconds=1, resident_mb=1, peak_mb=1, error_code="FailedOperation.ImageNoText")
    refusals = evaluation.Refusals()

    refusals.add("ticket", [refused, replace(refused, error_code="", answer=answer, document_confidence=confidence)])
    assert (refusals.answered["ticket"], refusals.accepted["ticket"]) == counts
    assert len(refusals.cpu_seconds) == 2 - counts[0]

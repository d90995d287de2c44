import argparse
from pathlib import Path
from typing import Any, Self

import pytest

from bench import accuracy
from bench.accuracy_cards import Photo
from bench.accuracy_worker import BARE, BARE_DEFAULTS, RECOGNIZER, Outcome


class RecordingWorker:
    """Reads nothing, but keeps what it was asked for."""

    asked: list[tuple[str, str, bool]]

    def __init__(self, reader: str) -> None:
        self._reader = reader

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, path: Path, *, portrait: bool = False, **_: str) -> Outcome:
        self.asked.append((self._reader, path.name, portrait))
        return Outcome(seconds=1, processor_seconds=1, resident=1, largest=1, refused="FailedOperation.ImageNoText")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, bool]]:
    monkeypatch.setattr(accuracy, "Worker", RecordingWorker)
    monkeypatch.setattr(RecordingWorker, "asked", [], raising=False)
    return RecordingWorker.asked


def photos(count: int) -> list[Photo]:
    truth: dict[str, Any] = {"kind": "mainland-permit", "side": "front", "permit_type": "taiwan-permit"}
    truth |= {"answer": {"Name": "陈大文"}, "illegible": []}
    corners = [[0, 0], [60, 0], [60, 80], [0, 80]]
    return [
        Photo(Path(str(number)), truth | {"portrait_corners": corners if number % 3 == 0 else None})
        for number in range(count)
    ]


def options(*, no_bare: bool = False) -> argparse.Namespace:
    return argparse.Namespace(no_bare=no_bare, show_errors=False)


def test_a_portrait_is_asked_for_apart_from_the_reading_that_is_timed(asked: list[tuple[str, str, bool]]) -> None:
    report = accuracy._measured(photos(6), options())

    ours = [(name, portrait) for reader, name, portrait in asked if reader == RECOGNIZER]
    assert [name for name, portrait in ours if portrait] == ["0", "3"]
    assert {name for name, portrait in ours if not portrait} == {"0", "1", "2", "3", "4", "5"}
    assert (report.portraits.shown, report.portraits.pictures) == (2, [0, 0])
    assert len(report.score.seconds) == 6


def test_bare_calls_read_all_faces_of_every_second_round_and_warm_up_before(asked: list[tuple[str, str, bool]]) -> None:
    report = accuracy._measured(photos(18), options())

    bare = [name for reader, name, _ in asked if reader == BARE]
    assert bare == ["0", *(str(number) for number in (*range(6), *range(12, 18)))]
    assert len(report.beside[BARE].its) == len(report.beside[BARE].ours) == 12
    assert len(report.beside[BARE_DEFAULTS].its) == 6


def test_without_bare_calls_nobody_else_reads(asked: list[tuple[str, str, bool]]) -> None:
    accuracy._measured(photos(6), options(no_bare=True))

    assert {reader for reader, _, _ in asked} == {RECOGNIZER}


def test_a_long_run_says_every_50_photographs_how_far_it_is(
    asked: list[tuple[str, str, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    accuracy._measured(photos(120), options())

    said = capsys.readouterr()
    assert said.err.splitlines() == ["50 of 120 photographs", "100 of 120 photographs"]
    assert not said.out

"""Who may call a model at a time, without the models."""

import threading
from collections.abc import Iterator

import pytest

from recognizer.reading.ocr import engine
from recognizer.reading.ocr.engine import _CallLimit

CPUS = 3


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> _CallLimit:
    monkeypatch.setattr(engine, "MAX_CONCURRENT_CALLS", CPUS)
    return _CallLimit()


class AnotherCall:
    """A thread that asks for a turn when it is ``started``, and keeps it until the test ends."""

    def __init__(self, turns: _CallLimit) -> None:
        self.has_one = threading.Event()
        self.may_end = threading.Event()
        self._call_limit = turns
        self.thread = threading.Thread(target=self._call, daemon=True)

    def _call(self) -> None:
        with self._call_limit:
            self.has_one.set()
            self.may_end.wait(30)


@pytest.fixture
def another_call(turns: _CallLimit) -> Iterator[AnotherCall]:
    call = AnotherCall(turns)
    yield call
    call.may_end.set()
    call.thread.join(30)


def test_one_call_per_cpu_runs_and_further_ones_wait(turns: _CallLimit, another_call: AnotherCall) -> None:
    with turns, turns:
        with turns:
            another_call.thread.start()
            assert not another_call.has_one.wait(0.1)
        assert another_call.has_one.wait(30)


def test_a_lone_call_reserves_all_slots_and_releases_them(turns: _CallLimit, another_call: AnotherCall) -> None:
    with turns:
        with turns.remaining() as alone:
            assert alone
            another_call.thread.start()
            assert not another_call.has_one.wait(0.1)
        assert another_call.has_one.wait(30)


def test_with_another_call_running_nothing_is_reserved(turns: _CallLimit, another_call: AnotherCall) -> None:
    another_call.thread.start()
    assert another_call.has_one.wait(30)
    with turns, turns.remaining() as alone:
        assert not alone


@pytest.mark.parametrize(("told", "used"), [(1, 1), (2, 2), (0, 1), (99, CPUS)])
def test_use_threads_lowers_the_limit_and_prevents_reservation(
    told: int, used: int, turns: _CallLimit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_call_limit", turns)
    monkeypatch.setattr("cv2.setNumThreads", lambda _: None)
    engine.use_threads(told)
    assert turns.limit == used
    with turns, turns.remaining() as alone:
        assert alone == (used == CPUS)

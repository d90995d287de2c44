"""Who may call a model at a time, without the models."""

import threading
from collections.abc import Iterator

import pytest

from recognizer.reading import engine
from recognizer.reading.engine import _Turns

PROCESSORS = 3


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> _Turns:
    monkeypatch.setattr(engine, "AT_ONCE", PROCESSORS)
    return _Turns()


class AnotherCall:
    """A thread that asks for a turn when it is ``started``, and keeps it until the test ends."""

    def __init__(self, turns: _Turns) -> None:
        self.has_one = threading.Event()
        self.may_end = threading.Event()
        self._turns = turns
        self.thread = threading.Thread(target=self._call, daemon=True)

    def _call(self) -> None:
        with self._turns:
            self.has_one.set()
            self.may_end.wait(30)


@pytest.fixture
def another_call(turns: _Turns) -> Iterator[AnotherCall]:
    call = AnotherCall(turns)
    yield call
    call.may_end.set()
    call.thread.join(30)


def test_as_many_calls_as_processors_run_and_a_further_one_waits(turns: _Turns, another_call: AnotherCall) -> None:
    with turns, turns:
        with turns:
            another_call.thread.start()
            assert not another_call.has_one.wait(0.1)
        assert another_call.has_one.wait(30)


def test_a_lone_call_has_all_turns_and_gives_them_back(turns: _Turns, another_call: AnotherCall) -> None:
    with turns:
        with turns.all_others() as alone:
            assert alone
            another_call.thread.start()
            assert not another_call.has_one.wait(0.1)
        assert another_call.has_one.wait(30)


def test_beside_another_call_none_is_alone(turns: _Turns, another_call: AnotherCall) -> None:
    another_call.thread.start()
    assert another_call.has_one.wait(30)
    with turns, turns.all_others() as alone:
        assert not alone


@pytest.mark.parametrize(("told", "used"), [(1, 1), (2, 2), (0, 1), (99, PROCESSORS)])
def test_beside_other_processes_fewer_calls_run_and_none_is_alone(
    told: int, used: int, turns: _Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_turns", turns)
    monkeypatch.setattr("cv2.setNumThreads", lambda _: None)
    engine.use_threads(told)
    assert turns.most == used
    with turns, turns.all_others() as alone:
        assert alone == (used == PROCESSORS)

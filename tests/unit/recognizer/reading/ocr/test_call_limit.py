"""The limit of concurrent model calls, without the models."""

import threading
from collections.abc import Iterator

import pytest

from recognizer.reading.ocr import engine
from recognizer.reading.ocr.engine import _CallLimit

CPUS = 3


@pytest.fixture
def call_limit(monkeypatch: pytest.MonkeyPatch) -> _CallLimit:
    monkeypatch.setattr(engine, "MAX_CONCURRENT_CALLS", CPUS)
    return _CallLimit()


class AnotherCall:
    """A thread that makes a call once it is started, and holds it until the test ends."""

    def __init__(self, call_limit: _CallLimit) -> None:
        self.is_running = threading.Event()
        self.may_finish = threading.Event()
        self._call_limit = call_limit
        self.thread = threading.Thread(target=self._call, daemon=True)

    def _call(self) -> None:
        with self._call_limit:
            self.is_running.set()
            self.may_finish.wait(30)


@pytest.fixture
def another_call(call_limit: _CallLimit) -> Iterator[AnotherCall]:
    call = AnotherCall(call_limit)
    yield call
    call.may_finish.set()
    call.thread.join(30)


def test_one_call_per_cpu_runs_and_further_ones_wait(call_limit: _CallLimit, another_call: AnotherCall) -> None:
    with call_limit, call_limit:
        with call_limit:
            another_call.thread.start()
            assert not another_call.is_running.wait(0.1)
        assert another_call.is_running.wait(30)


@pytest.mark.parametrize(("requested", "limit"), [(1, 1), (2, 2), (0, 1), (99, CPUS)])
def test_use_threads_sets_a_limit_from_one_to_all_cpus(
    requested: int, limit: int, call_limit: _CallLimit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_call_limit", call_limit)
    engine.use_threads(requested)
    assert call_limit.limit == limit

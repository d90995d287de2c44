"""Loading the models in the background, with a fake in their place."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from recognizer.reading.ocr import model_threads
from recognizer.reading.ocr.models import ModelError


class FakeModels:
    """Loads when it may; then fails as often as it should."""

    def __init__(self) -> None:
        self.may_load = threading.Event()
        self.failures = 0
        self.threads: list[threading.Thread] = []

    def load(self) -> None:
        self.threads.append(threading.current_thread())
        self.may_load.wait(30)
        if self.failures:
            self.failures -= 1
            raise ModelError


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModels]:
    fake = FakeModels()
    monkeypatch.setattr(model_threads, "load_models", fake.load)
    monkeypatch.setattr(model_threads, "_loadings", [])
    yield fake
    fake.may_load.set()


def test_loading_starts_in_the_background(models: FakeModels) -> None:
    assert not model_threads.start_loading().done()
    models.may_load.set()
    assert model_threads.model_threads().submit(lambda: "called").result(30) == "called"
    assert len(models.threads) == 1


def test_the_thread_that_loads_ends_and_is_not_the_callers(models: FakeModels) -> None:
    models.may_load.set()
    model_threads.model_threads()
    models.threads[0].join(30)
    assert not models.threads[0].is_alive()
    assert models.threads[0] is not threading.current_thread()


def test_concurrent_first_cards_load_the_models_once(models: FakeModels) -> None:
    with ThreadPoolExecutor(4) as readers:
        pools = [readers.submit(model_threads.model_threads) for _ in range(4)]
        models.may_load.set()
        assert len({id(pool.result(30)) for pool in pools}) == 1
    assert len(models.threads) == 1


def test_models_that_did_not_load_are_loaded_again(models: FakeModels) -> None:
    models.failures = 1
    models.may_load.set()
    with pytest.raises(ModelError):
        model_threads.model_threads()
    assert model_threads.model_threads().submit(lambda: "called").result(30) == "called"


def test_loading_can_start_before_opencv_is_imported() -> None:
    """A worker imports OpenCV and the reader while the models are loaded."""
    program = "import sys, recognizer.reading.ocr.model_threads; sys.exit('cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

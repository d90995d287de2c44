"""How many documents of a batch are prepared at a time, and when the next one may begin."""

import threading
import time
from dataclasses import replace

import pytest

from permit_ocr.application.ports import OcrRequest, OcrResponse, Services
from permit_ocr.application.retry_policy import NotStarted
from permit_ocr.domain.permits import Kind
from permit_ocr.entrypoints.concurrency_limit import turn
from tests.unit.fakes import MAINLAND_FRONT, NOT_NOW, World, world

QUESTION = OcrRequest(kind=Kind.MAINLAND_PERMIT, side=None, return_portrait=False, content=b"image")
LATER = time.monotonic() + 3600


@pytest.fixture
def here() -> World:
    return world()


def is_free(turns: threading.Semaphore) -> bool:
    free = turns.acquire(blocking=False)
    if free:
        turns.release()
    return free


def ask(services: Services) -> OcrResponse:
    return services.ocr.recognize(QUESTION, deadline=float("inf"))


def test_a_turn_ends_before_the_provider_is_asked(here: World) -> None:
    turns, seen = threading.Semaphore(1), []

    class Watching:
        site = "china"

        def recognize(self, _question: OcrRequest, *, deadline: float) -> OcrResponse:  # noqa: ARG002  the port's
            seen.append(is_free(turns))
            raise NOT_NOW

        def open_circuits(self) -> dict[Kind, object]:
            return {}

    services = replace(here.services, ocr=Watching())  # type: ignore[arg-type]
    with turn(turns, services, deadline=LATER) as mine:
        assert not is_free(turns)
        with pytest.raises(type(NOT_NOW)):
            ask(mine)
    assert seen == [True]


def test_a_turn_that_asks_twice_is_given_back_once() -> None:
    turns = threading.Semaphore(1)
    with turn(turns, world(MAINLAND_FRONT, MAINLAND_FRONT).services, deadline=LATER) as mine:
        ask(mine)
        ask(mine)
    assert turns.acquire(blocking=False)
    assert not turns.acquire(blocking=False)


def test_a_turn_ends_with_a_document_that_never_asks_and_with_one_that_fails(here: World) -> None:
    turns = threading.Semaphore(1)
    with turn(turns, here.services, deadline=LATER):
        pass
    with pytest.raises(ValueError, match="fails"), turn(turns, here.services, deadline=LATER):
        raise ValueError("fails")
    assert is_free(turns)


def test_a_document_that_gets_no_turn_in_time_is_not_begun(here: World) -> None:
    turns = threading.Semaphore(1)
    with turn(turns, here.services, deadline=LATER):
        with pytest.raises(NotStarted), turn(turns, here.services, deadline=time.monotonic() + 0.01):
            pytest.fail("it had a turn")
        with pytest.raises(NotStarted), turn(turns, here.services, deadline=time.monotonic() - 1):
            pytest.fail("it had a turn")
    assert is_free(turns)


def test_the_provider_is_otherwise_as_it_was(here: World) -> None:
    with turn(threading.Semaphore(1), here.services, deadline=LATER) as mine:
        assert mine.ocr.site == here.services.ocr.site
        assert mine.ocr.open_circuits() == here.services.ocr.open_circuits()
        assert mine.work is here.services.work

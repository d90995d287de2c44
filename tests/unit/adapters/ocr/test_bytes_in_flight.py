"""Photos that are being sent to the provider share a budget of bytes."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from permit_ocr.adapters.ocr.bytes_in_flight import BytesInFlight
from permit_ocr.domain.errors import RetryableError

SECONDS = 30.0


def long_enough() -> float:
    return SECONDS


def test_bytes_in_flight_never_exceed_the_budget() -> None:
    budget = BytesInFlight(30)
    lock, now, most = threading.Lock(), 0, 0
    both_in = threading.Barrier(2, timeout=SECONDS)

    def send(number: int) -> None:
        nonlocal now, most
        with budget.room(15, seconds_left=long_enough):
            with lock:
                now += 15
                most = max(most, now)
            if number < 2:
                both_in.wait()  # two fit in at once
            with lock:
                now -= 15

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(send, range(8)))
    assert most == 30


def test_a_photo_larger_than_the_budget_is_sent_alone() -> None:
    budget = BytesInFlight(10)
    with budget.room(1_000, seconds_left=long_enough):
        pass
    with budget.room(1, seconds_left=long_enough), budget.room(1, seconds_left=long_enough):
        pass


def test_a_call_without_room_in_time_is_deferred() -> None:
    budget = BytesInFlight(10)

    def none_left() -> float:
        raise RetryableError("Deadline", "No time left.", "Nothing.")

    with (
        budget.room(10, seconds_left=long_enough),
        pytest.raises(RetryableError),
        budget.room(1, seconds_left=none_left),
    ):
        pytest.fail("there was no room")
    with budget.room(10, seconds_left=none_left):
        pass


def test_a_failed_call_frees_its_room() -> None:
    budget = BytesInFlight(10)
    with pytest.raises(RuntimeError), budget.room(10, seconds_left=long_enough):
        raise RuntimeError
    with budget.room(10, seconds_left=long_enough):
        pass

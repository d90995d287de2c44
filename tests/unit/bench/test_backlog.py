"""What a backlog's measurement says of the API."""

import threading

import httpx
import pytest

from bench.backlog import Answer, ApiClient, Backlog

URL = "http://api"
PATIENCE_SECONDS = 30.0


def backlog(*answers: Answer) -> Backlog:
    return Backlog(
        documents=1,
        ceiling=12.0,
        quota=6,
        rate=5.7,
        at_once=2,
        sustained=5.7,
        busiest_second=6,
        refused=0,
        dead=0,
        answers=answers,
    )


def promise(done: Backlog) -> bool:
    return done.met["the API's results within 3 s"]


def test_each_answer_tells_how_much_of_it_was_the_wait_for_slots_and_the_provider() -> None:
    is_asked = threading.Event()

    def answer(_: httpx.Request) -> httpx.Response:
        is_asked.set()
        return httpx.Response(200, json={"data": {"provider": {"milliseconds": 1600, "attempts": 2}}})

    with ApiClient(URL, every_seconds=0.001, transport=httpx.MockTransport(answer)) as client:
        assert is_asked.wait(PATIENCE_SECONDS)
    assert {(answer.status, answer.waited, answer.calls) for answer in client.answers} == {(200, 1.6, 2)}


def test_a_request_that_breaks_off_fails_the_measurement() -> None:
    is_asked = threading.Event()

    def break_off(_: httpx.Request) -> httpx.Response:
        is_asked.set()
        raise httpx.RemoteProtocolError("the server hung up")

    client = ApiClient(URL, every_seconds=0.001, transport=httpx.MockTransport(break_off))
    with pytest.raises(httpx.RemoteProtocolError), client:
        assert is_asked.wait(PATIENCE_SECONDS)


def test_the_slowest_answer_is_told_with_its_number_and_its_parts() -> None:
    done = backlog(Answer(seconds=1.4, status=200), Answer(seconds=3.6, status=200, waited=2.8, calls=2))
    assert done.rows()["slowest of them"] == "no. 2: 3.6 s, 2.8 s of it for slots and the provider, called 2 ×"


@pytest.mark.parametrize(
    ("answers", "kept"),
    [
        ([Answer(seconds=3.0, status=200)], True),
        ([Answer(seconds=1.0, status=200), Answer(seconds=3.1, status=200)], False),
        ([Answer(seconds=1.0, status=200), Answer(seconds=0.1, status=429)], False),
        ([], False),
    ],
)
def test_the_promise_is_a_result_within_three_seconds_each_time(answers: list[Answer], *, kept: bool) -> None:
    assert promise(backlog(*answers)) is kept

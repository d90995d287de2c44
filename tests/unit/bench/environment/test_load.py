import threading
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from bench.environment.load import ApiClient, ResultConsumer

if TYPE_CHECKING:
    from bench.environment.running_sandbox import RunningSandbox

URL = "http://api"
TIMEOUT_SECONDS = 30.0


def consumer(receive_results: Any) -> ResultConsumer:
    """Return a consumer of a sandbox with one result."""
    sandbox = SimpleNamespace(receive_results=receive_results, results=Counter({"finished": 1}))
    return ResultConsumer(cast("RunningSandbox", sandbox))


def refuse() -> int:
    raise ConnectionRefusedError


def test_waiting_fails_when_the_sandbox_has_ended() -> None:
    with consumer(refuse) as ended, pytest.raises(RuntimeError, match="can no longer be received"):
        ended.wait_for(["missing"], timeout_seconds=60)


def test_waiting_ends_with_the_results_or_at_the_timeout() -> None:
    with consumer(lambda: 0) as running:
        assert running.wait_for(["finished"], timeout_seconds=60)
        assert running.wait_for_any(1, timeout_seconds=60)
        assert not running.wait_for(["finished", "missing"], timeout_seconds=0.1)
        assert not running.wait_for_any(2, timeout_seconds=0.1)


def test_api_responses_have_the_time_for_slots_and_the_provider() -> None:
    called = threading.Event()

    def answer(_: httpx.Request) -> httpx.Response:
        called.set()
        return httpx.Response(200, json={"data": {"provider": {"milliseconds": 1600, "attempts": 2}}})

    with ApiClient(URL, every_seconds=0.001, transport=httpx.MockTransport(answer)) as client:
        assert called.wait(TIMEOUT_SECONDS)
    assert {(one.status, one.provider_seconds, one.attempts) for one in client.responses} == {(200, 1.6, 2)}


def test_an_api_request_that_breaks_off_fails_the_benchmark() -> None:
    called = threading.Event()

    def break_off(_: httpx.Request) -> httpx.Response:
        called.set()
        raise httpx.RemoteProtocolError("the server hung up")

    client = ApiClient(URL, every_seconds=0.001, transport=httpx.MockTransport(break_off))
    with pytest.raises(httpx.RemoteProtocolError), client:
        assert called.wait(TIMEOUT_SECONDS)

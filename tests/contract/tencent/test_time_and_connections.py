"""How long a call may take, and which connection it uses."""

import socket
import time

import pytest
from tencentcloud.common.credential import Credential

from permit_ocr.adapters.ocr.credentials import Credentials
from permit_ocr.adapters.ocr.endpoints import Endpoint, Endpoints
from permit_ocr.domain.errors import Deferred, RetryableError
from permit_ocr.domain.permits import Kind
from tests.contract.tencent.client import REQUEST, Clock, FakeLimiter, client_of, error_of
from tests.contract.tencent.provider import CannedResponse, Provider, answer, provider


@pytest.mark.parametrize("noticed_by", ["the caller", "the connection"])
@pytest.mark.parametrize("response", [CannedResponse("", delay_seconds=600), CannedResponse("x" * 1200, trickle=True)])
def test_a_call_without_an_answer_in_time_is_left_to_the_queue(response: CannedResponse, noticed_by: str) -> None:
    """It may be charged: the provider is working on it, and each further call is charged again."""
    with provider(response) as here:
        client = client_of(here, timeout=0.4)
        if noticed_by == "the connection":
            client._calls._timeout = 60.0
        with pytest.raises(RetryableError, match="NoAnswerInTime"):
            client.recognize(REQUEST, deadline=time.monotonic() + 60)
    assert len(here.requests) == 1


def test_a_call_that_could_not_connect_in_time_is_retried_at_once() -> None:
    limiter = FakeLimiter()
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(3)]  # they fill the backlog, and nobody accepts them
        for one in waiting:
            one.setblocking(False)  # noqa: FBT003  the socket's own signature
            one.connect_ex(address)
        client = client_of(Provider([], host=f"127.0.0.1:{address[1]}"), timeout=0.4, limiter=limiter)
        with pytest.raises(RetryableError, match="ClientNetworkError"):
            client.recognize(REQUEST, deadline=time.monotonic() + 60)
        for one in waiting:
            one.close()
    assert limiter.calls == ["call"] * 3


@pytest.mark.parametrize("response", [CannedResponse("", delay_seconds=600), CannedResponse("x" * 1200, trickle=True)])
def test_the_deadline_holds_if_the_server_hangs_or_trickles(response: CannedResponse) -> None:
    """The server takes ten minutes. A busy machine may exceed the three seconds somewhat."""
    with provider(response) as here:
        began = time.monotonic()
        assert isinstance(error_of(here, timeout=1.5, seconds=3.0), RetryableError)
        assert time.monotonic() - began < 60


def test_without_time_left_no_call_is_made() -> None:
    with provider(answer()) as here:
        assert type(error_of(here, seconds=0.5)) is Deferred
    assert here.requests == []


def test_an_idle_connection_that_the_server_closed_costs_no_call() -> None:
    class SlowSecondSlot(FakeLimiter):
        def acquire(self, action: str, *, seconds: float, probing: bool = False) -> bool:
            time.sleep(2.5 if self.calls else 0.0)
            return super().acquire(action, seconds=seconds, probing=probing)

    limiter = SlowSecondSlot()
    with provider(answer(Number="1"), idle_seconds=1.5) as here:
        client = client_of(here, limiter=limiter)
        for _ in range(2):
            assert client.recognize(REQUEST, deadline=time.monotonic() + 60).attempts == 1
    assert limiter.calls == ["call", "call"]


def test_connections_that_were_idle_are_replaced() -> None:
    clock = Clock()
    endpoint = Endpoint(host="ocr.example", scheme="https")
    credential = Credential("AKIDtest", "secret")
    endpoints = Endpoints(
        {Kind.MAINLAND_PERMIT: [endpoint]},
        credentials=lambda **_options: Credentials(credential),
        timeout_seconds=10,
        clock=clock,
    )

    def connections() -> object:
        return endpoints.client(Kind.MAINLAND_PERMIT, endpoint, credential).exchange.connections

    first = connections()
    clock.seconds += 2.4
    assert connections() is first
    clock.seconds += 2.6
    assert connections() is not first

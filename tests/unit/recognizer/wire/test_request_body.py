"""Request bodies: limits of size, memory and time."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from starlette.requests import Request

from recognizer.wire.api_error import ApiError
from recognizer.wire.request_body import MIN_BYTES_PER_SECOND, RequestBodies
from recognizer.wire.request_parameters import BODY_LIMIT
from tests.unit.virtual_time import VirtualTime


def request(
    *pieces: bytes, then: asyncio.Event | None = None, seconds: float = 0, headers: Mapping[str, str] | None = None
) -> Request:
    """Return a request whose body arrives in pieces, one every ``seconds``; its end waits for ``then``."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]

    async def receive() -> Any:
        await asyncio.sleep(seconds)
        if messages:
            return messages.pop(0)
        if then is not None:
            await then.wait()
        return {"type": "http.request", "body": b"", "more_body": False}

    raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    return Request({"type": "http", "method": "POST", "headers": raw}, receive)


async def receive(bodies: RequestBodies, *pieces: bytes) -> bytes:
    async with bodies.receive(request(*pieces)) as body:
        return bytes(body)


def refusal_of(bodies: RequestBodies, pieces: Sequence[bytes]) -> ApiError:
    with pytest.raises(ApiError) as raised:
        asyncio.run(receive(bodies, *pieces), loop_factory=VirtualTime)
    return raised.value


def test_a_body_is_received_unchanged() -> None:
    assert asyncio.run(receive(RequestBodies(), b"ab", b"", b"c"), loop_factory=VirtualTime) == b"abc"


def test_too_large_a_body_closes_the_connection() -> None:
    error = refusal_of(RequestBodies(), [bytes(BODY_LIMIT), b"x", b"y"])
    assert (error.code, error.close_connection) == ("RequestSizeLimitExceeded", True)


def test_bodies_are_rejected_while_memory_is_used_up() -> None:
    async def scenario() -> None:
        bodies = RequestBodies(memory_limit=10)
        async with bodies.receive(request(b"123456")):
            assert await receive(bodies, b"1234") == b"1234"
            with pytest.raises(ApiError, match=r"^RequestLimitExceeded$"):
                await receive(bodies, b"12", b"345")
            assert await receive(bodies, b"1234") == b"1234"
        assert await receive(bodies, b"1234567890") == b"1234567890"

    asyncio.run(scenario(), loop_factory=VirtualTime)


def test_an_incomplete_body_times_out() -> None:
    async def scenario() -> None:
        bodies = RequestBodies(memory_limit=10, seconds=0.01)
        with pytest.raises(ApiError, match=r"^InvalidParameter$") as raised:
            async with bodies.receive(request(b"1234567890", then=asyncio.Event())):
                pytest.fail("the body is not there")
        assert raised.value.close_connection
        assert await receive(bodies, b"1234567890") == b"1234567890"

    asyncio.run(scenario(), loop_factory=VirtualTime)


def test_sending_fast_does_not_allow_a_long_pause() -> None:
    async def scenario() -> None:
        bodies = RequestBodies(seconds=30, pause_seconds=0.1)
        started = asyncio.get_running_loop().time()
        with pytest.raises(ApiError, match=r"^InvalidParameter$"):
            async with bodies.receive(request(bytes(BODY_LIMIT), then=asyncio.Event())):
                pytest.fail("the body is not there")
        assert asyncio.get_running_loop().time() - started < 5

    asyncio.run(scenario(), loop_factory=VirtualTime)


def test_a_trickling_body_times_out_and_a_steady_one_does_not() -> None:
    """20 pieces, 1/50 second apart: of one byte each, and at twice the minimum rate."""

    async def scenario() -> None:
        bodies = RequestBodies(seconds=30, pause_seconds=0.15)
        with pytest.raises(ApiError, match=r"^InvalidParameter$"):
            async with bodies.receive(request(*[b"x"] * 20, seconds=0.02)):
                pytest.fail("the body came too slowly")
        steady = [bytes(MIN_BYTES_PER_SECOND // 5)] * 20
        async with bodies.receive(request(*steady, seconds=0.02)) as body:
            assert len(body) == 20 * (MIN_BYTES_PER_SECOND // 5)

    asyncio.run(scenario(), loop_factory=VirtualTime)


def test_the_body_of_a_rejected_call_is_discarded() -> None:
    async def scenario() -> None:
        bodies = RequestBodies(memory_limit=10)
        refused = ApiError("AuthFailure.SecretIdNotFound")
        waiting = asyncio.Event()

        async def drain() -> None:
            async with bodies.receive(request(b"1234567890", then=waiting), refused):
                pytest.fail("it is refused")

        draining = asyncio.create_task(drain())
        await asyncio.sleep(0.01)
        assert await receive(bodies, b"1234567890") == b"1234567890"
        waiting.set()
        with pytest.raises(ApiError, match=r"^AuthFailure\.SecretIdNotFound$"):
            await draining

    asyncio.run(scenario(), loop_factory=VirtualTime)


@pytest.mark.parametrize("known", [ApiError("MissingParameter"), None])
def test_the_size_error_takes_precedence(known: ApiError | None) -> None:
    async def scenario(sent: Request) -> None:
        async with RequestBodies().receive(sent, known):
            pytest.fail("it is refused")

    announced = {"content-length": str(BODY_LIMIT + 1)}
    for sent in (request(bytes(BODY_LIMIT), b"x"), request(b"x", headers=announced)):
        with pytest.raises(ApiError, match=r"^RequestSizeLimitExceeded$"):
            asyncio.run(scenario(sent), loop_factory=VirtualTime)


def test_expect_100_is_rejected_without_a_body() -> None:
    async def scenario() -> None:
        headers = {"expect": "100-continue"}
        async with RequestBodies().receive(request(b"x", headers=headers), ApiError("InvalidAction")):
            pytest.fail("it is refused")

    with pytest.raises(ApiError, match=r"^InvalidAction$") as raised:
        asyncio.run(scenario(), loop_factory=VirtualTime)
    assert raised.value.close_connection

"""Bodies of requests: how much of them is kept, and for how long."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.requests import Request

from recognizer.wire.refusal import Refusal
from recognizer.wire.request_body import RequestBodies
from recognizer.wire.request_parameters import BODY_LIMIT


def request(*pieces: bytes, then: asyncio.Event | None = None) -> Request:
    """Return a request whose body comes in pieces; with ``then`` its end waits for that."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]

    async def receive() -> Any:
        if messages:
            return messages.pop(0)
        if then is not None:
            await then.wait()
        return {"type": "http.request", "body": b"", "more_body": False}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def received(bodies: RequestBodies, *pieces: bytes) -> bytes:
    async with bodies.received(request(*pieces)) as body:
        return body


def refusal_of(bodies: RequestBodies, pieces: Sequence[bytes]) -> Refusal:
    with pytest.raises(Refusal) as raised:
        asyncio.run(received(bodies, *pieces))
    return raised.value


def test_a_body_comes_as_it_was_sent() -> None:
    assert asyncio.run(received(RequestBodies(), b"ab", b"", b"c")) == b"abc"


def test_a_body_too_large_is_refused_and_the_connection_ended() -> None:
    refusal = refusal_of(RequestBodies(), [bytes(BODY_LIMIT), b"x", b"y"])
    assert (refusal.code, refusal.hang_up) == ("RequestSizeLimitExceeded", True)


def test_bodies_that_find_no_room_are_refused_and_room_comes_free_again() -> None:
    async def scenario() -> None:
        bodies = RequestBodies(memory_limit=10)
        async with bodies.received(request(b"123456")):
            assert await received(bodies, b"1234") == b"1234"
            with pytest.raises(Refusal, match=r"^RequestLimitExceeded$"):
                await received(bodies, b"12", b"345")
            assert await received(bodies, b"1234") == b"1234"
        assert await received(bodies, b"1234567890") == b"1234567890"

    asyncio.run(scenario())


def test_a_body_that_does_not_come_to_its_end_is_given_up() -> None:
    async def scenario() -> None:
        bodies = RequestBodies(memory_limit=10, seconds=0.01)
        with pytest.raises(Refusal, match=r"^InvalidParameter$") as raised:
            async with bodies.received(request(b"1234567890", then=asyncio.Event())):
                pytest.fail("the body is not there")
        assert raised.value.hang_up
        assert await received(bodies, b"1234567890") == b"1234567890"

    asyncio.run(scenario())

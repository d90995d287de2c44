"""One connection of a caller: nobody keeps it open for nothing, and what is no HTTP is answered in form."""

import asyncio
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import h11

from recognizer.wire.broken_connections import BreakableProtocol
from recognizer.wire.refusal import Refusal
from recognizer.wire.wire_answer import wire_error

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

HEAD_SECONDS: Final = 20.0
"""In which a request's headers must be there, counted from the connection or from the answer before."""
MOST_CONNECTIONS: Final = 512
"""Further ones are closed at once: each takes a file descriptor and buffers."""


class Connection(BreakableProtocol):
    """uvicorn's HTTP protocol with these rules."""

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take a connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Take what was sent."""
        super().data_received(data)
        self._watch_head()

    def on_response_complete(self) -> None:
        """Wait for the connection's next request."""
        super().on_response_complete()
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self._stop_watching()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  uvicorn's words, not the protocol's
        """Answer what is no HTTP; where an answer has gone out already, only the connection can end."""
        if self.conn.our_state is h11.IDLE or self.conn.our_state is h11.SEND_RESPONSE:
            answer = wire_error(str(uuid4()), Refusal("InvalidParameter", "The request is not valid HTTP."))
            headers = [*answer.raw_headers, (b"connection", b"close")]
            head = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            for event in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None:  # what is no HTTP may be the rest of a call begun, whose own answer must not follow
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()

    def _watch_head(self) -> None:
        """Give the next request's headers their time, unless a request is under way."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if cycle is not None and not cycle.response_complete:
            self._stop_watching()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_watching(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

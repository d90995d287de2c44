"""One connection of a caller: nobody keeps it open for nothing, and what is no HTTP is answered in form."""

import asyncio
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import h11

from recognizer.wire.api_error import ApiError
from recognizer.wire.connection_faults import FaultInjectingProtocol
from recognizer.wire.response import error_response

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

HEADER_TIMEOUT_SECONDS: Final = 20.0
"""In which a request's headers must be there, counted from the connection or from the answer before."""
MAX_CONNECTIONS: Final = 512
"""Further ones are closed at once: each takes a file descriptor and buffers."""


class Connection(FaultInjectingProtocol):
    """uvicorn's HTTP protocol with these rules."""

    _header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take a connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        self._start_header_timer()

    def data_received(self, data: bytes) -> None:
        """Take what was sent."""
        super().data_received(data)
        self._start_header_timer()

    def on_response_complete(self) -> None:
        """Wait for the connection's next request."""
        super().on_response_complete()
        self._start_header_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self._stop_header_timer()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  uvicorn's words, not the protocol's
        """Answer what is no HTTP; where an answer has gone out already, only the connection can end."""
        if self.conn.our_state is h11.IDLE or self.conn.our_state is h11.SEND_RESPONSE:
            answer = error_response(str(uuid4()), ApiError("InvalidParameter", "The request is not valid HTTP."))
            headers = [*answer.raw_headers, (b"connection", b"close")]
            head = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            for event in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None:  # what is no HTTP may be the rest of a call begun, whose own answer must not follow
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()

    def _start_header_timer(self) -> None:
        """Give the next request's headers their time, unless a request is under way."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if cycle is not None and not cycle.response_complete:
            self._stop_header_timer()
        elif self._header_timer is None:
            self._header_timer = self.loop.call_later(HEADER_TIMEOUT_SECONDS, self.transport.abort)

    def _stop_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

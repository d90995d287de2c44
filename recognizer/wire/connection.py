"""A caller's connection: idle connections are closed, and invalid HTTP gets a well-formed error."""

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
"""A request's headers must arrive within this time after the connection or the previous response."""
MAX_CONNECTIONS: Final = 512
"""Further ones are closed immediately: each takes a file descriptor and buffers."""


class Connection(FaultInjectingProtocol):
    """uvicorn's HTTP protocol with a header timeout and a connection limit."""

    _header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Accept a connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        self._start_header_timer()

    def data_received(self, data: bytes) -> None:
        """Handle received data; see ``_start_header_timer``."""
        super().data_received(data)
        self._start_header_timer()

    def on_response_complete(self) -> None:
        """Wait for the connection's next request."""
        super().on_response_complete()
        self._start_header_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer of a closed connection."""
        super().connection_lost(exc)
        self._stop_header_timer()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  uvicorn's message, not the protocol's
        """Answer invalid HTTP with an error; if a response was already sent, only close the connection."""
        if self.conn.our_state is h11.IDLE or self.conn.our_state is h11.SEND_RESPONSE:
            answer = error_response(str(uuid4()), ApiError("InvalidParameter", "The request is not valid HTTP."))
            headers = [*answer.raw_headers, (b"connection", b"close")]
            head = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            for event in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None:  # the invalid data may belong to a call in progress, whose response must not follow
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()

    def _start_header_timer(self) -> None:
        """Start the timeout for the next request's headers, unless a request is in progress."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if cycle is not None and not cycle.response_complete:
            self._stop_header_timer()
        elif self._header_timer is None:
            self._header_timer = self.loop.call_later(HEADER_TIMEOUT_SECONDS, self.transport.abort)

    def _stop_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

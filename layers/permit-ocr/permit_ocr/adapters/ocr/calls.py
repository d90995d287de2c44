"""One call to the provider: encode the image, take a slot of the rate limiter, then send.

The image is encoded before the slot is taken, because a late call is a call too close to the next one. A socket's
timeout starts again with every byte that trickles in, so each call runs in a thread of its own, and the caller waits no
longer than the timeout.
"""

from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from tencentcloud.common.credential import Credential

from permit_ocr.adapters.ocr.bytes_in_flight import BytesInFlight
from permit_ocr.adapters.ocr.endpoints import Client
from permit_ocr.adapters.ocr.provider_errors import ProviderError, response_in
from permit_ocr.application.ports import OcrRequest
from permit_ocr.domain.errors import CircuitOpen, Deferred
from permit_ocr.metrics import record_metric
from permit_ocr.tencent.actions import Action

LEAST_SECONDS: Final = 1.0
"""A call that has less time than this is not started."""
MAX_CONCURRENT_CALLS: Final = 32
_GRACE_SECONDS: Final = 1.0
"""How much longer than the connection's own timeout a caller waits, so that it gets the more precise error."""


class RateLimiter(Protocol):
    """Grants slots and holds the circuit breaker's state, for the whole fleet."""

    def acquire(self, action: str, *, seconds: float, probing: bool = False) -> bool:
        """Wait at most ``seconds`` for a slot and return whether the call is a half-open probe.

        Raises ``RateLimited``, ``CircuitAlreadyOpen`` or ``RetryableError``.
        """

    def check(self, action: str, *, seconds: float, probing: bool = False) -> None:
        """Raise what ``acquire`` would raise, as far as this environment knows. Makes no request."""

    def open_error(self, action: str) -> CircuitOpen | None:
        """Return the error that opened the circuit, if it is known here to be open and no probe is due."""

    def open_circuit(self, action: str, error: CircuitOpen) -> None:
        """Refuse all calls except for a probe now and then."""

    def close_circuit(self, action: str) -> None:
        """Grant slots again."""


@dataclass(slots=True)
class OcrCall:
    """One OCR request with what has been tried for it."""

    action: Action
    request: OcrRequest
    deadline: float
    as_base64: bool
    calls: int = 0
    probing: bool = False
    retries: int = 0
    """Calls granted by the error table. Calls to another endpoint or with another credential do not count."""
    credential: Credential | None = None
    credential_read_again: bool = False
    excluded_hosts: set[str] = field(default_factory=set)


class OcrCalls:
    """Makes calls for any number of threads at the same time."""

    def __init__(self, limiter: RateLimiter, *, timeout_seconds: float, clock: Callable[[], float]) -> None:
        """``timeout_seconds`` is for one call, from its slot on. The request's deadline may be earlier."""
        self._limiter = limiter
        self._timeout = timeout_seconds
        self._clock = clock
        self._bytes = BytesInFlight()
        self._threads = ThreadPoolExecutor(max_workers=MAX_CONCURRENT_CALLS, thread_name_prefix="ocr-call")

    def seconds_left(self, call: OcrCall) -> float:
        """Return the seconds until the deadline. Raises ``Deferred`` if they are too few for a call."""
        left = call.deadline - self._clock()
        if left < LEAST_SECONDS:
            raise Deferred(
                "Deadline",
                "There was no time left to call the provider.",
                "No action needed; it is retried automatically.",
            )
        return left

    def make(self, call: OcrCall, client: Client, headers: dict[str, str]) -> dict[str, Any]:
        """Call once and return the response. Raises ``ProviderError``, and what the rate limiter raises."""
        content = call.request.content if call.as_base64 else None
        with ExitStack() as stack:
            stack.enter_context(self._bytes.room(len(content or b""), seconds_left=lambda: self.seconds_left(call)))
            parameters = _parameters(call)
            seconds = self.seconds_left(call) - LEAST_SECONDS
            call.probing = self._limiter.acquire(call.action.name, seconds=seconds, probing=call.probing)
            call.calls += 1
            record_metric("ProviderCalls", action=call.action.name)
            response = self._threads.submit(_call, client, call.action.name, parameters, headers)
            room = stack.pop_all()  # until the response is there, even if nobody waits for it any more
            response.add_done_callback(lambda _: room.close())
        try:
            seconds = min(self._timeout + _GRACE_SECONDS, call.deadline - self._clock())
            return response.result(timeout=max(0.0, seconds))
        except FutureTimeoutError:
            response.cancel()  # if no thread has begun it
            raise ProviderError("NoAnswerInTime" if client.exchange.abandon() else "ClientNetworkError") from None


def _call(client: Client, action: str, parameters: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    return response_in(client.call(action, parameters, headers=headers))


def _parameters(call: OcrCall) -> dict[str, Any]:
    request = call.request
    parameters: dict[str, Any] = {}
    if call.as_base64:
        parameters["ImageBase64"] = b64encode(request.content or b"").decode()
    else:
        parameters["ImageUrl"] = request.url
    if request.side:
        parameters["CardSide"] = request.side.upper()
    if request.return_portrait:
        parameters[call.action.portrait_parameter] = True
    return parameters

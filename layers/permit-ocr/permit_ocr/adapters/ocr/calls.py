"""One call to the provider: when it leaves, how long it may take, and how many bytes are on their way with it.

Each call takes a slot of the fleet's line (``dynamodb_line``) when it is encoded, signed and connected, right before
its first byte leaves (``gated_connections``). The SDK's timeout starts again with every byte that trickles in, so calls
are made in threads of their own, and whoever asks waits for no longer than the timeout.
"""

import base64
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from tencentcloud.common.common_client import CommonClient

from permit_ocr.adapters.ocr.bytes_in_flight import BytesInFlight
from permit_ocr.adapters.ocr.gated_connections import gate
from permit_ocr.adapters.ocr.provider_errors import Refusal, call_json
from permit_ocr.application.ports import OcrRequest
from permit_ocr.domain.errors import CircuitOpen, Deferred, PermitOcrError
from permit_ocr.observability import count_metric
from permit_ocr.tencent.actions import Action

LEAST_SECONDS: Final = 1.0
"""Below this a call is not worth beginning."""
CALLS_AT_ONCE: Final = 32


class RateLimiter(Protocol):
    """Who lets calls through, for the whole fleet."""

    def acquire(self, action: str, *, seconds: float, probing: bool = False) -> bool:
        """Wait for a call's slot, for at most ``seconds``, and return whether the call is a probe.

        Raises ``RateLimited``, ``CircuitAlreadyOpen`` or ``RetryableError``.
        """
        ...

    def check(self, action: str, *, seconds: float, probing: bool = False) -> None:
        """Raise what ``enter`` is known to raise, without asking anybody."""
        ...

    def open_error(self, action: str) -> CircuitOpen | None:
        """Return why calls are stopped, if it is known here that they are and no probe is due."""
        ...

    def open_circuit(self, action: str, error: CircuitOpen) -> None:
        """Let no call through but a probe now and then."""
        ...

    def close_circuit(self, action: str) -> None:
        """Let calls through again."""
        ...


@dataclass(slots=True)
class OcrCall:
    """One question, what its calls have in common, and how many there were."""

    action: Action
    question: OcrRequest
    deadline: float
    as_base64: bool
    calls: int = 0
    probing: bool = False


@dataclass(slots=True)
class _SlotWait:
    """One call on its way to its first byte."""

    over: threading.Event = field(default_factory=threading.Event)
    """It has left, or never will."""
    left: bool = False
    """It may be paid for."""
    cancelled: bool = False
    """Nobody waits for it any more: if it has not left, it must not."""
    error: PermitOcrError | None = None
    """Why it never left."""


class OcrCalls:
    """Makes calls for any number of threads at once."""

    def __init__(self, line: RateLimiter, *, timeout_seconds: float, clock: Callable[[], float]) -> None:
        """``timeout_seconds`` is one call's, from its first byte on; the deadline may be nearer."""
        self._line = line
        self._timeout = timeout_seconds
        self._clock = clock
        self._bytes = BytesInFlight()
        self._threads = ThreadPoolExecutor(max_workers=CALLS_AT_ONCE, thread_name_prefix="ocr-call")

    def seconds_left(self, asking: OcrCall) -> float:
        """Return the seconds until the deadline. Raises ``Deferred`` if they are too few for a call."""
        left = asking.deadline - self._clock()
        if left < LEAST_SECONDS:
            raise _no_time_left()
        return left

    def make(self, asking: OcrCall, client: CommonClient, headers: dict[str, str]) -> dict[str, Any]:
        """Call once and return the response. Raises ``Refusal``, and what the line raises."""
        departure = _SlotWait()
        call = self._threads.submit(self._send, client, asking, headers, departure)
        departure.over.wait(timeout=self.seconds_left(asking))
        seconds = max(0.0, min(self._timeout, asking.deadline - self._clock()))
        try:
            return call.result(timeout=seconds)
        except FutureTimeoutError:
            departure.cancelled = True
            call.cancel()
            raise Refusal("NoAnswerInTime" if departure.left else "ClientNetworkError") from None

    def _send(
        self, client: CommonClient, asking: OcrCall, headers: dict[str, str], departure: _SlotWait
    ) -> dict[str, Any]:
        content = asking.question.content if asking.as_base64 else None
        try:
            with (
                self._bytes.room(len(content or b""), seconds_left=lambda: self.seconds_left(asking)),
                gate(lambda: self._depart(asking, departure)),
            ):
                return call_json(client, asking.action.name, _parameters(asking), headers)
        except Refusal as refusal:
            if departure.error:
                raise departure.error from None
            if refusal.code == "NoAnswerInTime" and not departure.left:  # the connection was not made in time
                raise Refusal("ClientNetworkError") from None
            raise
        finally:
            departure.over.set()

    def _depart(self, asking: OcrCall, departure: _SlotWait) -> None:
        """Wait for the call's slot, at the last moment before its first byte."""
        try:
            seconds = self.seconds_left(asking) - LEAST_SECONDS
            asking.probing = self._line.acquire(asking.action.name, seconds=seconds, probing=asking.probing)
            if departure.cancelled:
                raise _no_time_left()
        except PermitOcrError as error:
            departure.error = error
            raise
        departure.left = True
        asking.calls += 1
        count_metric("ProviderCalls")
        departure.over.set()


def _no_time_left() -> Deferred:
    return Deferred("Deadline", "There was no time left to call the provider.", "Nothing: it is tried again by itself.")


def _parameters(asking: OcrCall) -> dict[str, Any]:
    question = asking.question
    parameters: dict[str, Any] = {}
    if asking.as_base64:
        parameters["ImageBase64"] = base64.b64encode(question.content or b"").decode()
    else:
        parameters["ImageUrl"] = question.url
    if question.side:
        parameters["CardSide"] = question.side.upper()
    if question.return_portrait:
        parameters[asking.action.portrait_parameter] = True
    return parameters

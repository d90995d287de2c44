"""The provider, through the official SDK's common client.

Called by action name: the typed clients lost one of the two actions twice. Whether a question is worth another call,
the error table says; how an endpoint is reached and what a call takes is told in ``ocr_endpoints`` and ``ocr_calls``,
what comes back in ``ocr_refusals``.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tencentcloud.common.credential import Credential

from permit_ocr.adapters.ocr.calls import CALLS_AT_ONCE, LEAST_SECONDS, OcrCall, OcrCalls, RateLimiter
from permit_ocr.adapters.ocr.credentials import CredentialSource
from permit_ocr.adapters.ocr.endpoints import Endpoint, Endpoints
from permit_ocr.adapters.ocr.provider_errors import Refusal, request_id_in
from permit_ocr.application.ports import OcrRequest, OcrResponse
from permit_ocr.domain.errors import CircuitOpen, RejectDocument
from permit_ocr.domain.permits import Kind
from permit_ocr.observability import count_metric, log_event
from permit_ocr.rate_limit.circuit_breaker import CircuitAlreadyOpen
from permit_ocr.tencent.actions import ACTIONS, is_provider_host
from permit_ocr.tencent.error_table import Outcome, Remedy
from permit_ocr.tencent.response_format import CONFIDENCE_HEADER, parse_answer, parse_confidences

_JITTER_SECONDS: Final = 1.0


@dataclass(slots=True)
class _OcrCall(OcrCall):
    """And what has been tried for it so far."""

    retries: int = 0
    """Calls that the error table has granted; those to another endpoint or with another credential are not counted."""
    credential: Credential | None = None
    credential_read_again: bool = False
    withdrawn_at: set[str] = field(default_factory=set)


class TencentOcr:
    """The port ``Ocr``. Any number of threads may ask at once."""

    def __init__(
        self,
        *,
        site: str,
        endpoints: Mapping[Kind, Sequence[Endpoint]],
        timeout_seconds: float,
        credentials: CredentialSource,
        line: RateLimiter,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the preferred endpoint of each kind first; ``timeout_seconds`` is one call's.

        ``credentials`` and ``line`` are asked before each call.
        """
        self.site = site
        self._endpoints = Endpoints(
            endpoints,
            credentials=credentials,
            timeout_seconds=timeout_seconds,
            calls_at_once=CALLS_AT_ONCE,
            clock=clock,
        )
        self._calls = OcrCalls(line, timeout_seconds=timeout_seconds, clock=clock)
        self._line = line
        self._sleep = sleep
        self._clock = clock

    def recognize(self, question: OcrRequest, *, deadline: float) -> OcrResponse:
        """Call the question's action, again as often as the error table allows; see the port.

        Account trouble stops the line for the whole fleet. An answer to a probe lets it go on, and so does a refusal of
        the document: whoever judges a document has taken the account.
        """
        asking = _OcrCall(ACTIONS[question.kind], question, deadline, as_base64=question.url is None)
        try:
            reply = self._ask(asking)
        except CircuitOpen as error:
            count_metric("CircuitOpened")
            if not isinstance(error, CircuitAlreadyOpen):
                log_event("circuit_opened", action=asking.action.name, code=error.code, request_id=error.request_id)
                self._line.open_circuit(asking.action.name, error)
            raise
        except RejectDocument:
            self._resume(asking)
            raise
        self._resume(asking)
        return reply

    def open_circuits(self) -> dict[Kind, CircuitOpen]:
        open_error = {kind: self._line.open_error(ACTIONS[kind].name) for kind in self._endpoints.kinds()}
        return {kind: error for kind, error in open_error.items() if error}

    def _resume(self, asking: _OcrCall) -> None:
        if asking.probing:
            self._line.close_circuit(asking.action.name)

    def _ask(self, asking: _OcrCall) -> OcrResponse:
        began, kind = self._clock(), asking.action.kind
        while True:
            endpoint = self._endpoints.offering(kind, withdrawn_at=asking.withdrawn_at)
            try:
                response = self._call(asking, endpoint)
            except Refusal as refusal:
                log_event(
                    "ocr_call_failed", action=asking.action.name, code=refusal.code, request_id=refusal.request_id
                )
                if not self._may_go_on(asking, endpoint, refusal):
                    raise refusal.as_error() from None
            else:
                return OcrResponse(
                    answer=parse_answer(asking.action, response),
                    endpoint=endpoint.host,
                    request_id=request_id_in(response) or "",
                    attempts=asking.calls,
                    milliseconds=round((self._clock() - began) * 1000),
                    fallback=endpoint != self._endpoints.preferred(kind),
                    confidences=parse_confidences(asking.action, response),
                )

    def _call(self, asking: _OcrCall, endpoint: Endpoint) -> dict[str, Any]:
        # Before the work of a call is done that cannot be made: a new connection alone is costly.
        seconds = self._calls.seconds_left(asking) - LEAST_SECONDS
        self._line.check(asking.action.name, seconds=seconds, probing=asking.probing)
        asking.credential = self._endpoints.credential(endpoint)
        client = self._endpoints.client(asking.action.kind, endpoint, asking.credential)
        # A fresh dict each time: the SDK writes the Authorization into it.
        headers = {} if is_provider_host(endpoint.host) else dict([CONFIDENCE_HEADER])
        return self._calls.make(asking, client, headers)

    def _may_go_on(self, asking: _OcrCall, endpoint: Endpoint, refusal: Refusal) -> bool:
        """Say whether there shall be another call after ``refusal``, and wait until its time has come."""
        if refusal.row.outcome is Outcome.WAIT:
            count_metric("QuotaExceeded", action=asking.action.name)
        if asking.retries < refusal.row.retries:
            asking.retries += 1
            return self._may_wait(asking.deadline)
        match refusal.row.remedy:
            case Remedy.ANOTHER_ENDPOINT:
                count_metric("ActionWithdrawn", action=asking.action.name)
                self._endpoints.note_withdrawn(asking.action.kind, endpoint)
                asking.withdrawn_at.add(endpoint.host)
                return bool(self._endpoints.left(asking.action.kind, withdrawn_at=asking.withdrawn_at))
            case Remedy.ANOTHER_CREDENTIAL if asking.credential and not asking.credential_read_again:
                asking.credential_read_again = True
                return self._endpoints.has_rotated(endpoint, asking.credential)
            case Remedy.AS_BASE64 if asking.question.content is not None and not asking.as_base64:
                asking.as_base64 = True
                return self._may_wait(asking.deadline)
            case _:
                return False

    def _may_wait(self, deadline: float) -> bool:
        """Wait a second and a random part of another (full jitter), and say so; or say that there is no time for it."""
        pause = 1.0 + random.uniform(0, _JITTER_SECONDS)  # noqa: S311  not a secret
        if self._clock() + pause + LEAST_SECONDS > deadline:
            return False
        self._sleep(pause)
        return True

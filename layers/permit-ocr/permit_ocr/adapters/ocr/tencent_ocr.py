"""The OCR provider, with requests that the official SDK's common client signs.

Actions are called by name, because the SDK's typed clients lost one of the two actions twice. Whether an error is worth
another call is decided by the error table (``tencent.error_table``).
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from permit_ocr.adapters.ocr.calls import LEAST_SECONDS, OcrCall, OcrCalls, RateLimiter
from permit_ocr.adapters.ocr.credentials import CredentialSource
from permit_ocr.adapters.ocr.endpoints import Endpoint, Endpoints
from permit_ocr.adapters.ocr.provider_errors import ProviderError, request_id_in
from permit_ocr.application.ports import OcrRequest, OcrResponse
from permit_ocr.domain.errors import CircuitOpen, RejectDocument
from permit_ocr.domain.permits import Kind
from permit_ocr.metrics import record_metric
from permit_ocr.observability import log_event
from permit_ocr.rate_limit.circuit_breaker import CircuitAlreadyOpen
from permit_ocr.tencent.actions import ACTIONS, is_provider_host
from permit_ocr.tencent.error_table import Outcome, Remedy
from permit_ocr.tencent.report_format import REPORT_HEADER, report_in_response
from permit_ocr.tencent.response_format import parse_answer

_PAUSE_SECONDS: Final = (1.0, 2.0)
"""Between two calls for the same request: a second, and as much again as jitter."""


class TencentOcr:
    """The port ``Ocr``. Thread-safe."""

    def __init__(
        self,
        *,
        site: str,
        endpoints: Mapping[Kind, Sequence[Endpoint]],
        timeout_seconds: float,
        credentials: CredentialSource,
        limiter: RateLimiter,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``endpoints`` has each kind's preferred endpoint first; ``timeout_seconds`` is for one call."""
        self.site = site
        self._endpoints = Endpoints(endpoints, credentials=credentials, timeout_seconds=timeout_seconds, clock=clock)
        self._calls = OcrCalls(limiter, timeout_seconds=timeout_seconds, clock=clock)
        self._limiter = limiter
        self._sleep = sleep
        self._clock = clock

    def recognize(self, request: OcrRequest, *, deadline: float) -> OcrResponse:
        # An error of the account opens the circuit for the whole fleet. A probe closes it if it is answered, or if the
        # document is rejected: a provider that judges documents accepts the account.
        call = OcrCall(ACTIONS[request.kind], request, deadline, as_base64=request.url is None)
        try:
            response = self._recognize(call)
        except CircuitOpen as error:
            record_metric("CircuitOpen", action=call.action.name)
            if not isinstance(error, CircuitAlreadyOpen):
                name = call.action.name
                log_event("circuit_opened", action=name, code=error.code, request_id=error.request_id)
                self._limiter.open_circuit(name, error)
            raise
        except RejectDocument:
            self._close_circuit(call)
            raise
        self._close_circuit(call)
        record_metric("ProviderMilliseconds", response.milliseconds, action=call.action.name)
        return response

    def open_circuits(self) -> dict[Kind, CircuitOpen]:
        errors = {kind: self._limiter.open_error(ACTIONS[kind].name) for kind in self._endpoints.by_kind}
        return {kind: error for kind, error in errors.items() if error}

    def _close_circuit(self, call: OcrCall) -> None:
        record_metric("CircuitOpen", 0, action=call.action.name)
        if call.probing:
            self._limiter.close_circuit(call.action.name)

    def _recognize(self, call: OcrCall) -> OcrResponse:
        started, action = self._clock(), call.action
        while True:
            # Before any work is done for a call that cannot be made: encoding a large image is costly.
            seconds = self._calls.seconds_left(call) - LEAST_SECONDS
            self._limiter.check(action.name, seconds=seconds, probing=call.probing)
            endpoint = self._endpoints.next_endpoint(action.kind, excluded_hosts=call.excluded_hosts)
            call.credential = self._endpoints.credential(endpoint)
            client = self._endpoints.client(action.kind, endpoint, call.credential)
            # A fresh dict each time: the SDK writes the Authorization into it.
            headers = {} if is_provider_host(endpoint.host) else dict([REPORT_HEADER])
            try:
                response = self._calls.make(call, client, headers)
            except ProviderError as error:
                log_event("ocr_call_failed", action=action.name, code=error.code, request_id=error.request_id)
                if not self._may_retry(call, endpoint, error):
                    raise error.as_error() from None
            else:
                return OcrResponse(
                    answer=parse_answer(action, response),
                    endpoint=endpoint.host,
                    request_id=request_id_in(response) or "",
                    attempts=call.calls,
                    milliseconds=round((self._clock() - started) * 1000),
                    fallback=endpoint != self._endpoints.by_kind[action.kind][0],
                    report=report_in_response(action, response),
                )

    def _may_retry(self, call: OcrCall, endpoint: Endpoint, error: ProviderError) -> bool:
        """Tell whether ``error`` allows another call in this delivery, after the pause that it needs."""
        if error.row.outcome is Outcome.DEFER:
            record_metric("QuotaExceeded", action=call.action.name)
        if call.retries < error.row.retries:
            call.retries += 1
            return self._pause(call.deadline, at_least=error.after_seconds)
        match error.row.remedy:
            case Remedy.ANOTHER_ENDPOINT:
                record_metric("ActionWithdrawn", action=call.action.name)
                self._endpoints.mark_withdrawn(call.action.kind, endpoint)
                call.excluded_hosts.add(endpoint.host)
                return bool(self._endpoints.remaining(call.action.kind, excluded_hosts=call.excluded_hosts))
            case Remedy.ANOTHER_CREDENTIAL if call.credential and not call.credential_read_again:
                call.credential_read_again = True
                return self._endpoints.has_rotated(endpoint, call.credential)
            case Remedy.AS_BASE64 if call.request.content is not None and not call.as_base64:
                call.as_base64 = True
                return self._pause(call.deadline)
            case _:
                return False

    def _pause(self, deadline: float, *, at_least: float = 0.0) -> bool:
        """Wait before another call and return True, or return False if there is no time for it."""
        pause = max(random.uniform(*_PAUSE_SECONDS), at_least)  # noqa: S311  not a secret
        if self._clock() + pause + LEAST_SECONDS > deadline:
            return False
        self._sleep(pause)
        return True

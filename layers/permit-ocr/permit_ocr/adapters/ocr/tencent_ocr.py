"""The OCR provider, through the official SDK's common client.

Actions are called by name, because the SDK's typed clients lost one of the two actions twice. Whether an error is worth
another call is decided by the error table (``tencent.error_table``).
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tencentcloud.common.credential import Credential

from permit_ocr.adapters.ocr.calls import LEAST_SECONDS, OcrCall, OcrCalls, RateLimiter
from permit_ocr.adapters.ocr.credentials import CredentialSource
from permit_ocr.adapters.ocr.endpoints import Endpoint, Endpoints
from permit_ocr.adapters.ocr.provider_errors import ProviderError, request_id_in
from permit_ocr.application.ports import OcrRequest, OcrResponse
from permit_ocr.domain.errors import CircuitOpen, RejectDocument
from permit_ocr.domain.permits import Kind
from permit_ocr.observability import count_metric, log_event
from permit_ocr.rate_limit.circuit_breaker import CircuitAlreadyOpen
from permit_ocr.tencent.actions import ACTIONS, is_provider_host
from permit_ocr.tencent.error_table import Outcome, Remedy
from permit_ocr.tencent.response_format import CONFIDENCE_HEADER, parse_answer, parse_confidences

_PAUSE_SECONDS: Final = (1.0, 2.0)
"""Between two calls for the same request: a second, and as much again as jitter."""


@dataclass(slots=True)
class _Attempts(OcrCall):
    """An OCR request with what has been tried for it."""

    retries: int = 0
    """Calls granted by the error table. Calls to another endpoint or with another credential do not count."""
    credential: Credential | None = None
    credential_read_again: bool = False
    withdrawn_at: set[str] = field(default_factory=set)


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
        """Call the request's action, and again if the error table allows it; see the port.

        An error of the account opens the circuit for the whole fleet. A probe closes it if it is answered, or if the
        document is rejected: a provider that judges documents accepts the account.
        """
        attempts = _Attempts(ACTIONS[request.kind], request, deadline, as_base64=request.url is None)
        try:
            response = self._recognize(attempts)
        except CircuitOpen as error:
            count_metric("CircuitOpened")
            if not isinstance(error, CircuitAlreadyOpen):
                name = attempts.action.name
                log_event("circuit_opened", action=name, code=error.code, request_id=error.request_id)
                self._limiter.open_circuit(name, error)
            raise
        except RejectDocument:
            self._close_circuit(attempts)
            raise
        self._close_circuit(attempts)
        return response

    def open_circuits(self) -> dict[Kind, CircuitOpen]:
        """See the port."""
        errors = {kind: self._limiter.open_error(ACTIONS[kind].name) for kind in self._endpoints.kinds()}
        return {kind: error for kind, error in errors.items() if error}

    def _close_circuit(self, attempts: _Attempts) -> None:
        if attempts.probing:
            self._limiter.close_circuit(attempts.action.name)

    def _recognize(self, attempts: _Attempts) -> OcrResponse:
        started, action = self._clock(), attempts.action
        while True:
            endpoint = self._endpoints.next_endpoint(action.kind, withdrawn_at=attempts.withdrawn_at)
            try:
                response = self._call(attempts, endpoint)
            except ProviderError as error:
                log_event("ocr_call_failed", action=action.name, code=error.code, request_id=error.request_id)
                if not self._may_retry(attempts, endpoint, error):
                    raise error.as_error() from None
            else:
                return OcrResponse(
                    answer=parse_answer(action, response),
                    endpoint=endpoint.host,
                    request_id=request_id_in(response) or "",
                    attempts=attempts.calls,
                    milliseconds=round((self._clock() - started) * 1000),
                    fallback=endpoint != self._endpoints.preferred(action.kind),
                    confidences=parse_confidences(action, response),
                )

    def _call(self, attempts: _Attempts, endpoint: Endpoint) -> dict[str, Any]:
        # Before any work is done for a call that cannot be made: encoding a large image is costly.
        seconds = self._calls.seconds_left(attempts) - LEAST_SECONDS
        self._limiter.check(attempts.action.name, seconds=seconds, probing=attempts.probing)
        attempts.credential = self._endpoints.credential(endpoint)
        client = self._endpoints.client(attempts.action.kind, endpoint, attempts.credential)
        # A fresh dict each time: the SDK writes the Authorization into it.
        headers = {} if is_provider_host(endpoint.host) else dict([CONFIDENCE_HEADER])
        return self._calls.make(attempts, client, headers)

    def _may_retry(self, attempts: _Attempts, endpoint: Endpoint, error: ProviderError) -> bool:
        """Tell whether ``error`` allows another call in this delivery, after the pause that it needs."""
        if error.row.outcome is Outcome.WAIT:
            count_metric("QuotaExceeded", action=attempts.action.name)
        if attempts.retries < error.row.retries:
            attempts.retries += 1
            return self._pause(attempts.deadline)
        match error.row.remedy:
            case Remedy.ANOTHER_ENDPOINT:
                count_metric("ActionWithdrawn", action=attempts.action.name)
                self._endpoints.mark_withdrawn(attempts.action.kind, endpoint)
                attempts.withdrawn_at.add(endpoint.host)
                return bool(self._endpoints.remaining(attempts.action.kind, withdrawn_at=attempts.withdrawn_at))
            case Remedy.ANOTHER_CREDENTIAL if attempts.credential and not attempts.credential_read_again:
                attempts.credential_read_again = True
                return self._endpoints.has_rotated(endpoint, attempts.credential)
            case Remedy.AS_BASE64 if attempts.request.content is not None and not attempts.as_base64:
                attempts.as_base64 = True
                return self._pause(attempts.deadline)
            case _:
                return False

    def _pause(self, deadline: float) -> bool:
        """Wait before another call and return True, or return False if there is no time for it."""
        pause = random.uniform(*_PAUSE_SECONDS)  # noqa: S311  not a secret
        if self._clock() + pause + LEAST_SECONDS > deadline:
            return False
        self._sleep(pause)
        return True

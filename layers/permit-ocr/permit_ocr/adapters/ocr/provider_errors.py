"""What an endpoint answers: a response, or an error, which is a row of the error table."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

from permit_ocr.domain.errors import CircuitOpen, Deferred, PermitOcrError, RejectDocument, RetryableError
from permit_ocr.tencent.error_table import Outcome, listed_code, look_up

_ERRORS: Final[Mapping[Outcome, type[PermitOcrError]]] = {
    Outcome.DEFER: Deferred,
    Outcome.RETRY: RetryableError,
    Outcome.REJECT: RejectDocument,
    Outcome.OPEN_CIRCUIT: CircuitOpen,
}
_REQUEST_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")


class ProviderError(Exception):
    """Anything that is not a response, without any text of the endpoint."""

    def __init__(self, code: str, *, request_id: str | None = None, after_seconds: float = 0.0) -> None:
        """``after_seconds`` is how long the endpoint asked to wait."""
        super().__init__(code)
        self.row = look_up(code)
        self.code = listed_code(code)
        self.request_id = request_id
        self.after_seconds = after_seconds

    def as_error(self) -> PermitOcrError:
        """Return the error that the row's outcome stands for."""
        error = _ERRORS[self.row.outcome](self.code, self.row.meaning, self.row.advice, request_id=self.request_id)
        if isinstance(error, RetryableError):
            error.after_seconds = max(error.after_seconds, self.after_seconds)
        return error


def response_in(content: bytes) -> dict[str, Any]:
    """Return the response in an answer. Raises ``ProviderError`` for an error, and for what is not a response."""
    try:
        body = json.loads(
            content.decode("utf-8-sig"), object_pairs_hook=_consistent, parse_constant=_finite, parse_float=_finite
        )
    except (ValueError, RecursionError):
        raise ProviderError("ServerNetworkError") from None
    response = body.get("Response") if isinstance(body, dict) else None
    if not isinstance(response, dict):
        raise ProviderError("ServerNetworkError")
    refused = response.get("Error")
    if refused is not None:
        code = refused.get("Code") if isinstance(refused, dict) else None
        raise ProviderError(code if isinstance(code, str) else "ServerNetworkError", request_id=request_id_in(response))
    return response


def _consistent(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object. Raises ``ValueError`` if a name has two different values: either may be the wrong one."""
    values: dict[str, Any] = {}
    for name, value in members:
        if values.setdefault(name, value) != value:
            raise ValueError("ambiguous")
    return values


def _finite(number: str) -> float | None:
    """Return None for NaN and infinity, as if the field were missing: the rest of the answer is paid for."""
    value = float(number)
    return value if math.isfinite(value) else None


def request_id_in(response: Mapping[str, Any]) -> str | None:
    """Return the endpoint's id of a call, or None for anything that does not look like one."""
    request_id = response.get("RequestId")
    return request_id if isinstance(request_id, str) and _REQUEST_ID.fullmatch(request_id) else None

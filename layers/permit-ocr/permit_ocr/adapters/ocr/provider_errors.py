"""What an endpoint says through the SDK: a response, or a refusal, which is a row of the error table."""

import re
from collections.abc import Mapping
from typing import Any, Final

import requests
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from permit_ocr.domain.errors import CircuitOpen, Deferred, PermitOcrError, RejectDocument, RetryableError
from permit_ocr.observability import count_metric
from permit_ocr.tencent.error_table import Outcome, listed_code, look_up

_ERRORS: Final[Mapping[Outcome, type[PermitOcrError]]] = {
    Outcome.WAIT: Deferred,
    Outcome.RETRY: RetryableError,
    Outcome.REJECT: RejectDocument,
    Outcome.STOP: CircuitOpen,
}
_REQUEST_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")


class Refusal(Exception):
    """Whatever is not an answer, without any text of the endpoint."""

    def __init__(self, code: str, *, request_id: str | None = None) -> None:
        super().__init__(code)
        self.row = look_up(code)
        self.code = listed_code(code)
        self.request_id = request_id

    def as_error(self) -> PermitOcrError:
        """Return the error of its row's outcome."""
        error = _ERRORS[self.row.outcome]
        return error(self.code, self.row.meaning, self.row.advice, request_id=self.request_id)


def call_json(client: CommonClient, action: str, parameters: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    """Call once and return the response. Raises ``Refusal`` for whatever is none."""
    try:
        body = client.call_json(action, parameters, headers=headers)
    except (TencentCloudSDKException, requests.RequestException) as error:
        if _has_timed_out(error):
            raise Refusal("NoAnswerInTime") from None
        if isinstance(error, requests.RequestException):
            raise Refusal("ClientNetworkError") from None
        raise Refusal(str(error.code)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        # Not JSON, or nothing like a response.
        raise Refusal("ServerNetworkError") from None
    response = body.get("Response") if isinstance(body, dict) else None
    if not isinstance(response, dict):
        raise Refusal("ServerNetworkError")
    if said := response.get("Error"):
        if not isinstance(said, dict):
            raise Refusal("ServerNetworkError")
        raise Refusal(str(said.get("Code")), request_id=request_id_in(response))
    if "DeprecatedWarning" in response:
        count_metric("ActionDeprecated", action=action)
    return response


def request_id_in(response: Mapping[str, Any]) -> str | None:
    """Return the endpoint's id of a call; None for what does not look like one, which may be any text."""
    said = response.get("RequestId")
    return said if isinstance(said, str) and _REQUEST_ID.fullmatch(said) else None


def _has_timed_out(error: BaseException) -> bool:
    """Say whether a socket's timeout is at the bottom of ``error``: neither library has a class for just that."""
    cause: BaseException | None = error
    while cause and not isinstance(cause, TimeoutError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None

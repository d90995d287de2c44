"""What an endpoint answers through the SDK: a response, or an error, which is a row of the error table."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import requests
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from permit_ocr.domain.errors import CircuitOpen, Deferred, PermitOcrError, RejectDocument, RetryableError
from permit_ocr.observability import count_metric
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

    def __init__(self, code: str, *, request_id: str | None = None) -> None:
        super().__init__(code)
        self.row = look_up(code)
        self.code = listed_code(code)
        self.request_id = request_id

    def as_error(self) -> PermitOcrError:
        """Return the error that the row's outcome stands for."""
        error = _ERRORS[self.row.outcome]
        return error(self.code, self.row.meaning, self.row.advice, request_id=self.request_id)


def call_json(client: CommonClient, action: str, parameters: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    """Call once and return the response. Raises ``ProviderError`` for anything else."""
    try:
        body = client.call_json(action, parameters, headers=headers)
    except (TencentCloudSDKException, requests.RequestException) as error:
        if _may_have_been_sent(error):
            raise ProviderError("NoAnswerInTime") from None
        if isinstance(error, requests.RequestException):
            raise ProviderError("ClientNetworkError") from None
        raise ProviderError(str(error.code)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        # Not JSON, or nothing like a response.
        raise ProviderError("ServerNetworkError") from None
    response = body.get("Response") if isinstance(body, dict) else None
    if not isinstance(response, dict):
        raise ProviderError("ServerNetworkError")
    if refused := response.get("Error"):
        if not isinstance(refused, dict):
            raise ProviderError("ServerNetworkError")
        raise ProviderError(str(refused.get("Code")), request_id=request_id_in(response))
    if "DeprecatedWarning" in response:
        count_metric("ActionDeprecated", action=action)
    return response


def request_id_in(response: Mapping[str, Any]) -> str | None:
    """Return the endpoint's id of a call, or None for anything that does not look like one."""
    request_id = response.get("RequestId")
    return request_id if isinstance(request_id, str) and _REQUEST_ID.fullmatch(request_id) else None


def _may_have_been_sent(error: BaseException) -> bool:
    """Tell a timeout of an open connection from one while connecting. Neither library has a class for just that."""
    causes = list(_causes(error))
    return any(isinstance(cause, TimeoutError) for cause in causes) and not any(
        isinstance(cause, requests.ConnectTimeout) for cause in causes
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__

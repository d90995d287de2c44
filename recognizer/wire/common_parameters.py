"""The common parameters in the ``X-TC-*`` headers, checked as the provider checks them."""

import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from permit_ocr.tencent.actions import ACTIONS, SERVICE, VERSION, Action
from recognizer.wire.api_error import ApiError
from recognizer.wire.tc3 import Authorization, SignedRequest, verify

CLOCK_SKEW_SECONDS: Final = 300
"""A timestamp may differ from the server's clock by 5 minutes."""
ACTION_BY_NAME: Final = {action.name: action for action in ACTIONS.values()}
_TIMESTAMP: Final = re.compile(r"[0-9]{1,11}")
_REGION: Final = re.compile(r"[a-z0-9-]{0,32}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The only account of this server. If there is a ``token``, every call must carry it."""

    secret_id: str
    secret_key: str
    token: str = ""


LOCAL_CREDENTIALS: Final = Credentials("AKIDlocal", "local")
"""For local use. These credentials are public, so they are only accepted on loopback addresses."""


def check_headers(
    *, headers: Mapping[str, str], credentials: Credentials | None, clock: Callable[[], float] = time.time
) -> None:
    """Check everything that can be checked before the body arrives. ``headers`` has lower-case names.

    Without ``credentials`` the caller is already authenticated, and no signature is required.
    Raises ``ApiError``: for a missing or malformed common parameter, then for a signature that cannot be valid.
    """
    _required(headers, "Action")
    _required(headers, "Version")
    if credentials is not None:
        timestamp = _timestamp(headers)
        authorization = _authorization(headers)
        if abs(clock() - timestamp) > CLOCK_SKEW_SECONDS:
            raise ApiError("AuthFailure.SignatureExpire")
        if not _equal(authorization.secret_id, credentials.secret_id):
            raise ApiError("AuthFailure.SecretIdNotFound")


def authenticated_action(
    *,
    method: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes | bytearray,
    credentials: Credentials | None,
    clock: Callable[[], float] = time.time,
) -> Action:
    """Authenticate a call and return its action. ``headers`` has lower-case names.

    Raises ``ApiError``: for what ``check_headers`` checks, then for the signature, and only then for the region, the
    version and the action.
    """
    check_headers(headers=headers, credentials=credentials, clock=clock)
    if credentials is not None:
        _authenticate(SignedRequest(method, query, headers, body, _timestamp(headers)), credentials)
    if _REGION.fullmatch(headers.get("x-tc-region", "")) is None:
        raise ApiError(
            "InvalidParameterValue",
            "A value specified in `X-TC-Region` is not valid, is unsupported, or cannot be used.",
        )
    version = _required(headers, "Version")
    if version != VERSION:
        raise ApiError(
            "NoSuchVersion", f"The specified api version=`{version[:32]}` does not exist in service=`{SERVICE}`."
        )
    name = _required(headers, "Action")
    if name not in ACTION_BY_NAME:
        raise ApiError("InvalidAction")
    return ACTION_BY_NAME[name]


def _required(headers: Mapping[str, str], parameter: str) -> str:
    value = headers.get(f"x-tc-{parameter.lower()}", "").strip()
    if not value:
        raise ApiError.missing(parameter)
    return value


def _timestamp(headers: Mapping[str, str]) -> int:
    timestamp = _required(headers, "Timestamp")
    if _TIMESTAMP.fullmatch(timestamp) is None:
        raise ApiError.wrong_type("Timestamp")
    return int(timestamp)


def _authorization(headers: Mapping[str, str]) -> Authorization:
    authorization = Authorization.parse(headers.get("authorization", ""))
    if authorization is None or authorization.service != SERVICE:
        raise ApiError("AuthFailure.InvalidAuthorization")
    return authorization


def _authenticate(request: SignedRequest, credentials: Credentials) -> None:
    if not verify(request, _authorization(request.headers), credentials.secret_key):
        raise ApiError("AuthFailure.SignatureFailure")
    if credentials.token and not _equal(request.headers.get("x-tc-token", ""), credentials.token):
        raise ApiError("AuthFailure.TokenFailure")


def _equal(value: str, expected: str) -> bool:
    return hmac.compare_digest(value.encode("utf-8", "surrogatepass"), expected.encode())

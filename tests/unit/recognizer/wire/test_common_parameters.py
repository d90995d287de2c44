"""Authentication and common parameters, and the error for each violation."""

from dataclasses import replace
from typing import Any

import pytest

from recognizer.wire.api_error import ApiError
from recognizer.wire.common_parameters import Credentials, authenticated_action
from tests.unit.recognizer.wire.signing import CREDENTIALS, NOW, SignedCall, signed_call


def action_of(call: SignedCall, credentials: Credentials = CREDENTIALS, now: float = NOW) -> str:
    return authenticated_action(
        method=call.method,
        query=call.query,
        headers=call.headers,
        body=call.body,
        credentials=credentials,
        clock=lambda: now,
    ).name


def refusal_of(call: SignedCall, **circumstances: Any) -> ApiError:
    with pytest.raises(ApiError) as raised:
        action_of(call, **circumstances)
    return raised.value


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("action", ["HmtResidentPermitOCR", "MainlandPermitOCR"])
def test_a_signed_call_is_accepted(method: str, action: str) -> None:
    assert action_of(signed_call(action=action, method=method)) == action


@pytest.mark.parametrize("parameter", ["Action", "Version", "Timestamp"])
def test_a_missing_common_parameter_is_named(parameter: str) -> None:
    call = signed_call()
    del call.headers[f"x-tc-{parameter.lower()}"]
    error = refusal_of(call)
    assert error.code == "MissingParameter"
    assert error.message == f"The request is missing a required parameter `{parameter}`."


@pytest.mark.parametrize("timestamp", ["now", "-1", "1.5", "٣", "9" * 5000])
def test_a_timestamp_that_is_not_a_number_is_mistyped(timestamp: str) -> None:
    call = signed_call()
    call.headers["x-tc-timestamp"] = timestamp
    assert (refusal_of(call).code, refusal_of(call).message) == (
        "InvalidParameter",
        "Parameter `Timestamp` type error.",
    )


@pytest.mark.parametrize(("difference", "let_in"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_clocks_may_differ_by_five_minutes(difference: int, *, let_in: bool) -> None:
    call = signed_call()
    if let_in:
        assert action_of(call, now=NOW + difference)
    else:
        error = refusal_of(call, now=NOW + difference)
        assert error.code == "AuthFailure.SignatureExpire"
        assert error.message == "The signature is expired, please request again."


def test_an_unknown_id_is_not_found() -> None:
    error = refusal_of(signed_call(credentials=replace(CREDENTIALS, secret_id="AKIDother")))
    assert error.code == "AuthFailure.SecretIdNotFound"
    assert error.message == "The SecretId is not found, please ensure that your SecretId is correct."


def test_a_wrong_key_fails() -> None:
    error = refusal_of(signed_call(credentials=replace(CREDENTIALS, secret_key="other")))
    assert error.code == "AuthFailure.SignatureFailure"
    assert error.message.startswith("The provided credentials could not be validated.")


def test_a_scope_of_yesterday_fails() -> None:
    assert refusal_of(signed_call(date="2019-02-24")).code == "AuthFailure.SignatureFailure"


def test_a_signature_for_another_service_is_invalid() -> None:
    assert refusal_of(signed_call(service="cvm")).code == "AuthFailure.InvalidAuthorization"


def test_a_call_without_a_signature_is_rejected() -> None:
    call = signed_call()
    del call.headers["authorization"]
    assert refusal_of(call).code == "AuthFailure.InvalidAuthorization"


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_configured_token_must_be_sent(token: str) -> None:
    with_token = replace(CREDENTIALS, token="the token")
    assert action_of(signed_call(credentials=with_token), credentials=with_token)
    error = refusal_of(signed_call(credentials=replace(CREDENTIALS, token=token)), credentials=with_token)
    assert error.code == "AuthFailure.TokenFailure"
    assert error.message == "Token verification failed, please check if your Token is correct"


def test_unknown_action_and_version_are_rejected_after_authentication() -> None:
    assert refusal_of(signed_call(action="IDCardOCR")).code == "InvalidAction"
    call = signed_call()
    call.headers["x-tc-version"] = "2017-03-12"
    error = refusal_of(call)
    assert error.code == "NoSuchVersion"
    assert error.message == "The specified api version=`2017-03-12` does not exist in service=`ocr`."


@pytest.mark.parametrize(
    ("region", "code"), [("", None), ("ap-guangzhou", None), ("nowhere!", "InvalidParameterValue")]
)
def test_any_well_formed_region_is_accepted(region: str, code: str | None) -> None:
    call = signed_call()
    call.headers["x-tc-region"] = region
    assert (refusal_of(call).code if code else action_of(call)) == (code or "MainlandPermitOCR")

"""The provider's credentials, and when they are read again."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from permit_ocr.adapters.ocr.credentials import from_environment, from_secrets_manager
from permit_ocr.domain.errors import CircuitOpen

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

FIRST = {"secret_id": "AKIDfirst", "secret_key": "key-one", "token": "a token"}
ROTATED = {"secret_id": "AKIDrotated", "secret_key": "key-two"}


def test_a_rotated_secret_is_read_after_five_minutes_or_on_demand(secrets: "SecretsManagerClient") -> None:
    secrets.create_secret(Name="tencent", SecretString=json.dumps(FIRST))
    now = [0.0]
    source = from_secrets_manager(secrets, "tencent", clock=lambda: now[0])
    assert (source(again=False).default.secret_id, source(again=False).default.token) == ("AKIDfirst", "a token")
    secrets.put_secret_value(SecretId="tencent", SecretString=json.dumps(ROTATED))
    assert source(again=False).default.secret_id == "AKIDfirst"
    assert source(again=True).default.secret_id == "AKIDrotated"
    secrets.put_secret_value(SecretId="tencent", SecretString=json.dumps(FIRST))
    now[0] += 301
    assert source(again=False).default.secret_id == "AKIDfirst"


def test_an_endpoint_can_have_its_own_account(secrets: "SecretsManagerClient") -> None:
    secret = FIRST | {"endpoints": {"ocr.example:8443": ROTATED}}
    secrets.create_secret(Name="tencent", SecretString=json.dumps(secret))
    credentials = from_secrets_manager(secrets, "tencent")(again=False)
    assert credentials.of("ocr.example:8443").secret_id == "AKIDrotated"
    assert credentials.of("ocr.intl.tencentcloudapi.com").secret_id == "AKIDfirst"


def test_other_threads_use_known_credentials_during_a_read() -> None:
    seen: list[str] = []

    class Environment(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            if rotating and not seen:
                seen.append("")
                seen[0] = source(again=False).default.secret_id or ""  # as another thread would
            return super().get(name, default)

    rotating = False
    environment = Environment(TENCENTCLOUD_SECRET_ID="AKIDfirst", TENCENTCLOUD_SECRET_KEY="key")
    source = from_environment(environment)
    source(again=False)
    environment["TENCENTCLOUD_SECRET_ID"], rotating = "AKIDrotated", True
    assert source(again=True).default.secret_id == "AKIDrotated"
    assert seen == ["AKIDfirst"]
    assert source(again=False).default.secret_id == "AKIDrotated"


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "{}",
        '{"secret_id": " AKID ", "secret_key": "k"}',
        '{"secret_id": "AKID", "secret_key": "k", "endpoints": []}',
        '{"secret_id": "AKID", "secret_key": "k", "endpoints": {"ocr.example": {"secret_id": "AKID"}}}',
    ],
)
def test_an_invalid_secret_opens_the_circuit_without_its_text(secrets: "SecretsManagerClient", text: str) -> None:
    secrets.create_secret(Name="tencent", SecretString=text)
    with pytest.raises(CircuitOpen) as caught:
        from_secrets_manager(secrets, "tencent")(again=False)
    assert "AKID" not in repr(caught.value.args) + caught.value.meaning


def test_a_missing_secret_opens_the_circuit(secrets: "SecretsManagerClient") -> None:
    with pytest.raises(CircuitOpen, match=r"Credentials\.Unreadable"):
        from_secrets_manager(secrets, "absent")(again=False)


def test_the_environment_can_have_a_token() -> None:
    environment = {"TENCENTCLOUD_SECRET_ID": "AKID", "TENCENTCLOUD_SECRET_KEY": "k", "TENCENTCLOUD_TOKEN": "t"}
    credential = from_environment(environment)(again=False).default
    assert (credential.secret_id, credential.secret_key, credential.token) == ("AKID", "k", "t")
    with pytest.raises(CircuitOpen, match=r"Credentials\.Missing"):
        from_environment({})(again=False)

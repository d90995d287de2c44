"""The provider's credentials, and when they are read again."""

import json
from typing import TYPE_CHECKING, cast

import pytest

from permit_ocr.adapters.ocr.credentials import from_secrets_manager
from permit_ocr.domain.errors import CircuitOpen

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

FIRST = {"secret_id": "AKIDfirst", "secret_key": "key-one", "token": "a token"}
ROTATED = {"secret_id": "AKIDrotated", "secret_key": "key-two"}


def test_a_rotated_secret_is_read_after_five_minutes_or_on_demand(secrets: "SecretsManagerClient") -> None:
    secrets.create_secret(Name="tencent", SecretString=json.dumps(FIRST))
    now = [0.0]
    source = from_secrets_manager(secrets, "tencent", clock=lambda: now[0])
    assert (source(refresh=False).default.secret_id, source(refresh=False).default.token) == ("AKIDfirst", "a token")
    secrets.put_secret_value(SecretId="tencent", SecretString=json.dumps(ROTATED))
    assert source(refresh=False).default.secret_id == "AKIDfirst"
    assert source(refresh=True).default.secret_id == "AKIDrotated"
    secrets.put_secret_value(SecretId="tencent", SecretString=json.dumps(FIRST))
    now[0] += 301
    assert source(refresh=False).default.secret_id == "AKIDfirst"


def test_an_endpoint_can_have_its_own_account(secrets: "SecretsManagerClient") -> None:
    secret = FIRST | {"endpoints": {"ocr.example:8443": ROTATED}}
    secrets.create_secret(Name="tencent", SecretString=json.dumps(secret))
    credentials = from_secrets_manager(secrets, "tencent")(refresh=False)
    assert credentials.of("ocr.example:8443").secret_id == "AKIDrotated"
    assert credentials.of("ocr.intl.tencentcloudapi.com").secret_id == "AKIDfirst"


def test_other_threads_use_known_credentials_during_a_read() -> None:
    seen: list[str] = []

    class Client:
        secret_id = "AKIDfirst"

        def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803  boto3's name
            if self.secret_id == "AKIDrotated" and not seen:
                seen.append("")
                seen[0] = source(refresh=False).default.secret_id or ""  # as another thread would
            return {"SecretString": json.dumps({"secret_id": self.secret_id, "secret_key": SecretId})}

    client = Client()
    source = from_secrets_manager(cast("SecretsManagerClient", client), "tencent")
    source(refresh=False)
    client.secret_id = "AKIDrotated"
    assert source(refresh=True).default.secret_id == "AKIDrotated"
    assert seen == ["AKIDfirst"]
    assert source(refresh=False).default.secret_id == "AKIDrotated"


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
        from_secrets_manager(secrets, "tencent")(refresh=False)
    assert "AKID" not in repr(caught.value.args) + caught.value.meaning


def test_a_missing_secret_opens_the_circuit(secrets: "SecretsManagerClient") -> None:
    with pytest.raises(CircuitOpen, match=r"Credentials\.Unreadable"):
        from_secrets_manager(secrets, "absent")(refresh=False)


def test_temporary_credentials_have_a_token(secrets: "SecretsManagerClient") -> None:
    secret = {"secret_id": "AKID", "secret_key": "k", "token": "t"}
    secrets.create_secret(Name="tencent", SecretString=json.dumps(secret))
    credential = from_secrets_manager(secrets, "tencent")(refresh=False).default
    assert (credential.secret_id, credential.secret_key, credential.token) == ("AKID", "k", "t")

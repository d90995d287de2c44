"""Signatures as the Standard Webhooks specification has them, checked by its own package."""

import base64
import json
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from permit_ocr.adapters.webhooks.signature import SecretUnusable, from_secrets_manager, keys_in, signed_headers

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def secret(key: bytes) -> str:
    return f"whsec_{base64.b64encode(key).decode()}"


OLD, NEW = secret(bytes(range(24))), secret(bytes(range(32, 96)))
BODY = json.dumps({"id": "1", "data": {"name": "陈样本"}}, ensure_ascii=False).encode()


def test_the_signature_equals_that_of_the_specifications_example() -> None:
    """The example of the specification's documents."""
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        keys_in("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        at=1614265330,
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(st.binary(min_size=24, max_size=64))
def test_the_specifications_package_verifies_the_signature(key: bytes) -> None:
    headers = signed_headers("0123456789abcdef", BODY, keys_in(secret(key)), at=time.time())
    assert Webhook(secret(key)).verify(BODY, headers) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret(key)).verify(BODY + b" ", headers)


def test_during_rotation_receivers_with_either_secret_can_verify() -> None:
    headers = signed_headers("1", BODY, keys_in(json.dumps([NEW, OLD])), at=time.time())
    for known in (OLD, NEW):
        assert Webhook(known).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret(b"another" * 5)).verify(BODY, headers)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[1]",
        "whsec_",
        "whsec_not base64",
        OLD.removeprefix("whsec_"),
        secret(b"too short"),
        secret(b"x" * 65),
        f'["{OLD}", ""]',
        f'["{OLD}"',
        '{"secret": "whsec_"}',
    ],
)
def test_a_secret_that_does_not_conform_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  of json, base64 or ours
        keys_in(text)


def test_the_secret_is_read_once_and_again_after_five_minutes(secrets: "SecretsManagerClient") -> None:
    secrets.create_secret(Name="webhooks", SecretString=f" {OLD}\n")
    now = 0.0
    source = from_secrets_manager(secrets, "webhooks", clock=lambda: now)
    assert source() == keys_in(OLD)
    secrets.put_secret_value(SecretId="webhooks", SecretString=json.dumps([NEW, OLD]))
    now = 299.0
    assert source() == keys_in(OLD)
    now = 301.0
    assert source() == (*keys_in(NEW), *keys_in(OLD))


def test_a_missing_or_invalid_secret_is_reported_without_its_text(
    secrets: "SecretsManagerClient",
) -> None:
    source = from_secrets_manager(secrets, "webhooks")
    with pytest.raises(SecretUnusable, match=r"Webhook\.SecretUnreadable"):
        source()
    secrets.create_secret(Name="webhooks", SecretString="hunter2")
    with pytest.raises(SecretUnusable) as caught:
        source()
    assert caught.value.code == "Webhook.SecretUnusable"
    assert "hunter2" not in caught.value.meaning + caught.value.advice
    secrets.put_secret_value(SecretId="webhooks", SecretString=OLD)
    assert source() == keys_in(OLD)

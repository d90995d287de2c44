"""Signatures of the Standard Webhooks specification (https://www.standardwebhooks.com).

The message's id, the time of the attempt and the raw body are signed with HMAC-SHA256. With several secrets there is a
signature with each, so that a secret can be rotated while receivers accept either.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from permit_ocr.adapters.secrets import CachedSecret, read_secret
from permit_ocr.domain.errors import RetryableError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_PREFIX: Final = "whsec_"
_KEY_BYTES: Final = range(24, 65)
"""The specification's limits for a secret."""

type SecretSource = Callable[[], Sequence[bytes]]


class SecretUnusable(RetryableError):
    """Nothing can be signed. Every webhook waits until the operator has fixed the secret."""

    def __init__(self, code: str) -> None:
        super().__init__(
            code,
            "The secret for signing webhooks cannot be read, or does not conform to the specification.",
            "Store whsec_ and 24 to 64 bytes in Base64, or a JSON list of such texts, in the secret of WebhookSecret.",
        )


def signed_headers(event_id: str, body: bytes, keys: Sequence[bytes], *, at: float) -> dict[str, str]:
    """Return the three headers with which a receiver verifies who sent ``body``, and when; ``at`` is in seconds."""
    timestamp = str(int(at))
    signed = f"{event_id}.{timestamp}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def keys_in(text: str) -> tuple[bytes, ...]:
    """Return the keys of a secret's text: ``whsec_…``, or a JSON list of several. Raises ``ValueError``."""
    secrets = json.loads(text) if text.lstrip().startswith("[") else [text.strip()]
    if not secrets:
        raise ValueError("no secret")
    return tuple(_key(one) for one in secrets)


def _key(secret: object) -> bytes:
    if not isinstance(secret, str) or not secret.startswith(_PREFIX):
        raise ValueError("no secret of the specification")
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("not Base64") from None
    if len(key) not in _KEY_BYTES:
        raise ValueError("too short or too long")
    return key


def from_secrets_manager(
    client: "SecretsManagerClient", secret: str, *, clock: Callable[[], float] = time.monotonic
) -> SecretSource:
    """Return a source of the keys in a secret, which raises ``SecretUnusable`` and ``RetryableError``."""
    return CachedSecret(lambda: _read(client, secret), clock=clock)


def _read(client: "SecretsManagerClient", secret: str) -> tuple[bytes, ...]:
    text = read_secret(client, secret, unreadable=SecretUnusable("Webhook.SecretUnreadable"))
    try:
        return keys_in(text)
    except (ValueError, RecursionError):
        raise SecretUnusable("Webhook.SecretUnusable") from None

"""The provider's credentials, from Secrets Manager."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from permit_ocr.adapters.secrets import CachedSecret, read_secret
from permit_ocr.domain.errors import CircuitOpen, RetryableError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True, slots=True)
class Credentials:
    """The provider's credential, and those of endpoints that have their own."""

    default: Credential
    by_endpoint: Mapping[str, Credential] = field(default_factory=dict)

    def of(self, endpoint: str) -> Credential:
        """Return the credential for ``endpoint``, a host with or without port as in the template's parameter."""
        return self.by_endpoint.get(endpoint, self.default)


class CredentialSource(Protocol):
    """Where the credentials come from."""

    def __call__(self, *, refresh: bool) -> Credentials:
        """Return the credentials; ``refresh`` bypasses any cache. Raises ``CircuitOpen`` or ``RetryableError``."""


def from_secrets_manager(
    client: "SecretsManagerClient", secret: str, *, clock: Callable[[], float] = time.monotonic
) -> CredentialSource:
    """Return a source that reads a secret, a JSON object of ``secret_id``, ``secret_key`` and ``token`` (if any).

    Endpoints with their own account have the same three under ``endpoints`` and their ``HOST[:PORT]``.
    """
    # If the known credentials are stale, the provider refuses them.
    return CachedSecret(lambda: _read(client, secret), stale_on=RetryableError, clock=clock)


def _read(client: "SecretsManagerClient", secret: str) -> Credentials:
    unreadable = CircuitOpen(
        "Credentials.Unreadable",
        "The secret with the provider's credentials cannot be read.",
        "Check the parameter CredentialsSecret, and that the secret is a JSON object with secret_id and secret_key.",
    )
    try:
        fields = json.loads(read_secret(client, secret, unreadable=unreadable))
        by_endpoint = {endpoint: _credential_in(one) for endpoint, one in fields.get("endpoints", {}).items()}
        return Credentials(_credential_in(fields), by_endpoint)
    except (ValueError, AttributeError, RecursionError):
        raise unreadable from None


def _credential_in(fields: Mapping[str, str]) -> Credential:
    return _credential(fields.get("secret_id"), fields.get("secret_key"), fields.get("token"))


def _credential(secret_id: str | None, secret_key: str | None, token: str | None) -> Credential:
    if not all(one.isascii() and one.isprintable() for one in (secret_id, secret_key, token) if one):
        raise ValueError("not a header's value")
    try:
        return Credential(secret_id, secret_key, token or None)
    except TencentCloudSDKException:
        raise CircuitOpen(
            "Credentials.Missing",
            "The provider's credentials are missing, or have whitespace around them.",
            "Set secret_id and secret_key in the secret named by CredentialsSecret.",
        ) from None

"""The provider's credentials, from Secrets Manager or from environment variables."""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from permit_ocr.aws_errors import UNREADABLE_SECRET
from permit_ocr.domain.errors import CircuitOpen, RetryableError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_FRESH_SECONDS: Final = 300.0


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

    def __call__(self, *, again: bool) -> Credentials:
        """Return the credentials, with ``again`` past any cache. Raises ``CircuitOpen`` or ``RetryableError``."""
        ...


def from_environment(environment: Mapping[str, str] = os.environ) -> CredentialSource:
    """Return a source that reads ``TENCENTCLOUD_SECRET_ID``, ``_SECRET_KEY`` and ``_TOKEN``.

    The SDK's own provider never reads a token.
    """
    cached: list[Credentials] = []

    def source(*, again: bool) -> Credentials:
        if again or not cached:
            names = ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_TOKEN")
            # Replaced at the end, in one step: other threads go on with the known ones.
            cached[:] = [Credentials(_credential(*(environment.get(name) for name in names)))]
        return cached[0]

    return source


def from_secrets_manager(
    client: "SecretsManagerClient", secret: str, *, clock: Callable[[], float] = time.monotonic
) -> CredentialSource:
    """Return a source that reads a secret, a JSON object of ``secret_id``, ``secret_key`` and ``token`` (if any).

    Endpoints with their own account have the same three under ``endpoints`` and their ``HOST[:PORT]``. The secret is
    read again every five minutes and on demand, so a rotated one needs no new deployment.
    """
    cached: list[tuple[float, Credentials]] = []

    def source(*, again: bool) -> Credentials:
        if cached and not again and clock() - cached[0][0] < _FRESH_SECONDS:
            return cached[0][1]
        try:
            credentials = _read(client, secret)
        except RetryableError:
            if not cached:
                raise
            credentials = cached[0][1]  # if it is stale, the provider refuses it
        cached[:] = [(clock(), credentials)]
        return credentials

    return source


def _read(client: "SecretsManagerClient", secret: str) -> Credentials:
    try:
        text = client.get_secret_value(SecretId=secret)["SecretString"]
    except ClientError as error:
        if error.response["Error"]["Code"] in UNREADABLE_SECRET:
            raise _unreadable() from None
        raise _unreachable() from None
    except BotoCoreError:
        raise _unreachable() from None
    except KeyError:
        raise _unreadable() from None
    try:
        secret_fields = json.loads(text)
        by_endpoint = {endpoint: _credential_in(one) for endpoint, one in secret_fields.get("endpoints", {}).items()}
        return Credentials(_credential_in(secret_fields), by_endpoint)
    except (ValueError, AttributeError):
        raise _unreadable() from None


def _credential_in(fields: Mapping[str, str]) -> Credential:
    return _credential(fields.get("secret_id"), fields.get("secret_key"), fields.get("token"))


def _unreadable() -> CircuitOpen:
    return CircuitOpen(
        "Credentials.Unreadable",
        "The secret with the provider's credentials cannot be read.",
        "Check the parameter CredentialsSecret, and that the secret is a JSON object with secret_id and secret_key.",
    )


def _unreachable() -> RetryableError:
    return RetryableError(
        "Credentials.Unreachable", "Secrets Manager did not answer.", "No action needed; it is retried automatically."
    )


def _credential(secret_id: str | None, secret_key: str | None, token: str | None) -> Credential:
    try:
        return Credential(secret_id, secret_key, token or None)
    except TencentCloudSDKException:
        raise CircuitOpen(
            "Credentials.Missing",
            "The provider's credentials are missing, or have whitespace around them.",
            "Set secret_id and secret_key in the secret named by CredentialsSecret.",
        ) from None

"""Secrets from Secrets Manager, read again every five minutes, so that a rotated one needs no new deployment."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from permit_ocr.aws_errors import translate_aws_errors
from permit_ocr.domain.errors import PermitOcrError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_FRESH_SECONDS: Final = 300.0
_UNREADABLE: Final = frozenset(
    {
        "ResourceNotFoundException",
        "AccessDeniedException",
        "DecryptionFailure",
        "InvalidParameterException",
        "InvalidRequestException",
    }
)
"""What the operator has to fix: retrying is not enough."""


class CachedSecret[Value]:
    """Returns what ``read`` returned at most five minutes ago. Thread-safe."""

    def __init__(
        self,
        read: Callable[[], Value],
        *,
        stale_on: type[Exception] | tuple[()] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """After an error ``stale_on`` the last value is good for another five minutes; any other error is raised."""
        self._read = read
        self._stale_on = stale_on
        self._clock = clock
        self._cached: tuple[float, Value] | None = None

    def __call__(self, *, refresh: bool = False) -> Value:
        """Return the value; ``refresh`` bypasses the cache."""
        cached = self._cached
        if cached and not refresh and self._clock() - cached[0] < _FRESH_SECONDS:
            return cached[1]
        try:
            value = self._read()
        except self._stale_on:
            if not cached:
                raise
            value = cached[1]
        self._cached = self._clock(), value  # in one step: until now other threads use the known value
        return value


def read_secret(client: "SecretsManagerClient", secret: str, *, unreadable: PermitOcrError) -> str:
    """Return a secret's text, empty for a binary one. Raises ``unreadable`` or ``RetryableError``."""
    with translate_aws_errors("SecretsManager"):
        try:
            return client.get_secret_value(SecretId=secret).get("SecretString", "")
        except ClientError as error:
            if error.response["Error"]["Code"] in _UNREADABLE:
                raise unreadable from None
            raise

"""AWS's errors, translated once: what S3, SQS or DynamoDB refuses now is tried again later."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from permit_ocr.domain.errors import Deferred, RetryableError

SERVICES: Final = frozenset({"CloudWatchLogs", "DynamoDB", "S3", "SQS", "SecretsManager"})
"""What the codes of these errors start with, before a full stop."""
_NOT_COUNTED: Final = {"DynamoDB", "CloudWatchLogs"}
"""Without the tables nobody knows what is paid for and who else is calling, and without the audit trail nobody may look
at a document. Documents wait for as long as that takes, and it does not count as their failure."""
_COUNTED_ANYWAY: Final = {"ValidationException"}
"""An item that DynamoDB will never take, because it is too large."""


@contextmanager
def translate_aws_errors(service: str) -> Iterator[None]:
    """Turn botocore's errors into ``RetryableError``: throttling, outages and denials, since a policy can be fixed.

    Those of services that every document needs become ``Deferred``. The errors' text is left out.
    """
    try:
        yield
    except ClientError as error:
        raise refused(service, error.response.get("Error", {}).get("Code", "Unknown")) from None
    except BotoCoreError as error:
        raise refused(service, type(error).__name__) from None


def refused(service: str, code: str) -> RetryableError:
    """Return the error for a request that a service refused with ``code``."""
    error = Deferred if service in _NOT_COUNTED and code not in _COUNTED_ANYWAY else RetryableError
    return error(f"{service}.{code}", f"{service} refused a request.", "No action needed; it is retried automatically.")

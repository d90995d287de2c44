"""AWS's errors, translated once: whatever S3, SQS or DynamoDB does not do now, it will do later."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from permit_ocr.domain.errors import Deferred, RetryableError

UNREADABLE_SECRET: Final = frozenset(
    {
        "ResourceNotFoundException",
        "AccessDeniedException",
        "DecryptionFailure",
        "InvalidParameterException",
        "InvalidRequestException",
    }
)
"""Secrets Manager's codes for what somebody has to mend: waiting alone does not."""
_WAITED_FOR: Final = {"DynamoDB"}
"""Without the tables nobody knows what is paid for and who else is calling: documents wait, however long it lasts."""
_FAILING: Final = {"ValidationException"}
"""An item that DynamoDB will never take, because it is too large."""


@contextmanager
def translate_aws_errors(service: str) -> Iterator[None]:
    """Turn botocore's errors into ``RetryableError``: throttling, outages and, since a policy can be fixed, denials.

    DynamoDB's become ``Deferred``. Their text is left out.
    """
    try:
        yield
    except ClientError as error:
        raise _retry_later(service, error.response.get("Error", {}).get("Code", "Unknown")) from None
    except BotoCoreError as error:
        raise _retry_later(service, type(error).__name__) from None


def _retry_later(service: str, code: str) -> RetryableError:
    happens_next = Deferred if service in _WAITED_FOR and code not in _FAILING else RetryableError
    return happens_next(
        f"{service}.{code}", f"{service} did not do what was asked.", "Nothing: it is tried again by itself."
    )

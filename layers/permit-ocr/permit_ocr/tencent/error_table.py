"""Every error code the provider documents, and what each means for a document: the only list of codes in this project.

Sources: section *Error Code* of the two API pages (business codes) and the provider's page of common error codes. A
code that ends in ``.*``
covers the whole family below it.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class Outcome(Enum):
    """What happens next; the classes of ``domain.errors``."""

    WAIT = auto()
    """``Deferred``: others use up the account's quota beside us."""
    RETRY = auto()
    """``RetryableError``, a failure that is counted."""
    REJECT = auto()
    """``RejectDocument``."""
    STOP = auto()
    """``CircuitOpen``."""


class Remedy(Enum):
    """What may help at once where the same call once more would not."""

    ANOTHER_ENDPOINT = auto()
    """This one does not offer the action any more. Only when none does the line stops."""
    ANOTHER_CREDENTIAL = auto()
    """The secret may have been rotated a moment ago."""
    AS_BASE64 = auto()
    """The image itself in place of its address."""


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One row: first ``retries``, then the ``remedy``, then the ``outcome``.

    ``message`` is the provider's own English text, sent by the recogniser; ``retries`` counts calls after the first
    within one delivery.
    """

    code: str
    message: str
    outcome: Outcome
    meaning: str
    advice: str
    retries: int = 0
    remedy: Remedy | None = None
    permanent: bool = False
    """It holds for the image itself: asking again, on any day, would bring it again."""
    try_next_action: bool = False
    """It says only what the card is not: *auto* asks for the next kind."""


_ANOTHER_PHOTO: Final = "Take another photograph: the whole card, sharp, evenly lit, and upload it."
_SMALLER: Final = "Send a smaller image: at most 7 MB as Base64 (about 5 MB as a file)."
_OUR_BUG: Final = "Nothing the sender can do: report it to the operator with the request id."
_WAIT: Final = "Nothing: it is tried again by itself."
_ACCOUNT: Final = "The operator must mend the account or the configuration; documents wait meanwhile."


def _over_quota(code: str, meaning: str) -> ErrorCode:
    return ErrorCode(code, "The request exceeds the frequency limit.", Outcome.WAIT, meaning, _WAIT, retries=2)


def _retry(code: str, message: str, meaning: str, *, retries: int = 2) -> ErrorCode:
    return ErrorCode(code, message, Outcome.RETRY, meaning, _WAIT, retries)


def _retry_then_reject(
    code: str, message: str, meaning: str, advice: str = _ANOTHER_PHOTO, *, remedy: Remedy | None = None
) -> ErrorCode:
    return ErrorCode(code, message, Outcome.REJECT, meaning, advice, retries=1, remedy=remedy)


def _reject_image(
    code: str, message: str, meaning: str, advice: str = _ANOTHER_PHOTO, *, try_next_action: bool = False
) -> ErrorCode:
    return ErrorCode(code, message, Outcome.REJECT, meaning, advice, permanent=True, try_next_action=try_next_action)


def _reject_request(code: str, message: str, meaning: str, advice: str = _OUR_BUG) -> ErrorCode:
    return ErrorCode(code, message, Outcome.REJECT, meaning, advice)


def _stop(code: str, message: str, meaning: str, *, remedy: Remedy | None = None) -> ErrorCode:
    return ErrorCode(code, message, Outcome.STOP, meaning, _ACCOUNT, remedy=remedy)


def _refuse_credential(code: str, message: str, meaning: str) -> ErrorCode:
    return _stop(code, message, meaning, remedy=Remedy.ANOTHER_CREDENTIAL)


UNLISTED: Final = ErrorCode(
    "Unlisted", "", Outcome.RETRY, "The provider answered with a code this version does not know.", _OUR_BUG
)
"""Stands for any code outside the table. No second call: its failure is counted, and an alarm tells of it."""

ERROR_TABLE: Final = (
    # --- the image: permanent ---
    _reject_image("FailedOperation.EmptyImageError", "The image is empty.", "The image is empty."),
    _reject_image(
        "FailedOperation.ImageDecodeFailed",
        "Image decoding failed.",
        "The file is not an image that can be decoded.",
        "Send a complete PNG or JPEG file.",
    ),
    _reject_image("FailedOperation.ImageNoText", "No text is detected in the image.", "There is no text in the image."),
    _reject_image(
        "FailedOperation.ImageNoSpecifiedCard",
        "The card in the image is not of the specified type.",
        "The image does not show the kind of card, or the side, that was named.",
        "Name the right document and side, or send it as auto.",
        try_next_action=True,
    ),
    _reject_image(
        "FailedOperation.NotAppointCard",
        "The card in the image is not of the specified type.",
        "The image does not show the kind of card that was named.",
        "Name the right document, or send it as auto.",
        try_next_action=True,
    ),
    _reject_image("FailedOperation.ImageBlur", "The image is blurred.", "The image is too blurred to be read."),
    _reject_image(
        "FailedOperation.MultiCardError",
        "There are multiple cards in the image.",
        "The image shows more than one card.",
        "Send one photograph for each card and side.",
    ),
    _reject_image(
        "LimitExceeded.TooLargeFileError",
        "The file is too large.",
        "The image is larger than the provider takes.",
        _SMALLER,
    ),
    _reject_image(
        "LimitExceeded.*", "A limit is exceeded.", "The image exceeds one of the provider's limits.", _SMALLER
    ),
    # --- the reading: once more, then another photograph ---
    _retry_then_reject("FailedOperation.OcrFailed", "OCR failed.", "The card could not be read."),
    _retry_then_reject(
        "FailedOperation.UnKnowError", "Unknown error.", "The card could not be read, for an unknown reason."
    ),
    _retry_then_reject(
        "FailedOperation.EngineRecognizeTimeout", "The engine timed out.", "Reading the card took too long."
    ),
    _retry_then_reject(
        "FailedOperation.DownLoadError",
        "File download failed.",
        "The provider could not download the image.",
        "Check that the address is public and answers within 3 seconds, or upload the image.",
        remedy=Remedy.AS_BASE64,
    ),
    _retry_then_reject(
        "FailedOperation.*",
        "The operation failed.",
        "The card could not be read, for a reason this version does not know.",
    ),
    # --- the request: our bug, or oversize ---
    _reject_request("InvalidParameter.*", "The request has an invalid parameter.", "The provider refused a parameter."),
    _reject_request(
        "InvalidParameterValue.*",
        "Incorrect parameter value.",
        "The provider refused the value of a parameter.",
    ),
    _reject_request(
        "InvalidParameterValue.InvalidParameterValueLimit",
        "Incorrect parameter value.",
        "The provider refused the value of a parameter.",
        "Check the image, its address and the card side.",
    ),
    _reject_request(
        "MissingParameter", "The request is missing a required parameter.", "The provider missed a parameter."
    ),
    _reject_request("UnknownParameter", "The parameter is not recognized.", "The provider does not know a parameter."),
    _reject_request(
        "RequestSizeLimitExceeded",
        "The request is too large.",
        "The request is larger than the provider takes.",
        _SMALLER,
    ),
    _reject_request(
        "ResponseSizeLimitExceeded",
        "The response is too large.",
        "The answer is larger than the provider sends.",
        "Send it again without asking for the portrait.",
    ),
    # --- the moment: try again ---
    _over_quota("RequestLimitExceeded.*", "More calls a second than the account's quota."),
    _over_quota("RequestLimitExceeded.IPLimitExceeded", "More calls a second from one address than it takes."),
    _over_quota("RequestLimitExceeded.UinLimitExceeded", "More calls a second than the account's quota."),
    _over_quota("RequestLimitExceeded.GlobalRegionUinLimitExceeded", "More calls a second than all regions' quota."),
    _retry("InternalError.*", "An internal error has occurred.", "The provider has an internal error."),
    _retry("ServiceUnavailable.*", "The service is unavailable.", "The provider is unavailable."),
    _retry("ClientNetworkError", "", "The provider could not be reached."),
    _retry("NoAnswerInTime", "", "The provider did not answer in time.", retries=0),  # it may be paid for all the same
    _retry("ServerNetworkError", "", "The provider answered with something other than its protocol."),
    # --- the account and the configuration: stop the line ---
    _stop(
        "FailedOperation.UnOpenError",
        "The service is not activated.",
        "The OCR service is not activated for the account.",
    ),
    _stop("ResourceUnavailable.InArrears", "The account has insufficient balance.", "The account is in arrears."),
    _stop(
        "ResourceUnavailable.ResourcePackageRunOut",
        "The resource package has run out.",
        "The account's prepaid calls are used up.",
    ),
    _stop(
        "ResourcesSoldOut.ChargeStatusException",
        "Exceptional billing status.",
        "The account's billing status is exceptional.",
    ),
    _stop(
        "ResourceUnavailable.*", "The resource is unavailable.", "The account cannot use the service at this moment."
    ),
    _stop("ResourcesSoldOut.*", "The resources are sold out.", "The account cannot use the service at this moment."),
    _refuse_credential(
        "AuthFailure.SignatureFailure",
        "The provided credentials could not be validated. Please check your signature is correct.",
        "The secret key does not match its id.",
    ),
    _refuse_credential(
        "AuthFailure.SignatureExpire",
        "The signature is expired, please request again.",
        "The clock differs from the provider's by minutes.",
    ),
    _refuse_credential(
        "AuthFailure.SecretIdNotFound",
        "The SecretId is not found, please ensure that your SecretId is correct.",
        "The secret id is unknown.",
    ),
    _refuse_credential(
        "AuthFailure.TokenFailure",
        "Token verification failed, please check if your Token is correct",
        "The session token is wrong or has expired.",
    ),
    _refuse_credential(
        "AuthFailure.InvalidSecretId", "The SecretId is invalid.", "The secret id is not one of this provider."
    ),
    _refuse_credential(
        "AuthFailure.InvalidAuthorization",
        "The Authorization header is invalid.",
        "The provider does not take the signature's form.",
    ),
    _refuse_credential(
        "AuthFailure.MFAFailure", "Multi-factor authentication failed.", "The account asks for a second factor."
    ),
    _refuse_credential(
        "AuthFailure.UnauthorizedOperation",
        "The operation is not authorized.",
        "The credentials may not call this action.",
    ),
    _refuse_credential("AuthFailure.*", "Authentication failed.", "The provider refused the credentials."),
    _stop("UnauthorizedOperation.*", "The operation is not authorized.", "The credentials may not call this action."),
    _stop(
        "InvalidAction",
        "The request `Action` is invalid or not found.",
        "The provider does not offer this action any more.",
        remedy=Remedy.ANOTHER_ENDPOINT,
    ),
    _stop(
        "ActionOffline",
        "The action is offline.",
        "The provider has taken this action offline.",
        remedy=Remedy.ANOTHER_ENDPOINT,
    ),
    _stop(
        "NoSuchVersion",
        "The specified api version does not exist.",
        "The provider does not offer this version any more.",
    ),
    _stop("NoSuchProduct", "The specified service does not exist.", "The endpoint does not serve this product."),
    _stop("UnsupportedRegion", "The region is not supported.", "The configured region is not supported."),
    _stop("UnsupportedOperation.*", "The operation is not supported.", "The provider does not support this operation."),
    _stop("UnsupportedProtocol", "The protocol is not supported.", "The configured scheme is not supported."),
)

_BY_CODE: Final = {row.code.removesuffix(".*"): row for row in ERROR_TABLE}
_FAMILIES: Final = {row.code.removesuffix(".*") for row in ERROR_TABLE if row.code.endswith(".*")}


def look_up(code: str) -> ErrorCode:
    """Return the row of ``code``: its own, else its family's, else ``UNLISTED``."""
    if row := _BY_CODE.get(code):
        return row
    family = code.partition(".")[0]
    return _BY_CODE[family] if family in _FAMILIES else UNLISTED


def listed(code: str) -> str:
    """Return ``code`` if it is listed, else ``FAMILY.Unlisted``, else ``Unlisted``.

    What is not listed may be any text of an endpoint, even of a card: it is not repeated.
    """
    if code in _BY_CODE:
        return code
    family = code.partition(".")[0]
    return f"{family}.{UNLISTED.code}" if family in _FAMILIES else UNLISTED.code

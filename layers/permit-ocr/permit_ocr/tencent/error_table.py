"""The provider's documented error codes, and what each means for a document.

Sources: the section *Error Code* of the two API pages (business codes) and the provider's page of common error codes. A
code that ends in ``.*`` covers the whole family. This application's own codes are where they are raised; those of files
that can never be recognised are in ``images.rejections``.
"""

from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Final

from permit_ocr.images.rejections import MAX_UNSCALED_PIXELS


class Outcome(Enum):
    """What happens next: the classes of ``domain.errors``."""

    DEFER = auto()  # ``Deferred``: other callers use the account's quota too
    RETRY = auto()  # ``RetryableError``: a failure that counts
    REJECT = auto()  # ``RejectDocument``
    OPEN_CIRCUIT = auto()  # ``CircuitOpen``


class Remedy(Enum):
    """What can help immediately when repeating the same call cannot."""

    ANOTHER_ENDPOINT = auto()  # every call to this one would fail; the circuit opens only if there is no other
    ANOTHER_CREDENTIAL = auto()  # the secret may have just been rotated
    AS_BASE64 = auto()  # send the image itself instead of its URL


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One row. First ``retries``, then the ``remedy``, then the ``outcome`` apply."""

    code: str
    message: str  # the provider's English text, which the recogniser sends
    meaning: str
    outcome: Outcome
    advice: str
    retries: int = 0  # further calls within one delivery
    remedy: Remedy | None = None
    permanent: bool = False  # it is about the image itself: every later call would have the same outcome
    try_next_action: bool = False  # it only excludes this kind of card: *auto* tries the next action


_ANOTHER_PHOTO: Final = "Upload another photo: the whole card, sharp and evenly lit."
_MEGAPIXELS: Final = MAX_UNSCALED_PIXELS // 1_000_000
_SMALLER: Final = (
    f"Send a smaller image: at most 7 MB in Base64 (a file of about 5 MB) and {_MEGAPIXELS} million pixels."
)
_INTERNAL: Final = "The sender can do nothing: report it to the operator with the request id."
_WAIT: Final = "No action needed; it is retried automatically."
_ACCOUNT: Final = "The operator must fix the account or the configuration; documents wait until then."

_reject_image = partial(ErrorCode, outcome=Outcome.REJECT, advice=_ANOTHER_PHOTO, permanent=True)
_reject_request = partial(ErrorCode, outcome=Outcome.REJECT, advice=_INTERNAL)
_retry_then_reject = partial(ErrorCode, outcome=Outcome.REJECT, advice=_ANOTHER_PHOTO, retries=1)
_retry = partial(ErrorCode, outcome=Outcome.RETRY, advice=_WAIT, retries=2)
_over_quota = partial(
    ErrorCode, message="The request exceeds the frequency limit.", outcome=Outcome.DEFER, advice=_WAIT, retries=2
)
_trip = partial(ErrorCode, outcome=Outcome.OPEN_CIRCUIT, advice=_ACCOUNT)
_refuse_credential = partial(ErrorCode, outcome=Outcome.OPEN_CIRCUIT, advice=_ACCOUNT, remedy=Remedy.ANOTHER_CREDENTIAL)

UNLISTED: Final = ErrorCode(
    "Unlisted", "", "The provider answered with a code that this version does not know.", Outcome.RETRY, _INTERNAL
)
"""Stands for any code that is not in the table. No further call: it counts as a failure and raises an alarm."""

ERROR_TABLE: Final = (
    # --- the image: permanent ---
    _reject_image("FailedOperation.EmptyImageError", "The image is empty.", "The image is empty."),
    _reject_image(
        "FailedOperation.ImageDecodeFailed",
        "Image decoding failed.",
        "The file is not an image that can be decoded.",
        advice="Send a complete PNG or JPEG file.",
    ),
    _reject_image("FailedOperation.ImageNoText", "No text is detected in the image.", "The image contains no text."),
    _reject_image(
        "FailedOperation.ImageNoSpecifiedCard",
        "The card in the image is not of the specified type.",
        "The image does not show the specified kind of card or side.",
        advice="Specify the right document and side, or send it as auto.",
        try_next_action=True,
    ),
    _reject_image(
        "FailedOperation.NotAppointCard",
        "The card in the image is not of the specified type.",
        "The image does not show the specified kind of card.",
        advice="Specify the right document, or send it as auto.",
        try_next_action=True,
    ),
    _reject_image("FailedOperation.ImageBlur", "The image is blurred.", "The image is too blurred."),
    _reject_image(
        "FailedOperation.MultiCardError",
        "There are multiple cards in the image.",
        "The image shows more than one card.",
        advice="Send one photo per card and side.",
    ),
    _reject_image(
        "LimitExceeded.TooLargeFileError",
        "The file is too large.",
        "The image is larger than the provider accepts.",
        advice=_SMALLER,
    ),
    _reject_image(
        "LimitExceeded.*", "A limit is exceeded.", "The image exceeds one of the provider's limits.", advice=_SMALLER
    ),
    # --- the recognition: one more call, then another photo ---
    _retry_then_reject("FailedOperation.OcrFailed", "OCR failed.", "The card could not be read."),
    _retry_then_reject(
        "FailedOperation.UnKnowError", "Unknown error.", "The card could not be read for an unknown reason."
    ),
    _retry_then_reject(
        "FailedOperation.EngineRecognizeTimeout", "The engine timed out.", "Reading the card took too long."
    ),
    _retry_then_reject(
        "FailedOperation.DownLoadError",
        "File download failed.",
        "The provider could not download the image.",
        advice="Check that the URL is public and answers within 3 seconds, or upload the image.",
        remedy=Remedy.AS_BASE64,
    ),
    _retry_then_reject(
        "FailedOperation.*",
        "The operation failed.",
        "The card could not be read for a reason that this version does not know.",
    ),
    # Seen when the provider's own back end fails, also for valid requests.
    _retry_then_reject(
        "InvalidParameter.InputError", "The input is invalid.", "The provider could not process the image."
    ),
    # --- the request: a bug, or too large ---
    _reject_request("InvalidParameter.*", "The request has an invalid parameter.", "The provider refused a parameter."),
    _reject_request(
        "InvalidParameterValue.*", "Incorrect parameter value.", "The provider refused the value of a parameter."
    ),
    _reject_request(
        "InvalidParameterValue.InvalidParameterValueLimit",
        "Incorrect parameter value.",
        "The provider refused the value of a parameter.",
        advice="Check the image, its URL and the card side.",
    ),
    _reject_request("MissingParameter", "The request is missing a required parameter.", "A parameter was missing."),
    _reject_request("UnknownParameter", "The parameter is not recognized.", "The provider does not know a parameter."),
    _reject_request(
        "RequestSizeLimitExceeded",
        "The request is too large.",
        "The request is larger than the provider accepts.",
        advice=_SMALLER,
    ),
    _reject_request(
        "ResponseSizeLimitExceeded",
        "The response is too large.",
        "The answer is larger than the provider can send.",
        advice="Send it again without requesting the portrait.",
    ),
    # --- temporary: retry ---
    _over_quota("RequestLimitExceeded.*", meaning="More calls per second than the account's quota."),
    _over_quota(
        "RequestLimitExceeded.IPLimitExceeded",
        meaning="More calls per second from one IP address than the provider accepts.",
    ),
    _over_quota("RequestLimitExceeded.UinLimitExceeded", meaning="More calls per second than the account's quota."),
    _over_quota(
        "RequestLimitExceeded.GlobalRegionUinLimitExceeded",
        meaning="More calls per second than the quota of all regions.",
    ),
    _retry("InternalError.*", "An internal error has occurred.", "The provider has an internal error."),
    _retry("ServiceUnavailable.*", "The service is unavailable.", "The provider is unavailable."),
    _retry("ClientNetworkError", "", "The provider could not be reached."),  # nothing was sent
    # The request was sent, so it may be billed: only the queue repeats it.
    _retry("NoAnswerInTime", "", "The provider did not answer in time.", retries=0),
    _retry("AnswerLost", "", "The connection ended before the provider's answer was complete.", retries=0),
    _retry("AnswerTooLarge", "", "The provider's answer was larger than 8 MB.", retries=0),
    _retry("ServerNetworkError", "", "The provider's response did not follow its protocol.", retries=0),
    # --- the account and the configuration: open the circuit ---
    _trip(
        "FailedOperation.UnOpenError",
        "The service is not activated.",
        "The OCR service is not activated for the account.",
    ),
    _trip("ResourceUnavailable.InArrears", "The account has insufficient balance.", "The account is in arrears."),
    _trip(
        "ResourceUnavailable.ResourcePackageRunOut",
        "The resource package has run out.",
        "The account's prepaid calls are used up.",
    ),
    _trip(
        "ResourcesSoldOut.ChargeStatusException",
        "Exceptional billing status.",
        "The account's billing status is exceptional.",
    ),
    _trip(
        "ResourceUnavailable.*", "The resource is unavailable.", "The account cannot use the service at this moment."
    ),
    _trip("ResourcesSoldOut.*", "The resources are sold out.", "The account cannot use the service at this moment."),
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
        "AuthFailure.InvalidSecretId", "The SecretId is invalid.", "The secret id does not belong to this provider."
    ),
    _refuse_credential(
        "AuthFailure.InvalidAuthorization",
        "The Authorization header is invalid.",
        "The provider does not accept the format of the signature.",
    ),
    _refuse_credential(
        "AuthFailure.MFAFailure", "Multi-factor authentication failed.", "The account requires a second factor."
    ),
    _refuse_credential(
        "AuthFailure.UnauthorizedOperation",
        "The operation is not authorized.",
        "The credentials are not allowed to call this action.",
    ),
    _refuse_credential("AuthFailure.*", "Authentication failed.", "The provider refused the credentials."),
    _trip(
        "UnauthorizedOperation.*",
        "The operation is not authorized.",
        "The credentials are not allowed to call this action.",
    ),
    _trip(
        "InvalidAction",
        "The request `Action` is invalid or not found.",
        "The provider no longer offers this action.",
        remedy=Remedy.ANOTHER_ENDPOINT,
    ),
    _trip(
        "ActionOffline",
        "The action is offline.",
        "The provider has taken this action offline.",
        remedy=Remedy.ANOTHER_ENDPOINT,
    ),
    # A proxy, a portal or a wrong host answers instead of the service. No redirect is followed: it may lead anywhere.
    _trip(
        "EndpointRedirects",
        "",
        "The endpoint answers with a redirect, which is not followed.",
        remedy=Remedy.ANOTHER_ENDPOINT,
    ),
    _trip("NoSuchVersion", "The specified api version does not exist.", "The provider no longer offers this version."),
    _trip("NoSuchProduct", "The specified service does not exist.", "The endpoint does not serve this product."),
    _trip("UnsupportedRegion", "The region is not supported.", "The configured region is not supported."),
    _trip("UnsupportedOperation.*", "The operation is not supported.", "The provider does not support this operation."),
    _trip("UnsupportedProtocol", "The protocol is not supported.", "The configured scheme is not supported."),
)

_BY_CODE: Final = {row.code.removesuffix(".*"): row for row in ERROR_TABLE}
_FAMILIES: Final = {row.code.removesuffix(".*") for row in ERROR_TABLE if row.code.endswith(".*")}


def look_up(code: str) -> ErrorCode:
    """Return the row of ``code``: its own, else its family's, else ``UNLISTED``."""
    if row := _BY_CODE.get(code):
        return row
    family = code.partition(".")[0]
    return _BY_CODE[family] if family in _FAMILIES else UNLISTED


def listed_code(code: str) -> str:
    """Return ``code`` if it is in the table, else ``FAMILY.Unlisted``, else ``Unlisted``.

    A code that is not in the table may be any text from an endpoint, even from a card: it must not be repeated.
    """
    if code in _BY_CODE:
        return code
    family = code.partition(".")[0]
    return f"{family}.{UNLISTED.code}" if family in _FAMILIES else UNLISTED.code

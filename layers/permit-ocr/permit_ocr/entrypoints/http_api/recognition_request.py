"""What a request says of a photograph, and the photograph itself."""

import base64
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, get_args
from urllib.parse import urlsplit

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from permit_ocr.domain.pair import CASE_FORM, CASE_RULE, is_case
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.domain.upload_options import AUTO
from permit_ocr.entrypoints.http_api.request_body import RequestBody, flag, one_of, or_null, read_by, text

_URL_LIMIT: Final = 2048
_BASE64: Final = "must be Base64: letters, digits, + and /, with = at the end"
_NO_DATA_ADDRESS: Final = "must be Base64 without the data: prefix"
_Document = Literal["residence-permit", "mainland-permit", "auto"]
_CardSide = Literal["FRONT", "BACK"]


def _case(said: Any) -> str:  # noqa: ANN401  JSON
    if not is_case(case := text(said)):
        raise ValueError(f"must have {CASE_RULE}")
    return case


def _web_address(said: Any) -> str:  # noqa: ANN401  JSON
    address = text(said)
    try:
        address.encode()
    except UnicodeEncodeError:  # JSON can name half a character
        raise ValueError("must be a text of whole characters") from None
    if len(address) > _URL_LIMIT:
        raise ValueError(f"must have at most {_URL_LIMIT:,} characters")
    parts = urlsplit(address)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username is not None:
        raise ValueError("must be an https or http address without credentials")
    return address


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOptions(RequestBody):
    """What is known of a photograph."""

    document: _Document = field(
        default=AUTO,
        metadata=read_by(
            one_of(get_args(_Document), written=str.lower), "The document's kind. `auto` asks for one after the other."
        ),
    )
    card_side: _CardSide | None = field(
        default=None,
        metadata=read_by(
            or_null(one_of(get_args(_CardSide), written=str.upper)),
            "The side in the photograph: `FRONT` has the portrait.",
        ),
    )
    return_portrait: bool = field(
        default=False, metadata=read_by(flag, "Whether to cut the portrait out and store it.")
    )
    case: str | None = field(
        default=None,
        metadata=read_by(
            or_null(_case),
            f"What pairs the front and the back of one card: {CASE_RULE}. No place for a name or a number.",
            pattern=f"^{CASE_FORM}$",
        ),
    )

    def options(self) -> RecognitionOptions:
        """Return what the sender said, without the case."""
        return RecognitionOptions(
            kind=None if self.document == AUTO else Kind(self.document),
            side=Side(self.card_side.lower()) if self.card_side else None,
            return_portrait=self.return_portrait,
        )

    def metadata(self) -> dict[str, str]:
        """Return the same in the words of an object's metadata."""
        said = {
            "document": self.document,
            "card-side": self.card_side,
            "return-portrait": "true" if self.return_portrait else None,
            "case": self.case,
        }
        return {name: value for name, value in said.items() if value}


def _only(name: str) -> dict[str, Any]:
    other = "image_url" if name == "image_base64" else "image_base64"
    return {"required": [name], "properties": {name: {"type": "string"}, other: {"type": "null"}}}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionRequest(UploadOptions):
    """A photograph, and what is known of it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        **RequestBody.__pydantic_config__,
        "json_schema_extra": {"oneOf": [_only("image_base64"), _only("image_url")]},
    }

    image_base64: str | None = field(
        default=None,
        metadata=read_by(
            or_null(text),
            "The file as Base64: a photograph, or a scan of several pages. Either this or `image_url`.",
            contentEncoding="base64",
        ),
    )
    image_url: str | None = field(
        default=None,
        metadata=read_by(
            or_null(_web_address),
            "Address the provider downloads a PNG or JPEG image from, within 3 seconds.",
            max_length=_URL_LIMIT,
            format="uri",
            pattern="^https?://",
        ),
    )

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless there is one image."""
        if (self.image_base64 is None) == (self.image_url is None):
            raise ValueError("exactly one of image_base64 and image_url must be given")

    def content(self) -> bytes | None:
        """Return the image's bytes.

        Raises ``RequestValidationError`` if they are not Base64. Line breaks are common in it; anything else outside
        the alphabet is an error.
        """
        if self.image_base64 is None:
            return None
        try:
            return base64.b64decode("".join(self.image_base64.split()), validate=True)
        except ValueError:
            is_address = self.image_base64.lstrip().startswith("data:")
            says = _NO_DATA_ADDRESS if is_address else _BASE64
            raise RequestValidationError([{"loc": ("image_base64",), "msg": says}]) from None

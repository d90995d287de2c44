"""The request bodies: pydantic models, and the errors in words that name each field and its limit."""

import base64
import json
import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from permit_ocr.domain.pair import CASE_PATTERN, CASE_RULE, is_case
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.domain.upload_options import AUTO
from permit_ocr.entrypoints.http_api.dependencies import BODY_LIMIT, Resolver
from permit_ocr.entrypoints.http_api.image_base64 import NotBase64, decode_image
from permit_ocr.entrypoints.http_api.problem_details import HttpProblem, invalid_fields, problem

_JSON: Final = "application/json"
_NAME: Final = re.compile(r"(?!.*[0-9]{3})[A-Za-z0-9_-]{1,64}")
"""A field's name that may be repeated to its sender: no number of a card has fewer than three digits in a row."""
_URL_LIMIT: Final = 2048
_MOST_FIELDS: Final = 50
"""More than any request has. pydantic would describe each unknown one, and the response could exceed Lambda's 6 MB."""
_MESSAGES: Final = {
    "bool_type": "must be true or false",
    "dict_type": "must be a JSON object",
    "extra_forbidden": "is not a field of this request",
    "literal_error": "must be {expected}",
    "missing": "must be given",
    "model_type": "must be a JSON object",
    "string_too_long": "must have at most {max_length:,} characters",
    "string_type": "must be a text",
    "string_unicode": "must be a text of whole characters",  # JSON can contain half of a surrogate pair
}
"""pydantic's error types in our words; other types are those of the validators below, with their own messages."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
NOT_JSON: Final = problem(
    415,
    "Request.NotJson",
    "content-type and body: the request must be JSON in UTF-8, with the content type application/json.",
    "Send the photo within JSON, as Base64.",
)


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _check_case(value: str) -> str:
    if not is_case(value):
        raise PydanticCustomError("case", f"must have {CASE_RULE}")
    return value


def _check_url(value: str) -> str:
    error = PydanticCustomError("url", "must be an https or http address without credentials")
    if _CONTROL.search(value):  # urlsplit drops some of them
        raise error
    try:
        parts = urlsplit(value)
    except ValueError:  # its text quotes the sender's
        raise error from None
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username is not None:
        raise error
    return value


class RequestBody(BaseModel):
    """A JSON object without unknown fields and without conversions between types."""

    # Built on first use: the first request needs one model, and the OpenAPI document all of them.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class UploadOptions(RequestBody):
    """The options of a photo."""

    document: Annotated[Literal["residence-permit", "mainland-permit", "auto"], BeforeValidator(_lower)] = Field(
        default=AUTO, description="The document's kind. `auto` tries one after the other."
    )
    card_side: Annotated[Literal["FRONT", "BACK"], BeforeValidator(_upper)] | None = Field(
        default=None, description="The side in the photo: `FRONT` has the portrait."
    )
    return_portrait: bool = Field(default=False, description="Whether to cut the portrait out and store it.")
    case: Annotated[str, AfterValidator(_check_case)] | None = Field(
        default=None,
        description=f"Pairs the front and the back of one card: {CASE_RULE}. Never use a person's name or number.",
        json_schema_extra={"pattern": f"^{CASE_PATTERN}$"},
    )

    def options(self) -> RecognitionOptions:
        """Return the options of the recognition, which do not include the case."""
        return RecognitionOptions(
            kind=None if self.document == AUTO else Kind(self.document),
            side=Side(self.card_side.lower()) if self.card_side else None,
            return_portrait=self.return_portrait,
        )

    def metadata(self) -> dict[str, str]:
        """Return the options and the case as the metadata of an S3 object."""
        metadata = {
            "document": self.document,
            "card-side": self.card_side,
            "return-portrait": "true" if self.return_portrait else None,
            "case": self.case,
        }
        return {name: value for name, value in metadata.items() if value}


def _only(name: str, *, without: str) -> dict[str, Any]:
    return {"required": [name], "properties": {name: {"type": "string"}, without: {"type": "null"}}}


class RecognitionRequest(UploadOptions):
    """A photo and its options."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [_only("image_base64", without="image_url"), _only("image_url", without="image_base64")]
        }
    )

    image_base64: str | None = Field(
        default=None,
        description=(
            "The file as Base64: a photo, or a scan with several pages. The alphabet may be the URL-safe one, padding "
            "may be missing, and a `data:` URL is accepted. Either this or `image_url`."
        ),
        json_schema_extra={"contentEncoding": "base64"},
    )
    image_url: Annotated[str, Field(max_length=_URL_LIMIT), AfterValidator(_check_url)] | None = Field(
        default=None,
        description="URL of a PNG or JPEG image, which the provider downloads within 3 seconds.",
        json_schema_extra={"format": "uri", "pattern": "^https?://"},
    )

    @model_validator(mode="after")
    def _has_one_image(self) -> "RecognitionRequest":
        if (self.image_base64 is None) == (self.image_url is None):
            raise PydanticCustomError("image", "exactly one of image_base64 and image_url must be given")
        return self

    def content(self) -> bytes | None:
        """Return the image's bytes, None if it has a URL. Raises ``HttpProblem`` if they are not Base64."""
        if self.image_base64 is None:
            return None
        try:
            return decode_image(self.image_base64)
        except NotBase64 as error:
            raise HttpProblem(invalid_fields([("image_base64", str(error))])) from None


class UploadRequest(UploadOptions):
    """The options of a photo that will be uploaded."""

    content_type: (
        Literal[
            "image/jpeg",
            "image/png",
            "image/heic",
            "image/heif",
            "image/avif",
            "image/webp",
            "image/tiff",
            "image/bmp",
            "image/gif",
            "application/pdf",
        ]
        | None
    ) = Field(
        default=None,
        description="The form's Content-Type. The file's format is detected from its content all the same.",
    )


def parse_body[Body: RequestBody](model: type[Body], app: Resolver) -> Body:
    """Return the body of the current request. Raises ``HttpProblem`` that names every wrong field."""
    body = _parse_json(_body_text(app))
    if isinstance(body, dict) and len(body) > _MOST_FIELDS:
        raise HttpProblem(invalid_fields([("body", f"must have at most {_MOST_FIELDS} fields")]))
    try:
        return model.model_validate(body)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        has_unknown = any(detail["type"] == "extra_forbidden" for detail in details)
        errors = [(_field(detail), _message(detail)) for detail in details]
        raise HttpProblem(invalid_fields(errors, known=list(model.model_fields) if has_unknown else [])) from None


def _body_text(app: Resolver) -> str:
    """Return the body as text, without a byte order mark. Raises ``HttpProblem``."""
    body, encoded = app.current_event.body or "", app.current_event.is_base64_encoded
    size = len(body) * 3 // 4 if encoded else len(body.encode("utf-8", "surrogatepass"))
    if size > BODY_LIMIT:
        raise HttpProblem(_too_large(size))
    # A request without a content type is taken for JSON.
    if app.current_event.headers.get("content-type", _JSON).partition(";")[0].strip().lower() != _JSON:
        raise HttpProblem(NOT_JSON)
    if encoded:
        try:
            body = base64.b64decode(body, validate=True).decode()
        except ValueError:  # also if it is not UTF-8
            raise HttpProblem(NOT_JSON) from None
    return body.removeprefix("\ufeff")


def _parse_json(text: str) -> object:
    """Return the value of a JSON text, None if it is empty. Raises ``HttpProblem``.

    No field is a number, so that integers may become floats: ``int`` refuses those of more than 4,300 digits.
    """
    try:
        body: object = json.loads(
            text or "null", parse_int=float, parse_constant=_not_json, object_pairs_hook=_object_without_repetitions
        )
    except ValueError as error:
        advice = "Send a JSON object as described by the OpenAPI document."
        raise HttpProblem(problem(400, "Request.NotJson", f"The body is not JSON: {_where(error)}.", advice)) from None
    except RecursionError:
        advice = "Send a JSON object of plain fields."
        raise HttpProblem(problem(400, "Request.NotJson", "The body is nested too deeply.", advice)) from None
    return body


def _where(error: ValueError) -> str:
    """Return where a text is not JSON. The error's own text is not used, for it may quote the body."""
    if isinstance(error, json.JSONDecodeError):
        return f"see line {error.lineno}, column {error.colno}"
    return "NaN and Infinity are no numbers in it"


def _not_json(_constant: str) -> None:
    raise ValueError("NaN and Infinity are not JSON")


def _object_without_repetitions(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Return an object. Raises ``HttpProblem`` if a name is repeated: nobody knows which of the values is meant."""
    values: dict[str, object] = {}
    for name, value in pairs:
        if name in values:
            raise HttpProblem(invalid_fields([(_name(name), "must be given only once")]))
        values[name] = value
    return values


def _too_large(size: int) -> dict[str, Any]:
    return problem(
        413,
        "Request.TooLarge",
        f"body: {size:,} bytes, the limit is {BODY_LIMIT:,}.",
        "Request a form with POST /v1/uploads, or put the photo into the upload bucket.",
    )


def header(app: Resolver, name: str) -> str | None:
    """Return a header of the current request; several lines of the same header as one (RFC 9110, section 5.2)."""
    value: str | list[str] | None = app.current_event.resolved_headers_field.get(name)
    return ",".join(value) if isinstance(value, list) else value


def _field(error: ErrorDetails) -> str:
    return _name(str(error["loc"][0])) if error["loc"] else "body"


def _name(field: str) -> str:
    """Return a field's name if it may be one: an unknown one is the sender's text, which may be the whole photo."""
    return field if _NAME.fullmatch(field) else "(invalid name)"


def _message(error: ErrorDetails) -> str:
    known = _MESSAGES.get(error["type"])
    return known.format_map(error.get("ctx", {})).replace("'", "") if known else error["msg"]

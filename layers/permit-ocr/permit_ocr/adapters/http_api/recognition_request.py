"""What a request says of a photograph, and the photograph itself."""

import base64
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.config import JsonDict

from permit_ocr.domain.case import CASE_FORM, CASE_RULE, is_case
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.domain.senders_words import AUTO

_URL_LIMIT: Final = 2048


class SaidOfPhotograph(BaseModel):
    """What is known of a photograph."""

    model_config = ConfigDict(extra="forbid")

    document: Literal["residence-permit", "mainland-permit", "auto"] = Field(
        AUTO, description="The document's kind. `auto` asks for one after the other."
    )
    card_side: Literal["FRONT", "BACK"] | None = Field(
        None, description="The side in the photograph: `FRONT` has the portrait."
    )
    return_portrait: bool = Field(
        default=False, strict=True, description="Whether to cut the portrait out and store it."
    )
    case: str | None = Field(
        None,
        description=f"What pairs the front and the back of one card: {CASE_RULE}. No place for a name or a number.",
        json_schema_extra={"pattern": f"^{CASE_FORM}$"},
    )

    @field_validator("document", "card_side", mode="before")
    @classmethod
    def _any_case(cls, said: object, info: Any) -> object:  # noqa: ANN401  pydantic's ValidationInfo
        if not isinstance(said, str):
            return said
        return said.upper() if info.field_name == "card_side" else said.lower()

    @field_validator("case")
    @classmethod
    def _is_case(cls, said: str | None) -> str | None:
        if said is not None and not is_case(said):
            raise ValueError(f"must have {CASE_RULE}")
        return said

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


def _only(name: str) -> JsonDict:
    other = "image_url" if name == "image_base64" else "image_base64"
    return {"required": [name], "properties": {name: {"type": "string"}, other: {"type": "null"}}}


class RecognitionRequest(SaidOfPhotograph):
    """A photograph, and what is known of it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"oneOf": [_only("image_base64"), _only("image_url")]})

    image_base64: str | None = Field(
        None,
        description="The file as Base64: a photograph, or a scan of several pages. Either this or `image_url`.",
        json_schema_extra={"contentEncoding": "base64"},
    )
    image_url: str | None = Field(
        None,
        max_length=_URL_LIMIT,
        description="Address the provider downloads a PNG or JPEG image from, within 3 seconds.",
        json_schema_extra={"format": "uri", "pattern": "^https?://"},
    )

    @field_validator("image_url")
    @classmethod
    def _web_address(cls, said: str | None) -> str | None:
        if said is not None:
            parts = urlsplit(said)
            if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username is not None:
                raise ValueError("must be an https or http address without credentials")
        return said

    @model_validator(mode="after")
    def _one_image(self) -> Self:
        if (self.image_base64 is None) == (self.image_url is None):
            raise ValueError("exactly one of image_base64 and image_url must be given")
        return self

    def content(self) -> bytes | None:
        """Return the image's bytes. Raises ``ValueError`` if they are not Base64."""
        if self.image_base64 is None:
            return None
        # Line breaks are common in Base64; anything else outside the alphabet is an error.
        return base64.b64decode("".join(self.image_base64.split()), validate=True)

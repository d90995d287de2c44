"""Which requests to ``POST /v1/recognitions`` mean the same document, however they are written."""

import base64
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.identity import document_id_of_request
from tests.unit.fakes.files import JPEG, jpeg
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import world
from tests.unit.http_calls import HTTP, IMAGE, REST, call

ODD_BYTES = jpeg(bytes(range(256)) + b"\xfb\xef\xbe" * 10)
"""An image whose Base64 has both characters that the alphabets disagree about, and padding."""


def forms_of(image: bytes) -> dict[str, str]:
    text = base64.b64encode(image).decode()
    url_safe = base64.urlsafe_b64encode(image).decode()
    return {
        "plain": text,
        "wrapped by openssl": base64.encodebytes(image).decode(),
        "wrapped by a mail client": "\r\n".join(text[start : start + 76] for start in range(0, len(text), 76)),
        "between spaces": f" \t{text}\n",
        "URL-safe": url_safe,
        "unpadded": text.rstrip("="),
        "URL-safe and unpadded": url_safe.rstrip("="),
        "data URL": f"data:image/jpeg;base64,{text}",
        "data URL in capitals": f"DATA:IMAGE/JPEG;BASE64,{text}",
        "data URL with parameters": f"data:image/jpeg;name=a.jpg;charset=utf-8;base64,{text}",
        "data URL without a type": f"data:;base64,{text}",
        "data URL, URL-safe and unpadded": f"data:image/jpeg;base64,{url_safe.rstrip('=')}",
        "data URL, percent-encoded": f"data:image/jpeg;base64,{quote(text, safe='')}",
        "data URL, wrapped": f"data:image/jpeg; base64,\n{base64.encodebytes(image).decode()}",
    }


@pytest.mark.parametrize("form", forms_of(ODD_BYTES))
@pytest.mark.parametrize("event", [HTTP, REST])
def test_every_form_of_base64_is_the_same_image_and_document(event: dict[str, Any], form: str) -> None:
    here, event = world(MAINLAND_FRONT), {**event, "headers": {"idempotency-key": "k"}, "multiValueHeaders": None}
    plain, first = call({"image_base64": forms_of(ODD_BYTES)["plain"]}, here, event=event)
    response, payload = call({"image_base64": forms_of(ODD_BYTES)[form]}, here, event=event)
    assert (plain["statusCode"], response["statusCode"], payload) == (200, 200, first)
    assert len(here.ocr.requests) == 1
    assert here.ocr.requests[0].content == ODD_BYTES


@given(image=st.binary(min_size=1, max_size=40).map(jpeg), form=st.sampled_from(sorted(forms_of(JPEG))))
def test_any_image_is_decoded_from_every_form(image: bytes, form: str) -> None:
    here = world(MAINLAND_FRONT)
    assert call({"image_base64": forms_of(image)[form]}, here)[0]["statusCode"] == 200
    assert here.ocr.requests[0].content == image


@pytest.mark.parametrize(
    "body",
    [
        f'{{"image_base64":"{IMAGE}"}}',
        f'{{"case": null, "return_portrait": false, "image_base64" :\t"{IMAGE}", "document": "auto"}}',
        f'{{"image_url": null, "card_side": null, "document": "AUTO", "image_base64": "{IMAGE}"}}'.replace("/", "\\/"),
    ],
)
def test_how_json_is_written_does_not_change_the_document(body: str) -> None:
    here = world(MAINLAND_FRONT)
    _, first = call({"image_base64": IMAGE, "document": "auto"}, here)
    assert call(body, here)[1] == first


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://Images.Example.com/a.jpg", True),
        ("HTTPS://images.example.com:443/a.jpg", True),
        ("https://images.example.com/a.jpg#top", True),
        ("https://images.example.com/A.jpg", False),
        ("https://images.example.com:8443/a.jpg", False),
        ("http://images.example.com/a.jpg", False),
    ],
)
def test_an_address_is_the_same_in_capitals_and_with_its_port(url: str, same: bool) -> None:  # noqa: FBT001
    here = world(MAINLAND_FRONT, MAINLAND_FRONT)
    _, first = call({"image_url": "https://images.example.com/a.jpg"}, here)
    _, second = call({"image_url": url}, here)
    assert (second["id"] == first["id"]) is same
    assert (len(here.ocr.requests) == 1) is same


def test_the_id_of_plain_base64_stays_what_it_was() -> None:
    _, payload = call({"image_base64": IMAGE}, world(MAINLAND_FRONT))
    assert payload["id"] == document_id_of_request("7d5f2c66", IMAGE, "auto", "", "False")


def test_the_same_key_with_other_options_is_another_document() -> None:
    here = world(RejectDocument("FailedOperation.ImageNoSpecifiedCard", "", ""), MAINLAND_FRONT)
    first, _ = call({"document": "residence-permit", "image_base64": IMAGE}, here)
    second, _ = call({"document": "mainland-permit", "image_base64": IMAGE}, here)
    assert (first["statusCode"], second["statusCode"]) == (422, 200)

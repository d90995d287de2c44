"""Photos and scans as people send them, on the real artefacts: converted and recognised, or rejected."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from permit_ocr.domain.identity import document_id_of_page, pair_id
from permit_ocr.tencent.actions import SITE_BASE64_LIMIT, Site
from tests.sandbox.test_end_to_end import Client, validate
from tests.unit.images.converter.files import SECRET, exif_with_location, file_of

SPECIMENS = Path("events/specimens")
FRONT, BACK = "hk-macao-permit-front-1.jpg", "hk-macao-permit-back-1.jpg"


@pytest.fixture(scope="module")
def client(sandbox: Any) -> Client:
    return Client(sandbox.endpoints)


def specimen(name: str) -> Image.Image:
    with Image.open(SPECIMENS / name) as image:
        return image.convert("RGB")


def oversize() -> bytes:
    """Return a phone's photo of a card in poor light: twelve megapixels, mostly noise."""
    large = specimen(FRONT).resize((4032, 2699))
    noise = Image.effect_noise(large.size, 16).convert("RGB")
    content = file_of("jpeg", ImageChops.add(large, noise, 1, -128), quality=96, orientation=3)
    assert len(content) > SITE_BASE64_LIMIT[Site.INTL] * 3 // 4
    return content


def card_number(event: dict[str, Any]) -> str | None:
    validate(event)
    assert event["type"] == "permit.recognized.v1", event
    number: str | None = event["data"]["normalized"]["number"]
    return number


def test_every_format_is_recognised_or_rejected(client: Client) -> None:
    """All are sent first, so that they are converted and recognised concurrently."""
    front, back = specimen(FRONT), specimen(BACK)
    mainland = {"document": "mainland-permit"}
    plain = client.upload(file_of("jpeg", front, exif=exif_with_location()), "uploads/auto/plain.jpg", **mainland)
    sideways_content = file_of("heic", front, orientation=6)
    sideways = client.upload(sideways_content, "uploads/auto/sideways.jpg", **mainland)
    scan_content = file_of("pdf", front, save_all=True, append_images=[back], resolution=300)
    scan = client.upload(scan_content, "uploads/auto/case-2026-0815/scan.pdf")
    fax = client.upload(file_of("tiff", front), "uploads/auto/fax.tif", **mainland)
    large = client.upload(oversize(), "uploads/auto/large.jpg", **mainland)
    damaged = client.upload(sideways_content[: len(sideways_content) // 2], "uploads/auto/damaged.heic")
    number = card_number(client.result(plain))
    assert number is not None
    for document_id, page in ((sideways, None), (large, None), (fax, 1)):
        event = client.result(document_id)
        assert card_number(event) == number
        assert (event["data"]["document"]["page"], event["data"]["document"]["pages"]) == (page, page)
    pages = [client.result(document_id_of_page(scan, page)) for page in (1, 2)]
    assert card_number(pages[0]) == number
    assert [event["data"]["side"] for event in pages] == ["front", "back"]
    assert [event["data"]["document"]["key"] for event in pages] == ["uploads/auto/case-2026-0815/scan.pdf"] * 2
    pair = client.result(pair_id(case="2026-0815", front=pages[0]["id"], back=pages[1]["id"]))
    assert pair["type"] == "permit.completed.v1"
    event = client.result(damaged)
    validate(event)
    assert event["data"]["error"]["code"] == "Document.Damaged"
    assert scan not in client.received
    _assert_only_provider_ready_images(client, sideways, sideways_content)


def _assert_only_provider_ready_images(client: Client, document_id: str, content: bytes) -> None:
    bucket = client.endpoints["upload_bucket"]
    for one in client.s3.list_objects_v2(Bucket=bucket, Prefix="pages/")["Contents"]:
        page = client.s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
        assert SECRET not in page
        with Image.open(io.BytesIO(page)) as image:
            assert image.width > image.height, "upright, as the card is"
            assert not image.getexif()
    upload = client.s3.get_object(Bucket=bucket, Key="uploads/auto/sideways.jpg")
    assert upload["Body"].read() == content
    assert client.s3.list_objects_v2(Bucket=bucket, Prefix=f"pages/{document_id}/")["KeyCount"] == 1

"""The image that a reviewer looks at: the one that was read, by a URL that ends soon."""

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from permit_ocr.adapters.s3.erasure import S3Erasure
from permit_ocr.adapters.s3.stored_images import S3StoredImages
from permit_ocr.domain.events import Document
from tests.unit.fakes.files import JPEG

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ID = "0123456789abcdef0123456789abcdef"
HEIC = b"\x00\x00\x00\x18ftypheic"
PNG = b"\x89PNG\r\n\x1a\n...."


@pytest.fixture
def images(s3: "S3Client") -> S3StoredImages:
    return S3StoredImages(s3, S3Erasure(s3, bucket="uploads", upload_prefix="uploads/"), bucket="uploads")


def put(s3: "S3Client", key: str, content: bytes) -> str:
    return s3.put_object(Bucket="uploads", Key=key, Body=content, ContentType="text/html")["VersionId"]


def key_and_query(url: str | None) -> tuple[str, dict[str, str]]:
    assert url
    parts = urlsplit(url)
    return parts.path.removeprefix("/"), {name: values[0] for name, values in parse_qs(parts.query).items()}


def test_an_upload_is_its_own_version_with_a_type_that_is_detected(s3: "S3Client", images: S3StoredImages) -> None:
    version = put(s3, "uploads/auto/1.jpg", JPEG)
    put(s3, "uploads/auto/1.jpg", PNG)
    document = Document(id=ID, bucket="uploads", key="uploads/auto/1.jpg", version=version)
    key, query = key_and_query(images.url(document, seconds=60))
    assert key == "uploads/auto/1.jpg"
    assert query["versionId"] == version
    assert query["response-content-type"] == "image/jpeg"
    assert query["response-cache-control"] == "no-store"


def test_of_a_converted_upload_it_is_what_was_made_of_it(s3: "S3Client", images: S3StoredImages) -> None:
    version = put(s3, f"uploads/by-id/{ID}", HEIC)
    document = Document(id=ID, bucket="uploads", key=f"uploads/by-id/{ID}", version=version)
    assert images.url(document, seconds=60) is None, "not converted yet"
    put(s3, f"pages/{ID}/1.png", PNG)
    key, query = key_and_query(images.url(document, seconds=60))
    assert (key, query["response-content-type"]) == (f"pages/{ID}/1.png", "image/png")


def test_of_a_page_it_is_the_page(s3: "S3Client", images: S3StoredImages) -> None:
    version = put(s3, f"uploads/by-id/{ID}", b"%PDF-1.7")
    for page in (1, 2, 12):
        put(s3, f"pages/{ID}/{page}.jpg", JPEG)
    document = Document(id="f" * 32, bucket="uploads", key=f"uploads/by-id/{ID}", version=version, page=2, pages=12)
    assert key_and_query(images.url(document, seconds=60))[0] == f"pages/{ID}/2.jpg"


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xd8"])
def test_what_is_no_image_has_no_url(s3: "S3Client", images: S3StoredImages, content: bytes) -> None:
    version = put(s3, "uploads/auto/1.jpg", content)
    assert images.url(Document(id=ID, bucket="uploads", key="uploads/auto/1.jpg", version=version), seconds=60) is None


def test_an_image_that_is_gone_or_was_never_stored_has_no_url(s3: "S3Client", images: S3StoredImages) -> None:
    assert images.url(Document(id=ID), seconds=60) is None
    gone = Document(id=ID, bucket="uploads", key="uploads/auto/1.jpg", version="00000000-0000-0000-0000-000000000000")
    assert images.url(gone, seconds=60) is None
    put(s3, f"uploads/by-id/{ID}", JPEG)
    s3.delete_object(Bucket="uploads", Key=f"uploads/by-id/{ID}")
    assert images.url(Document(id=ID), seconds=60), "a delete marker hides a version, which is still there"


@pytest.mark.parametrize(("content", "key"), [(JPEG, "1.jpg"), (PNG, "1.png")])
def test_the_image_of_a_request_is_found_and_erased_by_its_id(
    s3: "S3Client", images: S3StoredImages, content: bytes, key: str
) -> None:
    images.store(ID, content)
    assert key_and_query(images.url(Document(id=ID), seconds=60))[0] == f"pages/{ID}/{key}"
    erasure = S3Erasure(s3, bucket="uploads", upload_prefix="uploads/")
    erasure.delete_versions(erasure.photo_versions(Document(id=ID)))
    assert images.url(Document(id=ID), seconds=60) is None


def test_an_image_that_cannot_be_stored_does_not_lose_the_result(s3: "S3Client") -> None:
    erasure = S3Erasure(s3, bucket="missing", upload_prefix="uploads/")
    S3StoredImages(s3, erasure, bucket="missing").store(ID, JPEG)

"""What is deleted from the bucket, and what is left alone."""

from typing import TYPE_CHECKING, Any

import pytest

from permit_ocr.adapters.s3.erasure import S3Erasure
from permit_ocr.application.intake_messages import Upload, document_of
from permit_ocr.domain.errors import RetryableError
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import document_id_of_page

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DOCUMENT_ID = "0123456789abcdef0123456789abcdef"


def put(s3: "S3Client", key: str) -> Document:
    stored = s3.put_object(Bucket="uploads", Key=key, Body=b"content")
    upload = Upload(bucket="uploads", key=key, version=stored["VersionId"], etag=stored["ETag"])
    return document_of(upload, upload_prefix="uploads/")


def left(s3: "S3Client") -> list[str]:
    listing = s3.list_object_versions(Bucket="uploads")
    return sorted(one["Key"] for one in (*listing.get("Versions", ()), *listing.get("DeleteMarkers", ())))


def erase(s3: "S3Client", document: Document) -> None:
    erasure = S3Erasure(s3, bucket="uploads", upload_prefix="uploads/")
    erasure.delete_versions(erasure.photo_versions(document))


def test_only_the_documents_own_version_of_an_upload_is_deleted(s3: "S3Client") -> None:
    put(s3, "uploads/auto/1.jpg")
    document = put(s3, "uploads/auto/1.jpg")
    put(s3, "uploads/auto/1.jpg")
    erase(s3, document)
    assert left(s3) == ["uploads/auto/1.jpg"] * 2
    erase(s3, document)
    assert len(left(s3)) == 2


def test_all_versions_of_a_direct_upload_are_deleted(s3: "S3Client") -> None:
    key = f"uploads/by-id/{DOCUMENT_ID}"
    document = put(s3, key)
    put(s3, key)
    s3.delete_object(Bucket="uploads", Key=key)
    put(s3, f"uploads/by-id/{DOCUMENT_ID[::-1]}")
    assert document.id == DOCUMENT_ID
    erase(s3, Document(id=DOCUMENT_ID))
    assert left(s3) == [f"uploads/by-id/{DOCUMENT_ID[::-1]}"]


def test_provider_ready_images_are_deleted(s3: "S3Client") -> None:
    document = put(s3, "uploads/auto/1.pdf")
    for page in (1, 2):
        put(s3, f"pages/{document.id}/{page}.jpg")
    put(s3, f"pages/{DOCUMENT_ID}/1.jpg")
    erase(s3, document)
    assert left(s3) == [f"pages/{DOCUMENT_ID}/1.jpg"]


@pytest.mark.parametrize("key", ["uploads/auto/1.pdf", f"uploads/by-id/{DOCUMENT_ID}"])
def test_deleting_a_page_keeps_the_upload_it_shares(s3: "S3Client", key: str) -> None:
    upload = put(s3, key)
    for page in (1, 2, 12):
        put(s3, f"pages/{upload.id}/{page}.jpg")
    page_two = Document(
        id=document_id_of_page(upload.id, 2),
        bucket="uploads",
        key=key,
        version=upload.version,
        etag=upload.etag,
        page=2,
        pages=12,
    )
    erase(s3, page_two)
    assert left(s3) == sorted([key, f"pages/{upload.id}/1.jpg", f"pages/{upload.id}/12.jpg"])


def test_deleting_the_only_page_of_an_upload_deletes_the_upload(s3: "S3Client") -> None:
    upload = put(s3, "uploads/auto/1.pdf")
    put(s3, f"pages/{upload.id}/1.jpg")
    only = Document(id=upload.id, bucket="uploads", key=upload.key, version=upload.version, page=1, pages=1)
    erase(s3, only)
    assert left(s3) == []


def test_all_versions_of_a_portrait_are_deleted(s3: "S3Client") -> None:
    erasure = S3Erasure(s3, bucket="uploads", upload_prefix="uploads/")
    for recognition in ("r1", "r1", "r12"):
        put(s3, f"portraits/{recognition}.jpg")
    erasure.delete_versions(erasure.portrait_versions("r1"))
    assert left(s3) == ["portraits/r12.jpg"]


def test_nothing_to_delete_means_no_call() -> None:
    no_client: Any = None
    S3Erasure(no_client, bucket="uploads", upload_prefix="uploads/").delete_versions([])


def test_an_unavailable_bucket_is_retried_later(s3: "S3Client") -> None:
    with pytest.raises(RetryableError, match=r"S3\.NoSuchBucket"):
        S3Erasure(s3, bucket="absent", upload_prefix="uploads/").portrait_versions("r1")

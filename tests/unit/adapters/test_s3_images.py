"""Uploads as they lie in S3, with what their senders said of them."""

import base64
from typing import TYPE_CHECKING

import pytest

from permit_ocr.adapters.s3.images import S3Images, S3Portraits
from permit_ocr.application.intake_messages import Page, Upload, document_of
from permit_ocr.application.ports import Submission
from permit_ocr.domain.errors import RejectDocument, RetryableError
from permit_ocr.domain.identity import document_id_of_page
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from tests.unit.fakes import JPEG, NOW, jpeg

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def put(s3: "S3Client", key: str, content: bytes = JPEG, metadata: dict[str, str] | None = None) -> Upload:
    stored = s3.put_object(Bucket="uploads", Key=key, Body=content, Metadata=metadata or {})
    return Upload(bucket="uploads", key=key, version=stored["VersionId"], etag=stored["ETag"])


def images(s3: "S3Client", *, presign: bool = False, base64_limit: int = 10_000) -> S3Images:
    return S3Images(s3, upload_prefix="uploads/", base64_limit=base64_limit, presign=presign)


def fetch(reader: S3Images, upload: Upload) -> Submission | None:
    return reader.fetch(upload, document_of(upload, upload_prefix="uploads/"))


def fetch_page(reader: S3Images, page: Page) -> Submission:
    return reader.fetch_page(page, document_of(page, upload_prefix="uploads/"))


def fetched(s3: "S3Client", upload: Upload, *, presign: bool = False) -> Submission:
    photograph = fetch(images(s3, presign=presign), upload)
    assert photograph is not None
    return photograph


def test_metadata_comes_before_the_keys_segment(s3: "S3Client") -> None:
    said = {"document": "Residence-Permit", "card-side": "BACK", "return-portrait": "true"}
    photograph = fetched(s3, put(s3, "uploads/mainland-permit/1.jpg", metadata=said))
    assert photograph.options == RecognitionOptions(kind=Kind.RESIDENCE_PERMIT, side=Side.BACK, return_portrait=True)
    assert photograph.content == JPEG
    assert photograph.url is None


def test_what_the_sender_said_can_be_had_without_the_photograph(s3: "S3Client") -> None:
    upload = put(s3, "uploads/mainland-permit/1.jpg", metadata={"document": "residence-permit"})
    assert images(s3).options(upload) == fetched(s3, upload).options
    assert images(s3).options(put(s3, "uploads/1.jpg", metadata={"document": "passport"})) is None
    gone = Upload(bucket="uploads", key="uploads/gone.jpg", version=None, etag=None)
    assert images(s3).options(gone) is None


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("uploads/mainland-permit/1.jpg", Kind.MAINLAND_PERMIT),
        ("uploads/residence-permit/2026/1.jpg", Kind.RESIDENCE_PERMIT),
        ("uploads/auto/1.jpg", None),
        ("uploads/1.jpg", None),
        ("uploads/customers/1.jpg", None),
    ],
)
def test_the_keys_segment_says_the_kind_and_anything_else_is_auto(s3: "S3Client", key: str, kind: Kind | None) -> None:
    assert fetched(s3, put(s3, key)).options == RecognitionOptions(kind=kind)


@pytest.mark.parametrize(
    ("key", "metadata", "case"),
    [
        ("uploads/auto/case-2026-0815/front.jpg", {}, "2026-0815"),
        ("uploads/mainland-permit/case-7/more/front.jpg", {}, "7"),
        ("uploads/auto/case-7/front.jpg", {"case": "8"}, "8"),
        ("uploads/auto/front.jpg", {"case": "A.b_c"}, "A.b_c"),
        ("uploads/auto/case-7.jpg", {}, None),
        ("uploads/case-7/front.jpg", {}, None),
        ("uploads/1.jpg", {}, None),
    ],
)
def test_metadata_or_the_keys_second_segment_names_the_case(
    s3: "S3Client", key: str, metadata: dict[str, str], case: str | None
) -> None:
    assert fetched(s3, put(s3, key, metadata=metadata)).document.case == case


def test_a_photograph_says_when_it_was_uploaded(s3: "S3Client") -> None:
    upload = put(s3, "uploads/1.jpg")
    stored = s3.head_object(Bucket="uploads", Key="uploads/1.jpg")
    assert fetched(s3, upload).document.received == stored["LastModified"]


def test_a_key_that_names_an_impossible_case_is_rejected(s3: "S3Client") -> None:
    with pytest.raises(RejectDocument, match=r"Document\.UnknownMetadata"):
        fetch(images(s3), put(s3, "uploads/auto/case-no good/front.jpg"))


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("document", "one of residence-permit, mainland-permit, auto"),
        ("card-side", "one of FRONT, BACK"),
        ("return-portrait", "one of true, false"),
        ("case", "1 to 64 letters"),
    ],
)
def test_unknown_metadata_is_rejected_by_name_and_limit_without_its_value(
    s3: "S3Client", name: str, allowed: str
) -> None:
    with pytest.raises(RejectDocument) as caught:
        fetch(images(s3), put(s3, "uploads/1.jpg", metadata={name: "830000 199706020042"}))
    assert f"x-amz-meta-{name} is not {allowed}" in caught.value.meaning
    assert "199706020042" not in caught.value.meaning + caught.value.advice


def test_the_version_of_the_event_is_read_even_after_another_upload(s3: "S3Client") -> None:
    first = put(s3, "uploads/1.jpg", jpeg(b"first"))
    second = put(s3, "uploads/1.jpg", jpeg(b"second"))
    assert fetched(s3, first).content == jpeg(b"first")
    assert document_of(first, upload_prefix="uploads/").id != document_of(second, upload_prefix="uploads/").id


def test_an_object_that_is_gone_is_rejected(s3: "S3Client") -> None:
    upload = put(s3, "uploads/1.jpg")
    s3.delete_object(Bucket="uploads", Key="uploads/1.jpg", VersionId=upload.version or "")
    with pytest.raises(RejectDocument) as caught:
        fetch(images(s3), upload)
    assert caught.value.code == "Document.Gone"


@pytest.mark.parametrize(
    "content",
    [jpeg(b"x" * 8000), b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"%PDF-1.7", b"II*\0", b"GIF89a", b"BM"],
    ids=["over the limit", "HEIC", "PDF", "TIFF", "GIF", "BMP"],
)
def test_what_is_no_plain_image_has_to_be_decoded_first(s3: "S3Client", content: bytes) -> None:
    assert fetch(images(s3), put(s3, "uploads/photograph.jpg", content)) is None


def test_a_file_larger_than_any_scan_is_rejected_with_the_limit(
    s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("permit_ocr.adapters.s3.images.MAX_BYTES", 3)
    with pytest.raises(RejectDocument, match="TooManyBytes") as caught:
        fetch(images(s3), put(s3, "uploads/1.pdf"))
    assert "50,000,000 bytes" in caught.value.meaning


def page_of(upload: Upload, number: int | None, pages: int | None, **more: str | None) -> Page:
    return Page(upload=upload, number=number, pages=pages, **{"image": None, "rejection": None, **more})


def test_a_page_is_read_as_the_uploads_sender_said(s3: "S3Client") -> None:
    upload = put(s3, "uploads/residence-permit/case-7/scan.pdf", b"%PDF-")
    put(s3, "pages/abc/2.jpg", metadata={"card-side": "BACK", "received": NOW.isoformat()})
    photograph = fetch_page(images(s3), page_of(upload, 2, 3, image="pages/abc/2.jpg"))
    assert photograph.content == JPEG
    assert photograph.options == RecognitionOptions(kind=Kind.RESIDENCE_PERMIT, side=Side.BACK)
    document = photograph.document
    assert (document.key, document.version) == (upload.key, upload.version)
    assert (document.page, document.pages, document.case, document.received) == (2, 3, "7", NOW)
    assert document.id == document_id_of_page(document_of(upload, upload_prefix="uploads/").id, 2)


@pytest.mark.parametrize(("number", "pages"), [(None, None), (1, 1)])
def test_an_image_and_the_only_page_of_a_file_are_the_uploads_document(
    s3: "S3Client", number: int | None, pages: int | None
) -> None:
    upload = put(s3, "uploads/1.heic", b"")
    document = document_of(page_of(upload, number, pages), upload_prefix="uploads/")
    assert document.id == document_of(upload, upload_prefix="uploads/").id
    assert (document.page, document.pages) == (number, pages)


def test_the_provider_is_given_the_address_of_a_pages_image_not_of_the_upload(s3: "S3Client") -> None:
    upload = put(s3, "uploads/1.heic", b"")
    put(s3, "pages/abc/1.jpg", metadata={"received": NOW.isoformat()})
    photograph = fetch_page(images(s3, presign=True), page_of(upload, None, None, image="pages/abc/1.jpg"))
    assert photograph.url is not None
    assert "pages/abc/1.jpg" in photograph.url


def test_a_page_without_an_image_is_rejected_with_its_code(s3: "S3Client") -> None:
    upload = put(s3, "uploads/1.pdf", b"%PDF-")
    with pytest.raises(RejectDocument) as caught:
        fetch_page(images(s3), page_of(upload, 2, 3, rejection="Document.Damaged"))
    assert caught.value.code == "Document.Damaged"


def test_a_bucket_that_cannot_be_read_is_tried_later_without_its_name(s3: "S3Client") -> None:
    elsewhere = Upload(bucket="another", key="uploads/chan-tai-man.jpg", version=None, etag=None)
    with pytest.raises(RetryableError) as caught:
        fetch(images(s3), elsewhere)
    assert caught.value.code == "S3.NoSuchBucket"
    assert "chan" not in repr(caught.value.args) + caught.value.meaning


def test_a_presigned_address_names_the_version_and_lives_two_minutes(s3: "S3Client") -> None:
    upload = put(s3, "uploads/1.jpg")
    url = fetched(s3, upload, presign=True).url
    assert url is not None
    assert f"versionId={upload.version}" in url
    assert "Expires" in url


def test_a_portrait_is_stored_under_a_prefix_that_triggers_nothing(s3: "S3Client") -> None:
    key = S3Portraits(s3, bucket="uploads").store(base64.b64encode(b"portrait").decode(), recognition_id="abc")
    assert key == "portraits/abc.jpg"
    assert s3.get_object(Bucket="uploads", Key=key)["Body"].read() == b"portrait"

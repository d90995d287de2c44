"""Uploads in S3, with their options."""

import base64
from typing import TYPE_CHECKING

import pytest

from permit_ocr.adapters.s3.images import S3Images, S3Portraits
from permit_ocr.application.intake_messages import Page, Upload, document_of
from permit_ocr.application.ports import Submission, Unready
from permit_ocr.domain.errors import RejectDocument, RetryableError
from permit_ocr.domain.identity import document_id_of_page
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from tests.unit.fakes.clock import NOW
from tests.unit.fakes.files import JPEG, jpeg

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def put(s3: "S3Client", key: str, content: bytes = JPEG, metadata: dict[str, str] | None = None) -> Upload:
    stored = s3.put_object(Bucket="uploads", Key=key, Body=content, Metadata=metadata or {})
    return Upload(bucket="uploads", key=key, version=stored["VersionId"], etag=stored["ETag"])


def images(s3: "S3Client", *, presign: bool = False, base64_limit: int = 10_000) -> S3Images:
    return S3Images(s3, upload_prefix="uploads/", base64_limit=base64_limit, presign=presign)


def fetch(reader: S3Images, upload: Upload) -> Submission | None:
    fetched = reader.fetch(upload, document_of(upload, upload_prefix="uploads/"))
    if isinstance(fetched, Submission):
        return fetched
    if fetched.rejection:
        raise fetched.rejection
    return None


def fetch_page(reader: S3Images, page: Page) -> Submission:
    return reader.fetch_page(page, document_of(page, upload_prefix="uploads/"))


def fetched(s3: "S3Client", upload: Upload, *, presign: bool = False) -> Submission:
    submission = fetch(images(s3, presign=presign), upload)
    assert submission is not None
    return submission


def test_metadata_takes_precedence_over_the_key(s3: "S3Client") -> None:
    metadata = {"document": "Residence-Permit", "card-side": "BACK", "return-portrait": "true"}
    submission = fetched(s3, put(s3, "uploads/mainland-permit/1.jpg", metadata=metadata))
    assert submission.options == RecognitionOptions(kind=Kind.RESIDENCE_PERMIT, side=Side.BACK, return_portrait=True)
    assert submission.content == JPEG
    assert submission.url is None


@pytest.mark.parametrize(
    ("content", "metadata", "code"),
    [
        (b"%PDF-1.7", {}, None),
        (JPEG + bytes(20_000), {}, None),
        (JPEG, {"document": "passport"}, "Document.UnknownMetadata"),
    ],
)
def test_the_case_of_an_unready_upload_is_known(
    s3: "S3Client", content: bytes, metadata: dict[str, str], code: str | None
) -> None:
    upload = put(s3, "uploads/1.jpg", content, metadata={"case": "7", **metadata})
    fetched = images(s3).fetch(upload, document_of(upload, upload_prefix="uploads/"))
    assert isinstance(fetched, Unready)
    assert (fetched.document.case, fetched.rejection and fetched.rejection.code) == ("7", code)
    assert fetched.document.received


def test_options_can_be_read_without_the_photo(s3: "S3Client") -> None:
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
def test_the_first_folder_of_the_key_selects_the_kind(s3: "S3Client", key: str, kind: Kind | None) -> None:
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
def test_metadata_or_the_second_folder_of_the_key_names_the_case(
    s3: "S3Client", key: str, metadata: dict[str, str], case: str | None
) -> None:
    assert fetched(s3, put(s3, key, metadata=metadata)).document.case == case


def test_a_document_has_the_time_of_its_upload(s3: "S3Client") -> None:
    upload = put(s3, "uploads/1.jpg")
    stored = s3.head_object(Bucket="uploads", Key="uploads/1.jpg")
    assert fetched(s3, upload).document.received == stored["LastModified"]


def test_an_invalid_case_in_the_key_is_rejected(s3: "S3Client") -> None:
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
def test_the_rejection_of_invalid_metadata_does_not_quote_its_value(s3: "S3Client", name: str, allowed: str) -> None:
    with pytest.raises(RejectDocument) as caught:
        fetch(images(s3), put(s3, "uploads/1.jpg", metadata={name: "830000 199706020042"}))
    assert f"x-amz-meta-{name} is not {allowed}" in caught.value.meaning
    assert "199706020042" not in caught.value.meaning + caught.value.advice


def test_the_version_in_the_event_is_read_even_after_another_upload(s3: "S3Client") -> None:
    first = put(s3, "uploads/1.jpg", jpeg(b"first"))
    second = put(s3, "uploads/1.jpg", jpeg(b"second"))
    assert fetched(s3, first).content == jpeg(b"first")
    assert document_of(first, upload_prefix="uploads/").id != document_of(second, upload_prefix="uploads/").id


def test_a_deleted_object_is_rejected(s3: "S3Client") -> None:
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
def test_other_formats_and_sizes_must_be_converted_first(s3: "S3Client", content: bytes) -> None:
    assert fetch(images(s3), put(s3, "uploads/photograph.jpg", content)) is None


def test_a_file_that_is_too_large_is_rejected_with_the_limit(s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("permit_ocr.adapters.s3.images.MAX_BYTES", 3)
    with pytest.raises(RejectDocument, match="TooManyBytes") as caught:
        fetch(images(s3), put(s3, "uploads/1.pdf"))
    assert "50,000,000 bytes" in caught.value.meaning


def page_of(upload: Upload, number: int | None, pages: int | None, **more: str | None) -> Page:
    return Page(upload=upload, number=number, pages=pages, **{"image": None, "rejection": None, **more})


def test_a_page_has_the_options_of_its_upload(s3: "S3Client") -> None:
    upload = put(s3, "uploads/residence-permit/case-7/scan.pdf", b"%PDF-")
    put(s3, "pages/abc/2.jpg", metadata={"card-side": "BACK", "received": NOW.isoformat()})
    submission = fetch_page(images(s3), page_of(upload, 2, 3, image="pages/abc/2.jpg"))
    assert submission.content == JPEG
    assert submission.options == RecognitionOptions(kind=Kind.RESIDENCE_PERMIT, side=Side.BACK)
    document = submission.document
    assert (document.key, document.version) == (upload.key, upload.version)
    assert (document.page, document.pages, document.case, document.received) == (2, 3, "7", NOW)
    assert document.id == document_id_of_page(document_of(upload, upload_prefix="uploads/").id, 2)


@pytest.mark.parametrize(("number", "pages"), [(None, None), (1, 1)])
def test_a_single_page_is_the_same_document_as_its_upload(
    s3: "S3Client", number: int | None, pages: int | None
) -> None:
    upload = put(s3, "uploads/1.heic", b"")
    document = document_of(page_of(upload, number, pages), upload_prefix="uploads/")
    assert document.id == document_of(upload, upload_prefix="uploads/").id
    assert (document.page, document.pages) == (number, pages)


def test_the_presigned_url_of_a_page_is_that_of_its_image(s3: "S3Client") -> None:
    upload = put(s3, "uploads/1.heic", b"")
    put(s3, "pages/abc/1.jpg", metadata={"received": NOW.isoformat()})
    submission = fetch_page(images(s3, presign=True), page_of(upload, None, None, image="pages/abc/1.jpg"))
    assert submission.url is not None
    assert "pages/abc/1.jpg" in submission.url


def test_a_page_without_an_image_is_rejected_with_its_code(s3: "S3Client") -> None:
    upload = put(s3, "uploads/1.pdf", b"%PDF-")
    with pytest.raises(RejectDocument) as caught:
        fetch_page(images(s3), page_of(upload, 2, 3, rejection="Document.Damaged"))
    assert caught.value.code == "Document.Damaged"


def test_an_unreadable_bucket_is_retried_later_and_not_named(s3: "S3Client") -> None:
    elsewhere = Upload(bucket="another", key="uploads/chan-tai-man.jpg", version=None, etag=None)
    with pytest.raises(RetryableError) as caught:
        fetch(images(s3), elsewhere)
    assert caught.value.code == "S3.NoSuchBucket"
    assert "chan" not in repr(caught.value.args) + caught.value.meaning


def test_a_presigned_url_has_a_version_and_expires(s3: "S3Client") -> None:
    upload = put(s3, "uploads/1.jpg")
    url = fetched(s3, upload, presign=True).url
    assert url is not None
    assert f"versionId={upload.version}" in url
    assert "Expires" in url


def test_a_portrait_is_stored_under_a_prefix_without_notifications(s3: "S3Client") -> None:
    key = S3Portraits(s3, bucket="uploads").store(base64.b64encode(b"portrait").decode(), recognition_id="abc")
    assert key == "portraits/abc.jpg"
    assert s3.get_object(Bucket="uploads", Key=key)["Body"].read() == b"portrait"

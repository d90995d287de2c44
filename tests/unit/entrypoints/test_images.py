"""One invocation of the images function, with S3 and SQS in memory and the real decoding process."""

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from permit_ocr.adapters.s3.pages import S3Pages
from permit_ocr.adapters.sqs.queues import SqsQueue
from permit_ocr.application.convert_upload import ConvertUpload
from permit_ocr.application.intake_messages import Page, Upload, document_of, serialize_message
from permit_ocr.entrypoints.images import ImagesDependencies, process
from permit_ocr.entrypoints.upload_events import messages_in_body
from permit_ocr.images.conversion import DecodedPage, decode
from tests.unit.fakes.audit_trail import FakeAuditTrail
from tests.unit.images.converter.files import CORNERS, LIMIT, corners_of, file_of, picture

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

SECONDS = 45


@pytest.fixture
def dependencies(s3: "S3Client", sqs: "SQSClient") -> ImagesDependencies:
    images, intake = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("images", "intake"))
    return ImagesDependencies(
        convert=ConvertUpload(
            pages=S3Pages(s3, bucket="uploads"), queue=SqsQueue(sqs, queue_url=intake), base64_limit=LIMIT
        ),
        queue=SqsQueue(sqs, queue_url=images),
        upload_prefix="uploads/",
        audit=FakeAuditTrail(),
        role="arn:aws:iam::123456789012:role/images",
    )


@pytest.fixture
def enqueued_pages(sqs: "SQSClient", dependencies: ImagesDependencies) -> Any:
    """Return a function that receives the pages on the intake queue."""

    def take() -> list[Page]:
        pages: list[Page] = []
        url = sqs.get_queue_url(QueueName="intake")["QueueUrl"]
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                pages += [work for work in messages_in_body(message["Body"]) if isinstance(work, Page)]
        return sorted(pages, key=lambda work: work.number or 0)

    return take


def put(s3: "S3Client", content: bytes, **metadata: str) -> Upload:
    stored = s3.put_object(Bucket="uploads", Key="uploads/auto/1.jpg", Body=content, Metadata=metadata)
    return Upload(bucket="uploads", key="uploads/auto/1.jpg", version=stored["VersionId"], etag=stored["ETag"])


def run(
    dependencies: ImagesDependencies, sqs: "SQSClient", upload: Upload, *, seconds: float = SECONDS
) -> list[dict[str, str]]:
    url = sqs.get_queue_url(QueueName="images")["QueueUrl"]
    SqsQueue(sqs, queue_url=url).enqueue(upload)
    (message,) = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "eventSource": "aws:sqs",
    }
    event = {"Records": [record]}
    failures: list[dict[str, str]] = process(event, dependencies, seconds=seconds, request_id="r")["batchItemFailures"]
    if not failures:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return failures


def id_of(upload: Upload) -> str:
    return document_of(upload, upload_prefix="uploads/").id


def gone(upload: Upload) -> Page:
    return Page(upload=upload, number=None, pages=None, image=None, rejection="Document.Gone")


def stored_keys(s3: "S3Client") -> list[str]:
    versions = s3.list_object_versions(Bucket="uploads", Prefix="pages/")
    return sorted(one["Key"] for one in (*versions.get("Versions", ()), *versions.get("DeleteMarkers", ())))


def test_a_photo_is_stored_upright_with_its_senders_options(
    dependencies: ImagesDependencies, s3: "S3Client", sqs: "SQSClient", enqueued_pages: Any
) -> None:
    upload = put(s3, file_of("heic", orientation=6), document="mainland-permit", case="7", note="not ours")
    assert run(dependencies, sqs, upload) == []
    key = f"pages/{id_of(upload)}/1.jpg"
    assert enqueued_pages() == [Page(upload=upload, number=None, pages=None, image=key, rejection=None)]
    stored = s3.get_object(Bucket="uploads", Key=key)
    assert corners_of(Image.open(io.BytesIO(stored["Body"].read()))) == CORNERS
    assert stored["ContentType"] == "image/jpeg"
    received = s3.head_object(Bucket="uploads", Key=upload.key)["LastModified"].isoformat()
    assert stored["Metadata"] == {"document": "mainland-permit", "case": "7", "received": received}


def test_every_page_is_enqueued_and_the_upload_is_unchanged(
    dependencies: ImagesDependencies, s3: "S3Client", sqs: "SQSClient", enqueued_pages: Any
) -> None:
    content = file_of("tiff", save_all=True, append_images=[picture((50, 50)), *[picture()] * 10])
    upload = put(s3, content)
    assert run(dependencies, sqs, upload) == []
    pages = enqueued_pages()
    assert [(page.number, page.pages) for page in pages] == [(number, 12) for number in range(1, 13)]
    assert (pages[1].image, pages[1].rejection) == (None, "Document.TooSmall")
    assert pages[11].image == f"pages/{id_of(upload)}/12.jpg"
    versions = s3.list_object_versions(Bucket="uploads", Prefix="uploads/")
    assert [one["VersionId"] for one in versions["Versions"]] == [upload.version]


def test_a_repeated_message_stores_the_same_keys_and_pages(
    dependencies: ImagesDependencies, s3: "S3Client", sqs: "SQSClient", enqueued_pages: Any
) -> None:
    upload = put(s3, file_of("pdf"))
    run(dependencies, sqs, upload)
    first, keys = enqueued_pages(), set(stored_keys(s3))
    run(dependencies, sqs, upload)
    assert enqueued_pages() == first
    assert set(stored_keys(s3)) == keys


def test_a_file_that_is_rejected_as_a_whole_leaves_no_page(
    dependencies: ImagesDependencies, s3: "S3Client", sqs: "SQSClient", enqueued_pages: Any
) -> None:
    upload = put(s3, file_of("webp")[:60])
    assert run(dependencies, sqs, upload) == []
    assert enqueued_pages() == [Page(upload=upload, number=None, pages=None, image=None, rejection="Document.Damaged")]
    assert stored_keys(s3) == []


def test_pages_stored_before_the_decoder_crashed_are_deleted(
    dependencies: ImagesDependencies,
    s3: "S3Client",
    sqs: "SQSClient",
    enqueued_pages: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def crashing(*arguments: Any, **more: Any) -> Any:
        yield next(decode(*arguments, **more))
        yield DecodedPage(rejection="Document.TooCostly")

    monkeypatch.setattr("permit_ocr.application.convert_upload.decode", crashing)
    upload = put(s3, file_of("tiff", save_all=True, append_images=[picture()]))
    assert run(dependencies, sqs, upload) == []
    assert enqueued_pages() == [
        Page(upload=upload, number=None, pages=None, image=None, rejection="Document.TooCostly")
    ]
    assert stored_keys(s3) == []


def test_a_file_that_is_too_large_is_rejected_without_a_download(
    dependencies: ImagesDependencies,
    s3: "S3Client",
    sqs: "SQSClient",
    enqueued_pages: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("permit_ocr.adapters.s3.pages.MAX_BYTES", 100)
    run(dependencies, sqs, put(s3, file_of("heic")))
    assert [page.rejection for page in enqueued_pages()] == ["Document.TooManyBytes"]


def test_an_upload_that_is_gone_is_enqueued_as_a_rejection(
    dependencies: ImagesDependencies, s3: "S3Client", sqs: "SQSClient", enqueued_pages: Any
) -> None:
    upload = put(s3, file_of("heic"))
    s3.delete_object(Bucket="uploads", Key=upload.key, VersionId=upload.version or "")
    assert run(dependencies, sqs, upload) == []
    assert enqueued_pages() == [gone(upload)]
    assert stored_keys(s3) == []


def test_an_upload_deleted_during_its_conversion_leaves_no_page(
    dependencies: ImagesDependencies,
    s3: "S3Client",
    sqs: "SQSClient",
    enqueued_pages: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload = put(s3, file_of("pdf", save_all=True, append_images=[picture()]))

    def meanwhile(*arguments: Any, **more: Any) -> Any:
        yield from decode(*arguments, **more)
        s3.delete_object(Bucket="uploads", Key=upload.key, VersionId=upload.version or "")

    monkeypatch.setattr("permit_ocr.application.convert_upload.decode", meanwhile)
    assert run(dependencies, sqs, upload) == []
    assert enqueued_pages() == [gone(upload)]
    assert stored_keys(s3) == []


def test_an_aws_error_is_retried_and_rejects_nothing(
    dependencies: ImagesDependencies, s3: "S3Client", sqs: "SQSClient", enqueued_pages: Any
) -> None:
    upload = put(s3, file_of("heic"))
    elsewhere = replace(dependencies, convert=replace(dependencies.convert, pages=S3Pages(s3, bucket="another")))
    (failure,) = run(elsewhere, sqs, upload)
    assert failure["itemIdentifier"]
    assert enqueued_pages() == []


def test_an_upload_is_retried_if_too_little_time_is_left_to_decode_it(
    dependencies: ImagesDependencies, s3: "S3Client", sqs: "SQSClient", enqueued_pages: Any
) -> None:
    upload = put(s3, file_of("heic"))
    assert len(run(dependencies, sqs, upload, seconds=20)) == 1
    assert enqueued_pages() == []


def test_a_message_replayed_from_the_dead_letter_queue_is_an_upload() -> None:
    upload = Upload(bucket="uploads", key="uploads/1.heic", version="1", etag="abc")
    assert list(messages_in_body(serialize_message(upload))) == [upload]
    assert json.loads(serialize_message(upload)) == {
        "upload": {"bucket": "uploads", "key": "uploads/1.heic", "version": "1", "etag": "abc"}
    }


def test_an_upload_is_in_the_audit_trail_before_it_is_opened(
    s3: "S3Client", sqs: "SQSClient", dependencies: ImagesDependencies, enqueued_pages: Any
) -> None:
    upload, audit = put(s3, file_of("heic")), FakeAuditTrail(fails=True)
    dependencies = replace(dependencies, audit=audit)
    assert run(dependencies, sqs, upload)
    assert enqueued_pages() == []
    audit.fails = False
    url = sqs.get_queue_url(QueueName="images")["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    assert run(dependencies, sqs, upload) == []
    (line,) = audit.lines
    assert (line.caller, line.action, line.document_id) == (dependencies.role, "convert_upload", id_of(upload))

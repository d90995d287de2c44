"""AWS calls of an ordinary document: bookkeeping must not grow unnoticed."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from permit_ocr.adapters.dynamodb.documents import DynamoDbDocuments
from permit_ocr.adapters.dynamodb.recognition_store import DynamoDbRecognitionStore
from permit_ocr.adapters.s3.images import S3Images
from permit_ocr.adapters.sqs.queues import SqsEventPublisher
from permit_ocr.application.intake_messages import Upload, document_of
from permit_ocr.application.ports import Submission
from permit_ocr.domain.errors import Deleted
from tests.unit.fakes.files import JPEG
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import world

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

METADATA = {"document": "mainland-permit"}


class Counted:
    """Real adapters on clients whose calls are recorded."""

    def __init__(self, s3: "S3Client", dynamodb: "DynamoDBClient", sqs: "SQSClient") -> None:
        self.calls: list[str] = []
        self.s3 = s3
        queue = sqs.create_queue(QueueName="results.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        for client in (s3, dynamodb, sqs):
            client.meta.events.register("before-call", self._note)
        adapters: dict[str, Any] = {
            "recognitions": DynamoDbRecognitionStore(
                dynamodb, table="work", references_table="references", keep_days=7
            ),
            "documents": DynamoDbDocuments(dynamodb, table="work", keep_days=7),
            "results": SqsEventPublisher(sqs, queue_url=queue),
        }
        self.here = replace(world(MAINLAND_FRONT), **adapters)
        self.images = S3Images(s3, upload_prefix="uploads/", base64_limit=10_000, presign=False)

    def _note(self, model: Any, **_rest: Any) -> None:
        self.calls.append(model.name)

    def put(self, key: str) -> Upload:
        stored = self.s3.put_object(Bucket="uploads", Key=key, Body=JPEG, Metadata=METADATA)
        return Upload(bucket="uploads", key=key, version=stored["VersionId"], etag=stored["ETag"])

    def calls_for(self, upload: Upload) -> list[str]:
        self.calls.clear()
        submission = self.images.fetch(upload, document_of(upload, upload_prefix="uploads/"))
        assert isinstance(submission, Submission)
        self.here.recognize(submission, deadline=time.monotonic() + 45)
        return list(self.calls)


@pytest.fixture
def counted(s3: "S3Client", dynamodb: "DynamoDBClient", sqs: "SQSClient") -> Counted:
    return Counted(s3, dynamodb, sqs)


def test_an_upload_costs_six_calls(counted: Counted) -> None:
    begin, lease, store_outcome, store_event = ["UpdateItem"] * 4
    assert counted.calls_for(counted.put("uploads/1.jpg")) == [
        *("GetObject", begin, lease, store_outcome, "SendMessage", store_event)
    ]


def test_a_redelivery_costs_two(counted: Counted) -> None:
    upload = counted.put("uploads/1.jpg")
    counted.calls_for(upload)
    assert counted.calls_for(upload) == ["GetObject", "UpdateItem"]


def test_a_reused_recognition_costs_one_call_more_than_a_new_one(counted: Counted) -> None:
    """As many, in fact: it takes no slot from the rate limiter."""
    counted.calls_for(counted.put("uploads/1.jpg"))
    reference = "PutItem"
    begin, lease, use, store_event = ["UpdateItem"] * 4
    assert counted.calls_for(counted.put("uploads/2.jpg")) == [
        *("GetObject", begin, lease, reference, use, "SendMessage", store_event)
    ]
    assert len(counted.here.ocr.requests) == 1


def test_a_deleted_document_is_not_recognised_again(counted: Counted) -> None:
    upload = counted.put("uploads/by-id/0123456789abcdef0123456789abcdef")
    counted.calls_for(upload)
    assert counted.here.delete("0123456789abcdef0123456789abcdef")
    with pytest.raises(Deleted):
        counted.calls_for(upload)
    assert counted.calls == ["GetObject", "UpdateItem", "DeleteItem", "GetItem"]

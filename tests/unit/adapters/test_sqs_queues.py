"""Messages sent to the queues, and their visibility."""

from typing import TYPE_CHECKING

import pytest

from permit_ocr.adapters.sqs.queues import SqsQueue
from permit_ocr.application.intake_messages import RepublishMessage
from permit_ocr.domain.errors import RetryableError
from permit_ocr.entrypoints.upload_events import messages_in_body

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def test_a_dead_letter_has_its_reason_and_an_opaque_id(sqs: "SQSClient") -> None:
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    dead_letters = SqsQueue(sqs, queue_url=url)
    dead_letters.send("body", message_id="1", reason="InternalError", document_id="0123")
    dead_letters.send("{", message_id="2", reason="Message.Unreadable", document_id=None)
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])["Messages"]
    attributes = {
        message["Body"]: {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        for message in received
    }
    assert attributes == {
        "body": {"reason": "InternalError", "document_id": "0123"},
        "{": {"reason": "Message.Unreadable"},
    }


def test_an_unavailable_dead_letter_queue_is_retried_later(sqs: "SQSClient") -> None:
    absent = SqsQueue(sqs, queue_url="https://queue.amazonaws.com/123456789012/absent")
    with pytest.raises(RetryableError, match=r"SQS\."):
        absent.send("body", message_id="1", reason="InternalError", document_id=None)


def test_visibility_is_changed_and_failures_are_logged(sqs: "SQSClient", caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="permit-ocr")
    url = sqs.create_queue(QueueName="intake")["QueueUrl"]
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    handles = [
        message["ReceiptHandle"]
        for _ in range(2)
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600)["Messages"]
    ]
    assert len(handles) == 12
    SqsQueue(sqs, queue_url=url).change_visibility(
        dict.fromkeys(handles[:11], 0.4) | {handles[11]: 1e9, "no handle": 1.0}
    )
    visible = [
        message["Body"]
        for _ in range(2)
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    ]
    assert len(visible) == 11, "a wait beyond SQS's twelve hours is cut to them, not refused"
    assert [record.message for record in caplog.records] == ["visibility_not_changed"]


def test_a_message_is_parsed_as_it_was_enqueued(sqs: "SQSClient") -> None:
    url = sqs.create_queue(QueueName="intake")["QueueUrl"]
    SqsQueue(sqs, queue_url=url).enqueue(RepublishMessage(document_id="0123"))
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert list(messages_in_body(message["Body"])) == [RepublishMessage(document_id="0123")]


def test_an_unavailable_queue_is_logged_for_each_batch(sqs: "SQSClient", caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="permit-ocr")
    absent = SqsQueue(sqs, queue_url="https://queue.amazonaws.com/123456789012/absent")
    absent.change_visibility({str(number): 1.0 for number in range(11)})
    logged = [(record.message, record.__dict__["messages"]) for record in caplog.records]
    assert logged == [("visibility_not_changed", 10), ("visibility_not_changed", 1)]

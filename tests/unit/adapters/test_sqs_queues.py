"""What the queues are told."""

from typing import TYPE_CHECKING

import pytest

from permit_ocr.adapters.sqs.queues import SqsConsumedQueue, SqsDeadLetterQueue, SqsIntakeQueue
from permit_ocr.application.intake_messages import RepublishMessage
from permit_ocr.domain.errors import RetryableError
from permit_ocr.entrypoints.upload_events import messages_in_body

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def test_what_is_given_up_carries_its_reason_and_an_opaque_id(sqs: "SQSClient") -> None:
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    dead_letters = SqsDeadLetterQueue(sqs, queue_url=url)
    dead_letters.send("body", message_id="1", reason="InternalError", document_id="0123")
    dead_letters.send("{", message_id="2", reason="Message.Unreadable", document_id=None)
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])["Messages"]
    said = {
        message["Body"]: {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        for message in received
    }
    assert said == {
        "body": {"reason": "InternalError", "document_id": "0123"},
        "{": {"reason": "Message.Unreadable"},
    }


def test_a_dead_letter_queue_that_does_not_answer_is_tried_later(sqs: "SQSClient") -> None:
    absent = SqsDeadLetterQueue(sqs, queue_url="https://queue.amazonaws.com/123456789012/absent")
    with pytest.raises(RetryableError, match=r"SQS\."):
        absent.send("body", message_id="1", reason="InternalError", document_id=None)


def test_messages_show_again_when_told_and_what_fails_is_noted(
    sqs: "SQSClient", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="permit-ocr")
    url = sqs.create_queue(QueueName="intake")["QueueUrl"]
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    held = [
        message["ReceiptHandle"]
        for _ in range(2)
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600)["Messages"]
    ]
    assert len(held) == 12
    SqsConsumedQueue(sqs, queue_url=url).change_visibility(
        dict.fromkeys(held[:11], 0.4) | {held[11]: 1e9, "no handle": 1.0}
    )
    shown = [
        message["Body"]
        for _ in range(2)
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    ]
    assert len(shown) == 11, "a wait beyond SQS's twelve hours is cut to them, not refused"
    assert [record.message for record in caplog.records] == ["visibility_not_changed"]


def test_what_is_handed_over_is_read_as_what_it_was(sqs: "SQSClient") -> None:
    url = sqs.create_queue(QueueName="intake")["QueueUrl"]
    SqsIntakeQueue(sqs, queue_url=url).enqueue_republish("0123")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert list(messages_in_body(message["Body"])) == [RepublishMessage(document_id="0123")]


def test_a_queue_that_does_not_answer_shows_its_messages_by_its_own_timeout_and_that_is_noted(
    sqs: "SQSClient", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="permit-ocr")
    absent = SqsConsumedQueue(sqs, queue_url="https://queue.amazonaws.com/123456789012/absent")
    absent.change_visibility({str(number): 1.0 for number in range(11)})
    noted = [(record.message, record.__dict__["documents"]) for record in caplog.records]
    assert noted == [("visibility_not_changed", 10), ("visibility_not_changed", 1)]

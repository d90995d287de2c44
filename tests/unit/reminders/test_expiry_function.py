"""One invocation of the expiry function, and its messages."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from permit_ocr.adapters.sqs.queues import SqsEventPublisher
from permit_ocr.application.reminders.send_reminders import SendReminders, Sent
from permit_ocr.domain.errors import Deferred, RetryableError
from permit_ocr.entrypoints.expiry import ExpiryDependencies, process
from permit_ocr.metrics import flush_metrics

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

TODAY = date(2027, 3, 2)


def run(outcome: Sent | Exception, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the metrics of an invocation at four o'clock in Shanghai."""

    def send(*, today: date, deadline: float) -> Sent:
        assert today == TODAY
        assert deadline > 0
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    now = datetime(2027, 3, 1, 20, 0, tzinfo=UTC)
    dependencies = ExpiryDependencies(send_reminders=cast("SendReminders", send), today=lambda: TODAY, now=lambda: now)
    process(dependencies, seconds=90)
    flush_metrics()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("done_until", "late"),
    [(date(2027, 3, 3), 0), (date(2027, 3, 2), 4 * 3600), (date(2027, 3, 1), 28 * 3600)],
)
def test_it_measures_how_late_the_reminders_are(
    done_until: date, late: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (metrics,) = run(Sent(reminders=0, day=done_until), capsys)
    assert metrics["RemindersLateSeconds"] == [late]
    assert "RemindersSent" not in metrics


def test_it_counts_what_it_has_sent(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    (metrics,) = run(Sent(reminders=120, day=date(2027, 3, 3)), capsys)
    assert metrics["RemindersSent"] == [120]
    assert [record.message for record in caplog.records] == ["reminders_sent"]


def test_an_error_is_logged_and_leaves_no_metric_so_that_the_alarm_fires(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert run(Deferred("DynamoDB.AccessDeniedException", "", ""), capsys) == []
    assert [record.message for record in caplog.records] == ["reminders_failed"]


def queue(sqs: "SQSClient", name: str) -> str:
    return sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]


def received(sqs: "SQSClient", url: str) -> list[str]:
    bodies: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [message["Body"] for message in messages]
    return bodies


def test_many_events_are_sent_to_both_queues(sqs: "SQSClient") -> None:
    results, webhooks = queue(sqs, "results"), queue(sqs, "webhooks")
    publisher = SqsEventPublisher(sqs, queue_url=results, webhook_queue_url=webhooks)
    assert publisher.queues == 2
    for number in range(publisher.queues):
        publisher.publish_all([(str(event), f"event {event}") for event in range(25)], queue=number)
    for url in (results, webhooks):
        assert sorted(received(sqs, url)) == sorted(f"event {number}" for number in range(25))


def test_an_event_that_sqs_refuses_is_an_error(sqs: "SQSClient") -> None:
    class Refusing:
        def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> Any:  # noqa: N803  botocore's
            assert QueueUrl
            return {"Failed": [{"Id": Entries[0]["Id"], "Code": "ThrottlingException"}]}

    publisher = SqsEventPublisher(cast("SQSClient", Refusing()), queue_url="results")
    with pytest.raises(RetryableError, match=r"SQS\.ThrottlingException"):
        publisher.publish_all([("1", "event")], queue=0)

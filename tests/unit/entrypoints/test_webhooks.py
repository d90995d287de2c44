"""One batch of webhooks: which leave the queue, which are retried and which are dead-lettered."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks import Webhook

from permit_ocr.adapters.sqs.queues import SqsEventPublisher, SqsQueue, send_webhook_again
from permit_ocr.adapters.webhooks.delivery import DeliveryFailed, Receiver
from permit_ocr.adapters.webhooks.sender import HttpWebhookSender
from permit_ocr.adapters.webhooks.signature import SecretUnusable, keys_in
from permit_ocr.application.webhook_retry_policy import GONE
from permit_ocr.domain.errors import RetryableError
from permit_ocr.entrypoints.webhooks import WebhooksDependencies, process
from permit_ocr.metrics import flush_metrics
from tests.unit.fakes.queues import THROTTLED

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
RECEIVER = Receiver(url="https://hooks.example/")
DAY = 24 * 3600


@dataclass
class FakeWebhookQueue:
    fails: bool = False
    waits: dict[str, float] = field(default_factory=dict)
    dead_lettered: list[tuple[str, str]] = field(default_factory=list)

    def change_visibility(self, waits: dict[str, float]) -> None:
        self.waits |= waits

    def send(self, body: str, *, message_id: str, reason: str, document_id: str | None) -> None:
        assert message_id
        assert document_id is None
        if self.fails:
            raise THROTTLED
        self.dead_lettered.append((json.loads(body)["id"], reason))


@dataclass
class Posts:
    """A receiver whose answer depends on the event's id, and which verifies every signature."""

    answers: Mapping[str, Exception] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)

    async def __call__(self, receiver: Receiver, body: bytes, headers: Mapping[str, str]) -> None:
        assert receiver is RECEIVER
        event = Webhook(SECRET).verify(body, dict(headers))
        assert headers["webhook-id"] == event["id"]
        if error := self.answers.get(event["id"]):
            raise error
        self.taken.append(event["id"])


def record(event_id: str, *, age: float = 0, attempts: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "messageId": f"message-{event_id}",
        "receiptHandle": f"handle-{event_id}",
        "body": json.dumps({"id": event_id, "data": {"name": "陈样本"}}, ensure_ascii=False),
        "attributes": {
            "SentTimestamp": str(int((time.time() - age) * 1000)),
            "ApproximateReceiveCount": str(attempts),
        },
        **more,
    }


def run(*records: dict[str, Any], posts: Posts, queue: FakeWebhookQueue | None = None) -> list[str]:
    queue = queue or FakeWebhookQueue()
    sender = HttpWebhookSender(receiver=RECEIVER, secrets=lambda: keys_in(SECRET), post=posts)
    dependencies = WebhooksDependencies(sender=sender, queue=queue, dead_letters=queue)
    response = process({"Records": list(records)}, dependencies)
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def test_an_accepted_webhook_leaves_the_queue() -> None:
    posts = Posts()
    assert run(record("1"), record("2"), posts=posts) == []
    assert posts.taken == ["1", "2"]


def test_a_refused_webhook_is_retried_and_holds_nothing_else_up() -> None:
    queue = FakeWebhookQueue()
    posts = Posts({"1": DeliveryFailed("Webhook.Status503"), "3": DeliveryFailed("Webhook.TimedOut")})
    again = run(record("1"), record("2"), record("3", attempts=6), posts=posts, queue=queue)
    assert again == ["message-1", "message-3"]
    assert posts.taken == ["2"]
    assert queue.waits["handle-1"] < 10
    assert queue.waits["handle-3"] > 2000
    assert queue.dead_lettered == []


def test_the_receivers_retry_after_is_respected() -> None:
    queue = FakeWebhookQueue()
    posts = Posts({"1": DeliveryFailed("Webhook.Status429", after_seconds=1000)})
    assert run(record("1"), posts=posts, queue=queue) == ["message-1"]
    assert queue.waits["handle-1"] == 1000


def test_after_a_day_a_webhook_is_dead_lettered_with_its_reason() -> None:
    queue = FakeWebhookQueue()
    posts = Posts({"1": DeliveryFailed("Webhook.Status500")})
    assert run(record("1", age=DAY + 1, attempts=14), posts=posts, queue=queue) == []
    assert queue.dead_lettered == [("1", "Webhook.Status500")]


def test_the_last_attempt_may_still_succeed() -> None:
    posts = Posts()
    assert run(record("1", age=DAY + 1, attempts=14), posts=posts) == []
    assert posts.taken == ["1"]


def test_a_receiver_that_is_gone_gets_no_second_attempt() -> None:
    queue = FakeWebhookQueue()
    assert run(record("1"), posts=Posts({"1": DeliveryFailed(GONE)}), queue=queue) == []
    assert queue.dead_lettered == [("1", "Webhook.Gone")]


def test_a_webhook_that_cannot_be_dead_lettered_stays_on_the_queue() -> None:
    queue = FakeWebhookQueue(fails=True)
    posts = Posts({"1": DeliveryFailed(GONE)})
    assert run(record("1"), posts=posts, queue=queue) == ["message-1"]


def test_an_unexpected_error_is_a_failed_attempt() -> None:
    queue = FakeWebhookQueue()
    posts = Posts({"1": KeyError("陈样本")})
    assert run(record("1"), record("2", body="not json"), record("3"), posts=posts, queue=queue) == [
        "message-1",
        "message-2",
    ]
    assert posts.taken == ["3"]
    assert len(queue.waits) == 2


@pytest.mark.parametrize(
    ("error", "reported"), [(SecretUnusable("Webhook.SecretUnreadable"), True), (RetryableError("x", "", ""), False)]
)
def test_without_a_secret_nothing_is_sent_and_a_broken_one_is_reported(
    error: RetryableError,
    reported: bool,  # noqa: FBT001
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def unusable() -> list[bytes]:
        raise error

    caplog.set_level("INFO")
    posts, queue = Posts(), FakeWebhookQueue()
    sender = HttpWebhookSender(receiver=RECEIVER, secrets=unusable, post=posts)
    dependencies = WebhooksDependencies(sender=sender, queue=queue, dead_letters=queue)
    assert len(process({"Records": [record("1")]}, dependencies)["batchItemFailures"]) == 1
    assert posts.taken == []
    errors = [line.getMessage() for line in caplog.records if line.levelname == "ERROR"]
    assert errors == (["webhook_secret_unusable"] if reported else [])
    flush_metrics()
    assert ('"WebhookSecretUnusable":[1.0]' in capsys.readouterr().out) is reported


@pytest.mark.parametrize("code", ["Webhook.Status500", GONE])
def test_no_log_line_has_the_receivers_url_or_the_event(code: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    run(record("1", age=DAY + 1), record("2"), posts=Posts({"1": DeliveryFailed(code)}))
    printed = repr([vars(line) for line in caplog.records])
    assert code in printed
    assert "webhook_delivered" in printed
    assert not [word for word in ("hooks.example", "陈样本", "whsec", "v1,") if word in printed]


@pytest.fixture
def queues(sqs: "SQSClient") -> dict[str, str]:
    def create(name: str) -> str:
        return sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]

    return {name: create(name) for name in ("results", "webhooks", "dead")}


def received(sqs: "SQSClient", queue_url: str) -> list[Any]:
    return sqs.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
    ).get("Messages", [])


def test_an_event_is_sent_to_both_queues_once(sqs: "SQSClient", queues: dict[str, str]) -> None:
    both = SqsEventPublisher(sqs, queue_url=queues["results"], webhook_queue_url=queues["webhooks"])
    for _ in range(2):
        both.publish('{"type": "permit.recognized.v1"}', event_id="1")
    for name in ("results", "webhooks"):
        assert [message["Body"] for message in received(sqs, queues[name])] == ['{"type": "permit.recognized.v1"}']


def test_without_webhooks_an_event_is_sent_only_to_the_results_queue(sqs: "SQSClient", queues: dict[str, str]) -> None:
    SqsEventPublisher(sqs, queue_url=queues["results"]).publish('{"type": "permit.recognized.v1"}', event_id="1")
    assert len(received(sqs, queues["results"])) == 1
    assert received(sqs, queues["webhooks"]) == []


def test_a_webhook_dead_lettered_twice_arrives_once_with_its_reason(sqs: "SQSClient", queues: dict[str, str]) -> None:
    queue = SqsQueue(sqs, queue_url=queues["dead"])
    for _ in range(2):
        queue.send("{}", message_id="1", reason="Webhook.TimedOut", document_id=None)
    (letter,) = received(sqs, queues["dead"])
    assert letter["MessageAttributes"]["reason"]["StringValue"] == "Webhook.TimedOut"


def test_an_event_that_is_sent_again_does_not_wait_for_an_earlier_attempt(
    sqs: "SQSClient", queues: dict[str, str]
) -> None:
    for _ in range(2):
        send_webhook_again(sqs, queues["webhooks"], "{}")
    assert len(received(sqs, queues["webhooks"])) == 2

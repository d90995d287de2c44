"""What was given up is shown by its reason and goes back once its cause is mended."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

import cli.redrive
from cli.deployment import Deployment
from cli.main import app
from permit_ocr.adapters.sqs.queues import SqsDeadLetterQueue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

NO_WAIT = 0


class QuickSqs:
    """SQS without its waiting for messages."""

    def __init__(self, sqs: "SQSClient") -> None:
        self._sqs = sqs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sqs, name)

    def receive_message(self, **said: Any) -> Any:
        return self._sqs.receive_message(**said | {"WaitTimeSeconds": NO_WAIT})

    def send_message_batch(self, **said: Any) -> Any:
        return self._sqs.send_message_batch(**said)

    def to(self, deployment: Deployment) -> Deployment:
        quick: Any = self
        return replace(deployment, sqs=quick)


@pytest.fixture(autouse=True)
def here(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    quick = QuickSqs(deployment.sqs).to(deployment)
    monkeypatch.setattr(cli.redrive, "stack_deployment", lambda _: quick)
    return quick


def give_up(deployment: Deployment, bodies: list[str], reason: str) -> None:
    dead_letters = SqsDeadLetterQueue(deployment.sqs, queue_url=deployment.dead_letter_queue_url)
    for body in bodies:
        dead_letters.send(body, reason=reason, document_id="0123")


def messages(deployment: Deployment, queue_url: str) -> list[Any]:
    """Take everything off a queue."""
    found: list[Any] = []
    while received := deployment.sqs.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages"):
        found += received
    return found


def bodies_of(deployment: Deployment, queue_url: str) -> list[str]:
    return sorted(message["Body"] for message in messages(deployment, queue_url))


def redrive(*options: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["redrive", "--stack", "permit-ocr", *options], input=answer)


def test_an_empty_queue_is_said_to_be_empty(here: Deployment) -> None:
    result = redrive("--yes")
    assert (result.exit_code, result.stdout) == (0, "The dead-letter queue is empty.\n")


def test_a_dry_run_shows_reasons_and_counts_only_and_leaves_everything_visible(here: Deployment) -> None:
    give_up(here, ["secret key"] * 12, "InternalError")
    give_up(here, ["{"], "Message.Unreadable")
    here.sqs.send_message(QueueUrl=here.dead_letter_queue_url, MessageBody="moved by SQS itself")
    result = redrive("--dry-run")
    assert result.exit_code == 0
    rows = [line.split()[:2] for line in result.stdout.splitlines()]
    for row in (["InternalError", "12"], ["Message.Unreadable", "1"], ["ReceivedTooOften", "1"]):
        assert row in rows
    assert "secret" not in result.output
    assert len(messages(here, here.dead_letter_queue_url)) == 14
    assert messages(here, here.intake_queue_url) == []


def test_everything_goes_back_as_it_first_came(here: Deployment) -> None:
    bodies = [f"body {number:02}" for number in range(25)]
    give_up(here, bodies, "InternalError")
    result = redrive("--yes")
    assert result.exit_code == 0, result.output
    assert "replayed 25 of 25" in result.stderr
    replayed = messages(here, here.intake_queue_url)
    assert sorted(message["Body"] for message in replayed) == bodies
    assert not any("MessageAttributes" in message for message in replayed)
    assert messages(here, here.dead_letter_queue_url) == []


def test_only_the_reason_asked_for_goes_back_and_the_rest_stays_visible(here: Deployment) -> None:
    give_up(here, ["a", "b"], "InternalError")
    give_up(here, ["c"], "S3.AccessDenied")
    assert redrive("--yes", "--reason", "InternalError").exit_code == 0
    assert bodies_of(here, here.intake_queue_url) == ["a", "b"]
    assert bodies_of(here, here.dead_letter_queue_url) == ["c"]


def test_it_asks_first_and_a_no_changes_nothing(here: Deployment) -> None:
    give_up(here, ["a"], "InternalError")
    assert redrive(answer="n\n").exit_code == 1
    assert bodies_of(here, here.intake_queue_url) == []
    assert redrive(answer="y\n").exit_code == 0
    assert bodies_of(here, here.intake_queue_url) == ["a"]


def test_a_second_run_replays_nothing_twice(here: Deployment) -> None:
    give_up(here, ["a", "b", "c"], "InternalError")
    assert [redrive("--yes").exit_code for _ in range(2)] == [0, 0]
    assert bodies_of(here, here.intake_queue_url) == ["a", "b", "c"]


@pytest.mark.parametrize("request_kind", ["send_message_batch", "delete_message_batch"])
@pytest.mark.parametrize("executed", [False, True])
def test_stopped_at_any_request_nothing_is_lost_and_the_next_run_does_the_rest(
    here: Deployment,
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    request_kind: str,
    executed: bool,  # noqa: FBT001  parametrized
) -> None:
    class Stopped(QuickSqs):
        """Stops at the third request of that kind, before or after it was executed."""

        requests = 0

        def __getattribute__(self, name: str) -> Any:
            real = super().__getattribute__(name)
            return self._stop(real) if name == request_kind else real

        def _stop(self, real: Any) -> Any:
            def request(**said: Any) -> Any:
                self.requests += 1
                if self.requests == 3 and not executed:
                    raise KeyboardInterrupt
                answer = real(**said)
                if self.requests == 3:
                    raise KeyboardInterrupt
                return answer

            return request

        def delete_message_batch(self, **said: Any) -> Any:
            return self._sqs.delete_message_batch(**said)

    bodies = [f"body {number:02}" for number in range(40)]
    give_up(here, bodies, "InternalError")
    stopped = Stopped(deployment.sqs).to(deployment)
    with monkeypatch.context() as patch:
        patch.setattr(cli.redrive, "stack_deployment", lambda _: stopped)
        assert redrive("--yes").exit_code != 0
    assert redrive("--yes").exit_code == 0
    replayed = bodies_of(here, here.intake_queue_url)
    assert sorted(set(replayed)) == bodies
    assert len(replayed) <= len(bodies) + 10, "one request's messages at most are replayed twice"
    assert messages(here, here.dead_letter_queue_url) == []


def test_what_is_given_up_again_meanwhile_is_left_for_the_next_run(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Bouncing(QuickSqs):
        """Everything replayed comes straight back, as an unreadable message does."""

        def send_message_batch(self, **said: Any) -> Any:
            give_up(deployment, [entry["MessageBody"] for entry in said["Entries"]], "Message.Unreadable")
            return super().send_message_batch(**said)

    bouncing = Bouncing(deployment.sqs).to(deployment)
    monkeypatch.setattr(cli.redrive, "stack_deployment", lambda _: bouncing)
    give_up(deployment, ["{", "["], "Message.Unreadable")
    result = redrive("--yes")
    assert "replayed 2 of 2" in result.stderr
    assert bodies_of(deployment, deployment.dead_letter_queue_url) == ["[", "{"]


def test_what_the_intake_queue_refuses_stays_and_is_said(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing(QuickSqs):
        def send_message_batch(self, **said: Any) -> Any:
            refused = [entry["Id"] for entry in said["Entries"] if entry["MessageBody"] == "bad"]
            said["Entries"] = [entry for entry in said["Entries"] if entry["MessageBody"] != "bad"]
            answer = super().send_message_batch(**said)
            failed = [{"Id": entry_id, "SenderFault": True, "Code": "InvalidMessageContents"} for entry_id in refused]
            return answer | {"Failed": failed}

    refusing = Refusing(deployment.sqs).to(deployment)
    monkeypatch.setattr(cli.redrive, "stack_deployment", lambda _: refusing)
    monkeypatch.setattr(cli.redrive, "_HIDDEN_SECONDS", 1)
    give_up(deployment, ["bad", "good"], "InternalError")
    result = redrive("--yes")
    assert result.exit_code == 1
    assert "1 were not replayed" in result.stderr
    assert bodies_of(deployment, deployment.intake_queue_url) == ["good"]


def test_without_a_deployment_it_says_what_to_do(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["redrive"])
    assert result.exit_code == 2
    assert "permit-ocr up" in result.stderr

"""The dead-letter queue is listed by reason, and its messages move back to the intake queue."""

from contextvars import copy_context
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

import cli.commands.redrive
from cli.deployment import Deployment, find_deployment
from cli.main import app
from permit_ocr.adapters.sqs.queues import SqsQueue
from permit_ocr.trace_context import continue_trace

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

NO_WAIT = 0


class QuickSqs:
    """SQS without long polling."""

    def __init__(self, sqs: "SQSClient") -> None:
        self._sqs = sqs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sqs, name)

    def receive_message(self, **request: Any) -> Any:
        return self._sqs.receive_message(**request | {"WaitTimeSeconds": NO_WAIT})

    def send_message_batch(self, **request: Any) -> Any:
        return self._sqs.send_message_batch(**request)

    def to(self, deployment: Deployment) -> Deployment:
        quick: Any = self
        return replace(deployment, sqs=quick)


@pytest.fixture(autouse=True)
def here(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    quick = QuickSqs(deployment.sqs).to(deployment)
    monkeypatch.setattr(cli.commands.redrive, "find_deployment", lambda _: quick)
    return quick


def add_dead_letters(deployment: Deployment, bodies: list[str], reason: str) -> None:
    dead_letters = SqsQueue(deployment.sqs, queue_url=deployment.dead_letter_queue_url)
    for body in bodies:
        dead_letters.send(body, message_id="m", reason=reason, document_id="0123")


def messages(deployment: Deployment, queue_url: str) -> list[Any]:
    """Receive everything on a queue."""
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


def test_an_empty_queue_is_reported(here: Deployment) -> None:
    result = redrive("--yes")
    assert (result.exit_code, result.stdout) == (0, "The dead-letter queue is empty.\n")


def test_a_dry_run_shows_only_reasons_and_counts_and_moves_nothing(here: Deployment) -> None:
    add_dead_letters(here, ["secret key"] * 12, "InternalError")
    add_dead_letters(here, ["{"], "Message.Unreadable")
    here.sqs.send_message(QueueUrl=here.dead_letter_queue_url, MessageBody="moved by SQS itself")
    result = redrive("--dry-run")
    assert result.exit_code == 0
    rows = [line.split()[:2] for line in result.stdout.splitlines()]
    for row in (["InternalError", "12"], ["Message.Unreadable", "1"], ["ReceivedTooOften", "1"]):
        assert row in rows
    assert "secret" not in result.output
    assert len(messages(here, here.dead_letter_queue_url)) == 14
    assert messages(here, here.intake_queue_url) == []


def test_all_messages_move_back_with_their_original_body(here: Deployment) -> None:
    bodies = [f"body {number:02}" for number in range(25)]
    add_dead_letters(here, bodies, "InternalError")
    result = redrive("--yes")
    assert result.exit_code == 0, result.output
    assert "moved 25 of 25" in result.stderr
    moved = messages(here, here.intake_queue_url)
    assert sorted(message["Body"] for message in moved) == bodies
    assert not any("MessageAttributes" in message for message in moved)
    assert messages(here, here.dead_letter_queue_url) == []


def test_only_the_selected_reason_moves_and_the_rest_stays_visible(here: Deployment) -> None:
    add_dead_letters(here, ["a", "b"], "InternalError")
    add_dead_letters(here, ["c"], "S3.AccessDenied")
    assert redrive("--yes", "--reason", "InternalError").exit_code == 0
    assert bodies_of(here, here.intake_queue_url) == ["a", "b"]
    assert bodies_of(here, here.dead_letter_queue_url) == ["c"]


def test_only_the_selected_reason_is_listed(here: Deployment) -> None:
    add_dead_letters(here, ["a", "b"], "InternalError")
    add_dead_letters(here, ["c"], "S3.AccessDenied")
    listed = redrive("--dry-run", "--reason", "S3.AccessDenied").stdout
    assert "S3.AccessDenied" in listed
    assert "InternalError" not in listed


def test_a_reason_that_no_message_has_is_reported(here: Deployment) -> None:
    add_dead_letters(here, ["a", "b"], "InternalError")
    result = redrive("--yes", "--reason", "InternalEror")
    expected = "The dead-letter queue has no message with the reason InternalEror, but 2 others.\n"
    assert (result.exit_code, result.stdout) == (0, expected)
    assert messages(here, here.intake_queue_url) == []


def test_a_message_keeps_its_trace(here: Deployment) -> None:
    traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
    in_a_trace = copy_context()
    in_a_trace.run(continue_trace, traceparent)
    in_a_trace.run(add_dead_letters, here, ["a"], "InternalError")
    assert redrive("--yes").exit_code == 0
    (message,) = messages(here, here.intake_queue_url)
    assert message["MessageAttributes"]["traceparent"]["StringValue"] == traceparent


def test_it_asks_first_and_declining_changes_nothing(here: Deployment) -> None:
    add_dead_letters(here, ["a"], "InternalError")
    assert redrive(answer="n\n").exit_code == 1
    assert bodies_of(here, here.intake_queue_url) == []
    assert redrive(answer="y\n").exit_code == 0
    assert bodies_of(here, here.intake_queue_url) == ["a"]


def test_a_second_run_moves_nothing_twice(here: Deployment) -> None:
    add_dead_letters(here, ["a", "b", "c"], "InternalError")
    assert [redrive("--yes").exit_code for _ in range(2)] == [0, 0]
    assert bodies_of(here, here.intake_queue_url) == ["a", "b", "c"]


@pytest.mark.slow
@pytest.mark.parametrize("request_kind", ["send_message_batch", "delete_message_batch"])
@pytest.mark.parametrize("executed", [False, True])
def test_stopping_at_any_request_loses_nothing_and_can_be_resumed(
    here: Deployment,
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    request_kind: str,
    executed: bool,  # noqa: FBT001  parametrized
) -> None:
    class Stopped(QuickSqs):
        """Interrupts the third request of this kind, before or after it is executed."""

        requests = 0

        def __getattribute__(self, name: str) -> Any:
            real = super().__getattribute__(name)
            return self._stop(real) if name == request_kind else real

        def _stop(self, real: Any) -> Any:
            def request(**arguments: Any) -> Any:
                self.requests += 1
                if self.requests == 3 and not executed:
                    raise KeyboardInterrupt
                response = real(**arguments)
                if self.requests == 3:
                    raise KeyboardInterrupt
                return response

            return request

        def delete_message_batch(self, **request: Any) -> Any:
            return self._sqs.delete_message_batch(**request)

    bodies = [f"body {number:02}" for number in range(40)]
    add_dead_letters(here, bodies, "InternalError")
    stopped = Stopped(deployment.sqs).to(deployment)
    with monkeypatch.context() as patch:
        patch.setattr(cli.commands.redrive, "find_deployment", lambda _: stopped)
        assert redrive("--yes").exit_code != 0
    assert redrive("--yes").exit_code == 0
    moved = bodies_of(here, here.intake_queue_url)
    assert sorted(set(moved)) == bodies
    assert len(moved) <= len(bodies) + 10, "at most the messages of one request are moved twice"
    assert messages(here, here.dead_letter_queue_url) == []


def test_messages_that_return_meanwhile_are_left_for_the_next_run(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Bouncing(QuickSqs):
        """Every moved message returns immediately, like an unreadable one."""

        def send_message_batch(self, **request: Any) -> Any:
            add_dead_letters(deployment, [entry["MessageBody"] for entry in request["Entries"]], "Message.Unreadable")
            return super().send_message_batch(**request)

    bouncing = Bouncing(deployment.sqs).to(deployment)
    monkeypatch.setattr(cli.commands.redrive, "find_deployment", lambda _: bouncing)
    add_dead_letters(deployment, ["{", "["], "Message.Unreadable")
    result = redrive("--yes")
    assert "moved 2 of 2" in result.stderr
    assert bodies_of(deployment, deployment.dead_letter_queue_url) == ["[", "{"]


def test_messages_rejected_by_the_intake_queue_stay_and_are_reported(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Rejecting(QuickSqs):
        def send_message_batch(self, **request: Any) -> Any:
            rejected = [entry["Id"] for entry in request["Entries"] if entry["MessageBody"] == "bad"]
            request["Entries"] = [entry for entry in request["Entries"] if entry["MessageBody"] != "bad"]
            answer = super().send_message_batch(**request)
            failed = [{"Id": entry_id, "SenderFault": True, "Code": "InvalidMessageContents"} for entry_id in rejected]
            return answer | {"Failed": failed}

    rejecting = Rejecting(deployment.sqs).to(deployment)
    monkeypatch.setattr(cli.commands.redrive, "find_deployment", lambda _: rejecting)
    monkeypatch.setattr(cli.commands.redrive, "_VISIBILITY_SECONDS", 1)
    add_dead_letters(deployment, ["bad", "good"], "InternalError")
    result = redrive("--yes")
    assert result.exit_code == 1
    assert "1 were not moved" in result.stderr
    assert bodies_of(deployment, deployment.intake_queue_url) == ["good"]


def test_without_a_deployment_the_error_says_what_to_do(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.commands.redrive, "find_deployment", find_deployment)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["redrive"])
    assert result.exit_code == 2
    assert "permit-ocr up" in result.stderr

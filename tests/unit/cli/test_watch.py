"""What watches the results queue takes nothing away from its consumer, unless told to."""

import json
from dataclasses import replace
from typing import Any

import pytest

from cli.deployment import Deployment
from cli.watch import watched


@pytest.fixture
def results(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    queue = deployment.sqs.create_queue(QueueName="results.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    for number in range(12):
        deployment.sqs.send_message(
            QueueUrl=queue,
            MessageBody=json.dumps({"id": str(number)}),
            MessageGroupId=str(number),
            MessageDeduplicationId=str(number),
        )
    original = deployment.sqs.receive_message
    monkeypatch.setattr(
        deployment.sqs, "receive_message", lambda **said: original(**said | {"WaitTimeSeconds": 0}), raising=False
    )
    return replace(deployment, results_queue_url=queue)


def _watch(results: Deployment, *, take: bool, rounds: int = 4) -> list[str]:
    shown: list[str] = []
    left = iter([False] * rounds)
    watched(results, lambda event: shown.append(event["id"]), take=take, ended=lambda: next(left, True))
    return shown


def _on_queue(results: Deployment) -> list[Any]:
    found: list[Any] = []
    while received := results.sqs.receive_message(
        QueueUrl=results.results_queue_url, MaxNumberOfMessages=10, AttributeNames=["All"]
    ).get("Messages"):
        found += received
    return found


def test_each_message_is_shown_once_and_given_back_at_the_end(results: Deployment) -> None:
    assert sorted(_watch(results, take=False), key=int) == [str(number) for number in range(12)]
    back = _on_queue(results)
    assert len(back) == 12
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in back} == {"2"}  # ours, and this one


def test_with_take_what_was_shown_has_left_the_queue(results: Deployment) -> None:
    assert len(_watch(results, take=True)) == 12
    assert _on_queue(results) == []


def test_messages_are_given_back_when_showing_them_fails(results: Deployment) -> None:
    def broken(_event: dict[str, Any]) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        watched(results, broken, take=True, ended=lambda: False)
    assert len(_on_queue(results)) == 12

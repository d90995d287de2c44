"""Watching the results queue removes nothing from it without --take."""

import json
from dataclasses import replace
from typing import Any

import pytest

from cli.commands.watch import watch_queue
from cli.deployment import Deployment


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
        deployment.sqs, "receive_message", lambda **request: original(**request | {"WaitTimeSeconds": 0}), raising=False
    )
    return replace(deployment, results_queue_url=queue)


def _watch(results: Deployment, *, take: bool, rounds: int = 4) -> list[str]:
    shown: list[str] = []
    stopped = iter([False] * rounds)
    watch_queue(results, lambda event: shown.append(event["id"]), take=take, is_stopped=lambda: next(stopped, True))
    return shown


def _on_queue(results: Deployment) -> list[Any]:
    found: list[Any] = []
    while received := results.sqs.receive_message(
        QueueUrl=results.results_queue_url, MaxNumberOfMessages=10, AttributeNames=["All"]
    ).get("Messages"):
        found += received
    return found


def test_each_message_is_shown_once_and_visible_again_at_the_end(results: Deployment) -> None:
    assert sorted(_watch(results, take=False), key=int) == [str(number) for number in range(12)]
    back = _on_queue(results)
    assert len(back) == 12
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in back} == {
        "2"
    }  # one by watch, one by this test


def test_with_take_shown_messages_are_deleted(results: Deployment) -> None:
    assert len(_watch(results, take=True)) == 12
    assert _on_queue(results) == []


def test_messages_are_visible_again_if_showing_them_fails(results: Deployment) -> None:
    def broken(_event: dict[str, Any]) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        watch_queue(results, broken, take=True, is_stopped=lambda: False)
    assert len(_on_queue(results)) == 12

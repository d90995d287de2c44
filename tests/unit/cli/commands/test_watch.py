"""Watching the results queue removes nothing from it without --take."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.commands.documents.watch import watch_queue
from cli.deployment import Deployment
from cli.results.lines import ResultLines
from cli.uploads.file_names import FileNames


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


SAMPLES = Path(__file__).parents[4] / "events" / "samples"


def test_a_line_names_the_file_and_the_number_below_headings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recognized, completed, rejected = (
        json.loads((SAMPLES / f"permit.{name}.v1.json").read_text(encoding="utf-8"))
        for name in ("recognized", "completed", "rejected")
    )
    names = FileNames(tmp_path / "names")
    names.record(rejected["data"]["document"]["key"], "前 side.jpg")
    lines = ResultLines(names)
    for event in (recognized, completed, rejected):
        lines.print(event)
    headings, _, *rows = capsys.readouterr().out.splitlines()
    cells = [re.split(r"  +", row.strip()) for row in (headings, *rows)]
    assert cells[0][:6] == ["time", "photo", "event", "document", "side", "number"]
    assert cells[1][1:6] == ["hk-macao-permit-front-1.jpg", "recognized", "hk-macao-permit", "front", "H75646782"]
    assert cells[2][1:6] == ["case 2026-0815", "completed", "residence-permit", "both", "810000196110293288"]
    assert cells[3][1] == "前 side.jpg"
    assert cells[3][-2:] == ["Document.TooSmall", rejected["id"]]


@pytest.mark.parametrize(
    ("name", "days", "shown"),
    [
        ("expiring", 30, "reminder: 30 days left"),
        ("expiring", 1, "reminder: 1 day left"),
        ("expiring", 0, "reminder: last day"),
        ("expired", -1, "reminder: expired"),
        ("reviewed", None, "reviewed"),
    ],
)
def test_a_line_says_what_happened(
    name: str, days: int | None, shown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = json.loads((SAMPLES / f"permit.{name}.v1.json").read_text(encoding="utf-8"))
    if days is not None:
        event["data"]["days_remaining"] = days
    ResultLines(FileNames(tmp_path / "names")).print(event)
    assert shown in re.split(r"  +", capsys.readouterr().out.splitlines()[2].strip())


def test_names_recorded_later_are_found(tmp_path: Path) -> None:
    file = tmp_path / "names"
    watching, uploading = FileNames(file), FileNames(file)
    assert watching.get("uploads/1") is None
    uploading.record("uploads/1", "a.jpg")
    uploading.record("uploads/2", "b.jpg")
    assert (watching.get("uploads/1"), watching.get("uploads/2"), watching.get("uploads/3")) == ("a.jpg", "b.jpg", None)
    assert file.stat().st_mode & 0o077 == 0

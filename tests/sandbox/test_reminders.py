"""Reminders end to end: the real template with ExpiryNoticeDays, the sandbox's date, deletion and kills."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.environment.running_sandbox import RunningSandbox
from bench.environment.watched_cards import fill_with_cards
from permit_ocr.domain.identity import reminder_id
from tests.sandbox.conftest import Running, start, stop, wait_until_ready
from tests.sandbox.test_end_to_end import SPECIMENS, TRUTH, Client, validate

SECONDS = 240.0
CARD = next(one for one in TRUTH if one["permit_type"] == "hk-macao-permit" and one["side"] == "front")
LAST_DAY = date.fromisoformat(CARD["answer"]["ValidDate"].partition("-")[2].replace(".", "-"))
TODAY = LAST_DAY - timedelta(days=70)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    state = tmp_path_factory.mktemp("reminders")
    process = start(state, "--enforce-iam", f"--today={TODAY}", "--parameter=ExpiryNoticeDays=60,0")
    try:
        yield wait_until_ready(process, state)
        stop(process)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def client(running: Running) -> Client:
    return Client(running.endpoints)


def wait_for[Value](what: Callable[[], Value | None]) -> Value:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if (value := what()) is not None:
            return value
        time.sleep(0.2)
    raise AssertionError("it never happened")


def upload(client: Client, name: str, case: str | None = None) -> str:
    """Upload a card that expires on ``LAST_DAY``, and wait for its result."""
    photo = (SPECIMENS / CARD["file"]).read_bytes()
    document_id = client.upload(photo, f"uploads/mainland-permit/{f'case-{case}/' if case else ''}{name}.jpg")
    event = client.result(document_id)
    assert event["data"]["validity"]["as_of"] == TODAY.isoformat()
    return document_id


def set_today(running: Running, today: date) -> None:
    Path(running.endpoints["today_file"]).write_text(today.isoformat())


def expiries(running: Running) -> list[dict[str, Any]]:
    days = {"from": LAST_DAY.isoformat(), "to": LAST_DAY.isoformat()}
    response = httpx.get(f"{running.endpoints['api_url']}/v1/expiries", params=days, timeout=60)
    assert response.status_code == httpx.codes.OK, response.text
    listed: list[dict[str, Any]] = response.json()["expiries"]
    return listed


def test_cards_are_reminded_of_until_they_are_deleted_or_replaced(running: Running, client: Client) -> None:
    api = running.endpoints["api_url"]
    kept, deleted = upload(client, "kept"), upload(client, "deleted")
    replaced = upload(client, "replaced", case="7")
    time.sleep(1)  # S3 tells when a photo was sent only to the second
    newer = upload(client, "newer", case="7")
    of_case = upload(client, "of-case", case="8")
    assert {one["document_id"] for one in expiries(running)} == {kept, deleted, newer, of_case}
    assert httpx.delete(f"{api}/v1/recognitions/{deleted}", timeout=60).status_code == httpx.codes.NO_CONTENT
    assert httpx.delete(f"{api}/v1/cases/8", timeout=60).status_code == httpx.codes.OK
    assert {one["document_id"]: one["case"] for one in expiries(running)} == {kept: None, newer: "7"}

    def id_of(document: str, notice: int) -> str:
        return reminder_id(document=document, valid_until=LAST_DAY, notice=notice)

    set_today(running, LAST_DAY - timedelta(days=55))  # five days after the notice
    for document, case in ((kept, None), (newer, "7")):
        event = client.result(id_of(document, 60))
        validate(event)
        assert event["type"] == "permit.expiring.v1"
        assert (event["data"]["document_id"], event["data"]["case"]) == (document, case)
        assert event["data"]["days_remaining"] == 55
    set_today(running, LAST_DAY + timedelta(days=1))
    for document in (kept, newer):
        event = client.result(id_of(document, -1))
        validate(event)
        assert event["type"] == "permit.expired.v1"
    never = {id_of(document, notice) for document in (deleted, replaced, of_case) for notice in (60, 0, -1)}
    assert not never & client.received.keys()


def test_a_killed_invocation_is_continued_and_sends_each_reminder_once(running: Running, client: Client) -> None:
    """It is killed in the middle of many pages. The next one starts before SQS forgets what it has taken."""
    sandbox = RunningSandbox(running.endpoints, provider=None)  # type: ignore[arg-type]
    last_day = LAST_DAY + timedelta(days=62)
    documents = fill_with_cards(sandbox, 400, last_day=last_day, watched_on=TODAY)
    due = last_day - timedelta(days=60)
    set_today(running, due)
    progress = {"TableName": running.endpoints["expiries_table"], "Key": {"id": {"S": "progress"}}}

    def is_among_pages() -> bool | None:
        item = sandbox.dynamodb.get_item(**progress)["Item"]
        return "position" in item or None

    wait_for(is_among_pages)
    (process,) = sandbox.function_processes("ExpiryFunction")
    os.kill(process, signal.SIGKILL)
    sandbox.dynamodb.update_item(
        **progress, UpdateExpression="SET lease_until = :past", ExpressionAttributeValues={":past": {"N": "0"}}
    )  # as time would
    Path(running.endpoints["today_file"]).write_text(f"{due}\n")  # the schedule's next time
    ids = {reminder_id(document=document, valid_until=last_day, notice=60) for document in documents}

    def all_received() -> bool | None:
        for _ in range(20):
            client.consume(wait_seconds=0)
        return ids <= client.received.keys() or None

    wait_for(all_received)
    for _ in range(3):
        client.consume()
    assert [len(client.received[one]) for one in ids] == [1] * len(ids)

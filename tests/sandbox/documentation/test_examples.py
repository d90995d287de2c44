"""The examples of a consumer and of an API call, against the sandbox. Those of webhooks are in ``test_webhooks.py``."""

import json
import os
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.contract.documentation.example_programs import LANGUAGES, ROOT, example, running
from tests.sandbox.conftest import Running
from tests.sandbox.test_end_to_end import PATIENCE_SECONDS, Client

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def handled(database: Path) -> list[str]:
    """Return the ids of the events that a consumer has stored, as often as it has."""
    if not database.exists():
        return []
    with sqlite3.connect(database) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'results'").fetchall()
        return [row[0] for row in connection.execute("SELECT event_id FROM results")] if tables else []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_consumer_stores_each_event_once(language: str, sandbox: Running, tmp_path: Path) -> None:
    """Consume another queue than that of the results: the last receive of a killed consumer would take their events."""
    client = Client(sandbox.endpoints)
    event = client.result(client.upload(b"", f"uploads/auto/empty-{language}.jpg"))
    queue = client.sqs.create_queue(QueueName=f"consumer-{language}.fifo", Attributes={"FifoQueue": "true"})
    database = tmp_path / "results.db"
    command = [*example(f"consumer/consumer.{language}", tmp_path), database]
    environment = {
        "AWS_ENDPOINT_URL": sandbox.endpoints["aws_endpoint"],
        "AWS_REGION": sandbox.endpoints["region"],
        "AWS_DEFAULT_REGION": sandbox.endpoints["region"],
        "RESULTS_QUEUE_URL": queue["QueueUrl"],
        **KEYS,
    }
    with running(command, **environment):
        for number, body in enumerate((event, event, event | {"id": "last"})):
            client.sqs.send_message(
                QueueUrl=queue["QueueUrl"],
                MessageBody=json.dumps(body),
                MessageGroupId="in-order",
                MessageDeduplicationId=str(number),
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while "last" not in handled(database):
            assert time.monotonic() < deadline, "the events were not handled in time"
            time.sleep(0.1)
    assert handled(database) == [event["id"], "last"]


def test_curl_sends_a_photo_in_a_signed_request(sandbox: Running) -> None:
    photo = ROOT / "events" / "specimens" / "residence-permit-back-1.jpg"
    environment = {**os.environ, **KEYS, "AWS_REGION": "eu-central-1", "API_URL": sandbox.endpoints["api_url"]}
    done = subprocess.run(
        [ROOT / "examples" / "api" / "recognize.sh", photo, "residence-permit"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"]["normalized"]["permit_number"] == "H33169345"

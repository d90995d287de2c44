"""The example consumers and receivers handle every documented event, in each language."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer
from standardwebhooks import Webhook

from sandbox.ports import free_ports
from tests.contract.documentation.example_programs import LANGUAGES, ROOT, answers, example, running

if TYPE_CHECKING:
    import subprocess

SAMPLES = [
    json.loads(file.read_text(encoding="utf-8")) for file in sorted((ROOT / "events" / "samples").glob("*.json"))
]
SECRET = "whsec_" + "A" * 44
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
REGION = "eu-central-1"
PATIENCE_SECONDS = 60


def wait_for(condition: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_consumer_stores_every_sample(language: str, endpoint: str, tmp_path: Path) -> None:
    sqs = boto3.client(
        "sqs",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    url = sqs.create_queue(QueueName=f"{language}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    for event in SAMPLES:
        body = json.dumps(event)
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="one", MessageDeduplicationId=event["id"])
    database = tmp_path / "results.db"
    of_account = {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, **KEYS}
    command = [*example(f"consumer/consumer.{language}", tmp_path), database]
    with running(command, **of_account, RESULTS_QUEUE_URL=url) as process:
        wait_for(lambda: len(stored(database)) == len(SAMPLES), process)
    assert stored(database) == {event["type"]: event["data"].get("verdict") for event in SAMPLES}


def stored(database: Path) -> dict[str, str | None]:
    """Return the verdict of each event type that a consumer has stored."""
    if not database.exists():
        return {}
    with sqlite3.connect(database) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'results'").fetchall()
        return dict(connection.execute("SELECT type, verdict FROM results").fetchall()) if tables else {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receiver_accepts_every_sample(language: str, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}/"
    command = [*example(f"webhooks/receiver.{language}", tmp_path), str(port)]
    with running(command, WEBHOOK_SECRET=SECRET) as process:
        wait_for(lambda: answers(address), process)
        assert [delivered(address, json.dumps(event), event["id"]) for event in SAMPLES] == [204] * len(SAMPLES)
        process.terminate()
        printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    told = [f"{event['type']} {event['id']} {event['data'].get('verdict', '')}" for event in SAMPLES]
    assert printed.splitlines() == told


def delivered(address: str, body: str, event_id: str) -> int:
    """Send a signed event, and return the receiver's status; 0 if it hangs up."""
    now = datetime.now(UTC)
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(event_id, now, body),
    }
    try:
        return httpx.post(address, content=body.encode(), headers=headers).status_code
    except httpx.TransportError:
        return 0

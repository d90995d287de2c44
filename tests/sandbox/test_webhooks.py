"""Webhooks on the real artefacts: delivered, tried again, sent again, given up.

The photographs are empty, so that nothing has to be read: a rejection is an event like another.
"""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.sandbox.conftest import COMMAND, ROOT, Running, start, stop, wait_until_ready
from tests.sandbox.test_end_to_end import PATIENCE_SECONDS, Bank


@dataclass
class Receiver:
    """Somebody's web server: verifies every webhook, then answers as it is told, 204 in the end."""

    secret: str = ""
    answers: list[int] = field(default_factory=list)
    taken: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        event = Webhook(self.secret).verify(body, headers)
        status = self.answers.pop(0) if self.answers else 204
        self.taken.append((status, headers["webhook-id"], event))
        return status

    def statuses(self, event_id: str) -> list[int]:
        return [status for status, said, event in self.taken if said == event["id"] == event_id]


@pytest.fixture(scope="module")
def receiver() -> Iterator[tuple[Receiver, int]]:
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(told.take(body, {name.lower(): value for name, value in self.headers.items()}))
            self.end_headers()

        def log_message(self, *said: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield told, server.server_address[1]
    server.shutdown()


@pytest.fixture(scope="module")
def running(receiver: tuple[Receiver, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    state = tmp_path_factory.mktemp("webhooks")
    parameters = {
        "WebhookUrl": f"http://127.0.0.1:{receiver[1]}/in?tenant=7",
        "WebhookSecret": "webhooks",
    }
    options = [f"--parameter={name}={value}" for name, value in parameters.items()]
    process = start(state, "--ocr-endpoint=http://127.0.0.1:9", *options)
    try:
        here = wait_until_ready(process, state)
        receiver[0].secret = here.endpoints["webhook_secret"]
        yield here
        stop(process)
    finally:
        process.kill()
        process.wait()


def wait_for(happened: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.1)


def test_a_webhook_is_delivered_tried_again_and_sent_again(receiver: tuple[Receiver, int], running: Running) -> None:
    told, _ = receiver
    told.answers[:] = [503]
    bank = Bank(running.endpoints)
    event_id = bank.upload(b"", "uploads/auto/empty.jpg")
    wait_for(lambda: 204 in told.statuses(event_id))
    assert told.statuses(event_id) == [503, 204]
    event = bank.result(event_id)
    assert all(sent == event for _, _, sent in told.taken), "the very event that is on the results queue"
    environment = {**os.environ, "PERMIT_OCR_SANDBOX_DIRECTORY": str(running.state)}
    command = [str(COMMAND), "webhook", "resend", event_id]
    subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
    wait_for(lambda: told.statuses(event_id) == [503, 204, 204])
    bank.consume()
    assert len(bank.received[event_id]) == 1, "sent again to the receiver alone"


def test_a_receiver_that_wants_no_more_has_the_webhook_given_up(
    receiver: tuple[Receiver, int], running: Running
) -> None:
    told, _ = receiver
    told.answers[:] = [410]
    bank = Bank(running.endpoints)
    event_id = bank.upload(b"", "uploads/auto/another.jpg")
    letters: list[Any] = []

    def given_up() -> bool:
        said = bank.sqs.receive_message(
            QueueUrl=running.endpoints["webhook_dead_letter_queue_url"],
            MessageAttributeNames=["All"],
            WaitTimeSeconds=1,
        )
        letters.extend(said.get("Messages", []))
        return bool(letters)

    wait_for(given_up)
    assert json.loads(letters[0]["Body"])["id"] == event_id
    assert letters[0]["MessageAttributes"]["reason"]["StringValue"] == "Webhook.Gone"
    assert told.statuses(event_id) == [410]
    logs = {log.name: log.read_text(errors="replace") for log in (running.state / "logs").iterdir()}
    assert any("webhook_delivered" in text for text in logs.values())
    functions = "".join(text for name, text in logs.items() if "Function" in name)
    assert "tenant=7" not in functions
    assert told.secret not in functions

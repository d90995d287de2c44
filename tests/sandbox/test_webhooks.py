"""Webhooks on the real artefacts: delivered, retried, resent, sent to the dead-letter queue.

The photos are empty, so that nothing is recognised. A rejection is an event like any other.
"""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from sandbox.ports import free_ports
from tests.contract.documentation.example_programs import LANGUAGES, answers, example
from tests.contract.documentation.example_programs import running as running_example
from tests.sandbox.conftest import COMMAND, ROOT, Running, start, stop, wait_until_ready
from tests.sandbox.test_end_to_end import PATIENCE_SECONDS, Client


@dataclass
class Receiver:
    """A receiver that verifies every webhook and responds with the given statuses, then with 204."""

    secret: str = ""
    responses: list[int] = field(default_factory=list)
    received: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    forward_to: str = ""
    """The address of another receiver, whose status is the response."""

    def receive(self, body: bytes, headers: dict[str, str]) -> int:
        event = Webhook(self.secret).verify(body, headers)
        status = self.responses.pop(0) if self.responses else 204
        if self.forward_to:
            status = httpx.post(self.forward_to, content=body, headers=headers, timeout=PATIENCE_SECONDS).status_code
        self.received.append((status, headers["webhook-id"], event))
        return status

    def statuses(self, event_id: str) -> list[int]:
        return [status for status, webhook_id, event in self.received if webhook_id == event["id"] == event_id]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Receiver, int]]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.receive(body, {name.lower(): value for name, value in self.headers.items()}))
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    http_server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http_server.serve_forever, daemon=True).start()
    yield receiver, http_server.server_address[1]
    http_server.shutdown()


@pytest.fixture(scope="module")
def running(server: tuple[Receiver, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    state = tmp_path_factory.mktemp("webhooks")
    parameters = {
        "WebhookUrl": f"http://127.0.0.1:{server[1]}/in?tenant=7",
        "WebhookSecret": "webhooks",
    }
    options = [f"--parameter={name}={value}" for name, value in parameters.items()]
    process = start(state, "--ocr-endpoint=http://127.0.0.1:9", *options)
    try:
        here = wait_until_ready(process, state)
        server[0].secret = here.endpoints["webhook_secret"]
        yield here
        stop(process)
    finally:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_a_webhook_is_delivered_retried_and_resent(server: tuple[Receiver, int], running: Running) -> None:
    receiver, _ = server
    receiver.responses[:] = [503]
    client = Client(running.endpoints)
    event_id = client.upload(b"", "uploads/auto/empty.jpg")
    wait_for(lambda: 204 in receiver.statuses(event_id))
    assert receiver.statuses(event_id) == [503, 204]
    event = client.result(event_id)
    assert all(sent == event for _, _, sent in receiver.received), "the same event as on the results queue"
    environment = {**os.environ, "PERMIT_OCR_SANDBOX_DIRECTORY": str(running.state)}
    command = [str(COMMAND), "webhook", "resend", event_id]
    subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
    wait_for(lambda: receiver.statuses(event_id) == [503, 204, 204])
    client.consume()
    assert len(client.received[event_id]) == 1, "resent to the receiver only"


def test_a_webhook_refused_with_410_reaches_the_dead_letter_queue(
    server: tuple[Receiver, int], running: Running
) -> None:
    receiver, _ = server
    receiver.responses[:] = [410]
    client = Client(running.endpoints)
    event_id = client.upload(b"", "uploads/auto/another.jpg")
    messages: list[Any] = []

    def has_arrived() -> bool:
        response = client.sqs.receive_message(
            QueueUrl=running.endpoints["webhook_dead_letter_queue_url"],
            MessageAttributeNames=["All"],
            WaitTimeSeconds=1,
        )
        messages.extend(response.get("Messages", []))
        return bool(messages)

    wait_for(has_arrived)
    assert json.loads(messages[0]["Body"])["id"] == event_id
    assert messages[0]["MessageAttributes"]["reason"]["StringValue"] == "Webhook.Gone"
    assert receiver.statuses(event_id) == [410]
    logs = {log.name: log.read_text(errors="replace") for log in (running.state / "logs").iterdir()}
    assert any("webhook_delivered" in text for text in logs.values())
    functions = "".join(text for name, text in logs.items() if "Function" in name)
    assert "tenant=7" not in functions
    assert receiver.secret not in functions


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_example_receiver_handles_a_genuine_event_once(
    language: str, server: tuple[Receiver, int], running: Running, tmp_path: Path
) -> None:
    receiver, _ = server
    receiver.responses.clear()
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}/"
    command = [*example(f"webhooks/receiver.{language}", tmp_path), str(port)]
    with running_example(command, WEBHOOK_SECRET=receiver.secret) as process:
        wait_for(lambda: answers(address))
        receiver.forward_to = address
        try:
            event_id = Client(running.endpoints).upload(b"", f"uploads/auto/example-{language}.jpg")
            wait_for(lambda: 204 in receiver.statuses(event_id))
            (event,) = [event for _, webhook_id, event in receiver.received if webhook_id == event_id]
            now = datetime.now(UTC)
            body = json.dumps(event)
            for secret, status in ((receiver.secret, 204), ("whsec_" + "A" * 44, 401)):
                signature = Webhook(secret).sign(event_id, now, body)
                headers = {"webhook-id": event_id, "webhook-timestamp": str(int(now.timestamp()))}
                response = httpx.post(address, content=body, headers=headers | {"webhook-signature": signature})
                assert response.status_code == status
        finally:
            receiver.forward_to = ""
        process.terminate()
        printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert printed.splitlines() == [f"permit.rejected.v1 {event_id} rejected"]

"""Every bash block of the documentation runs as a reader would paste it, in a sandbox or in an emulated account.

``NOT_RUN`` in ``tests/documentation_blocks.py`` lists the commands that are not run, each with the reason.
"""

import base64
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from sandbox.ports import free_ports
from tests.contract.documentation.example_programs import CLIENTS
from tests.documentation_blocks import NOT_RUN, ROOT, Block, bash_blocks, blocks, reason_not_to_run
from tests.sandbox.api.test_console import blurred
from tests.sandbox.conftest import Running

SANDBOX_ADDRESS = "http://127.0.0.1:8000"
BLOCKS = bash_blocks()
RUN = [block for block in BLOCKS if not all(map(reason_not_to_run, block.commands()))]
IN_AN_ACCOUNT = {
    *("docs/webhooks.md-1", "docs/cost.md-2"),
    *("docs/deploy.md-1", "docs/deploy.md-2", "docs/deploy.md-6", "docs/deploy.md-8"),
}
"""They make or delete resources; the others run in the sandbox."""
SPECIMENS = ROOT / "events" / "specimens"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test"}
REGION = "us-east-1"
QUEUES = ("permit-ocr-results.fifo", "permit-ocr-results-dead-letters.fifo")
SECONDS = 300


@pytest.fixture(scope="module")
def checkout(sandbox: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory like a checkout with a running sandbox, and with the files that the blocks name."""
    directory = tmp_path_factory.mktemp("checkout")
    for entry in ROOT.iterdir():
        if entry.name not in {".sandbox", ".git"}:
            (directory / entry.name).symlink_to(entry)
    (directory / ".sandbox").symlink_to(sandbox.state)
    (directory / "photo.jpg").symlink_to(SPECIMENS / "hk-macao-permit-front-1.jpg")
    (directory / "in").mkdir()
    for side in ("front", "back"):
        (directory / "in" / f"{side}.jpg").symlink_to(SPECIMENS / f"residence-permit-{side}-1.jpg")
    (directory / "more").mkdir()
    (directory / "more" / "scan.heic").symlink_to(ROOT / "tests" / "corpus" / "heic_mif1.heic")
    (directory / "provider.json").write_text(blocks(ROOT / "docs" / "deploy.md", "json")[0], encoding="utf-8")
    (directory / "call.json").write_text("{}")
    # Version 1, the one on PyPI, has its own address for SQS; version 2 takes it from the environment alone.
    command = directory / "bin" / "aws"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{CLIENTS}/aws/bin/aws" --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n')
    command.chmod(0o755)
    return directory


@pytest.fixture(scope="module")
def _open_review(sandbox: Running) -> None:
    """Submit a photo that somebody has to review, for the block that decides on one."""
    photo = base64.b64encode(blurred("taiwan-permit-front-1.jpg")["buffer"]).decode()
    body = {"image_base64": photo, "document": "mainland-permit"}
    response = httpx.post(f"{sandbox.endpoints['api_url']}/v1/recognitions", json=body, timeout=60)
    assert response.json()["data"]["verdict"] == "review"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Run an emulated account that has only the queues of a deleted stack; give its environment variables."""
    (port,) = free_ports(1)
    endpoint = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "sandbox.aws.server", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        sqs = boto3.client(
            "sqs",
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        deadline = time.monotonic() + SECONDS
        for queue in QUEUES:
            while True:
                try:
                    sqs.create_queue(QueueName=queue, Attributes={"FifoQueue": "true"})
                    break
                except (EndpointConnectionError, ClientError):
                    assert time.monotonic() < deadline
                    time.sleep(0.2)
        yield {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, **KEYS}
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def recognizer_url() -> Iterator[str]:
    """Run a server that takes any request, in place of a deployed recogniser behind AWS's signatures."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            is_signed = self.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=test/")
            self.send_response(200 if is_signed else 403)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def test_every_reason_not_to_run_a_command_is_used() -> None:
    commands = [command for block in BLOCKS for command in block.commands()]
    assert {reason_not_to_run(command) for command in commands} - {None} == set(NOT_RUN)
    assert {block.name for block in RUN} >= IN_AN_ACCOUNT


@pytest.mark.usefixtures("_open_review")
@pytest.mark.parametrize("block", RUN, ids=lambda block: block.name)
def test_a_block_runs_as_it_stands(
    block: Block, checkout: Path, sandbox: Running, account: dict[str, str], recognizer_url: str
) -> None:
    commands = [command for command in block.commands() if not reason_not_to_run(command)]
    script = "".join(commands).replace(SANDBOX_ADDRESS, sandbox.endpoints["api_url"])
    of_sandbox = {
        "AWS_ENDPOINT_URL": sandbox.endpoints["aws_endpoint"],
        "AWS_REGION": sandbox.endpoints["region"],
        "AWS_DEFAULT_REGION": sandbox.endpoints["region"],
        **KEYS,
    }
    path = os.pathsep.join([str(checkout / "bin"), os.environ["PATH"]])
    environment = {**os.environ, **(account if block.name in IN_AN_ACCOUNT else of_sandbox)}
    done = subprocess.run(
        ["/usr/bin/env", "bash", "-euo", "pipefail", "-c", script],
        cwd=checkout,
        env=environment | {"PATH": path, "RECOGNIZER_URL": recognizer_url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


ANSWERS = {
    "describe-stacks": "CredentialsSecret\tAlarmTopic",
    "list-stack-resources": "permit-ocr-ApiErrorsAlarm\tpermit-ocr-UploadsErrorsAlarm",
    "get-queue-url": "https://sqs.us-east-1.amazonaws.com/123456789012/a",
    "get-queue-attributes": "arn:aws:sqs:us-east-1:123456789012:a",
    "describe-alarms": "{Arn=arn:aws:cloudwatch:us-east-1:123456789012:alarm:a,Type=AWS::CloudWatch::Alarm}",
}
"""What the AWS CLI would print, by operation: later commands of a block use it."""


@pytest.mark.parametrize(
    "block",
    [block for block in BLOCKS if any("aws " in one and reason_not_to_run(one) for one in block.commands())],
    ids=lambda block: block.name,
)
def test_the_aws_cli_accepts_the_arguments_of_what_is_not_run(block: Block, tmp_path: Path) -> None:
    """The AWS CLI validates its arguments before it fails to connect to an address where nothing listens."""
    answers = "\n".join(f"{operation}) echo '{text}' ;;" for operation, text in ANSWERS.items())
    (tmp_path / "aws").write_text(
        f'#!/bin/sh\n"{CLIENTS}/aws/bin/aws" --endpoint-url http://127.0.0.1:9 "$@" 2>"{tmp_path}/error"\n'
        f'grep -q "Could not connect to the endpoint" "{tmp_path}/error" || {{ cat "{tmp_path}/error" >&2; exit 1; }}\n'
        f'echo "$2" >> "{tmp_path}/called"\ncase "$2" in\n{answers}\nesac\n'
    )
    (tmp_path / "aws").chmod(0o755)
    environment = {**os.environ, **KEYS, "AWS_DEFAULT_REGION": REGION, "AWS_MAX_ATTEMPTS": "1"}
    done = subprocess.run(
        ["/usr/bin/env", "bash", "-euo", "pipefail", "-c", block.text],
        env=environment | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    called = (tmp_path / "called").read_text().split()
    assert called == re.findall(r"\baws [a-z-]+ ([a-z-]+)", block.text)


def test_python_blocks_run() -> None:
    """The other one is of a client: tests/contract/recognizer/test_independent_clients.py runs it."""
    (block,) = [text for text in blocks(ROOT / "docs" / "recognizer.md", "python") if "CommonClient" not in text]
    program = f"image_bytes = open('events/specimens/residence-permit-front-1.jpg', 'rb').read()\n{block}"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, timeout=SECONDS)


def test_the_example_of_recorded_answers_is_accepted(tmp_path: Path) -> None:
    from recognizer.service.fake_provider import RecordedAnswers

    (example,) = [text for text in blocks(ROOT / "docs" / "recognizer.md", "json") if '"sequence"' in text]
    (tmp_path / "answers.json").write_text(example.replace("<SHA-256 of the image>", "0" * 64), encoding="utf-8")
    RecordedAnswers.load(tmp_path / "answers.json")
    assert json.loads(example).keys() == {"images", "sequence"}

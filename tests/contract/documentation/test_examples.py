"""The examples: types, the signature of a request with curl, and the pipe's role and its events.

A pipe itself cannot be run here: neither emulator has EventBridge Pipes.
"""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.template.transform import read_template
from tests.contract.documentation.example_programs import CLIENTS, MODULES, ROOT

EXAMPLES = ROOT / "examples"
PHOTO = ROOT / "events" / "specimens" / "residence-permit-back-1.jpg"
REGION = "eu-central-1"
PIPE = read_template(EXAMPLES / "pipe.yaml")["Resources"]


def test_the_programs_in_typescript_have_no_type_errors(tmp_path: Path) -> None:
    sources = sorted(EXAMPLES.glob("**/*.ts"))
    assert [source.name for source in sources] == ["consumer.ts", "receiver.ts"]
    (tmp_path / "node_modules").symlink_to(MODULES)
    for source in sources:
        (tmp_path / source.name).write_bytes(source.read_bytes())
    options = [
        "--noEmit",
        "--strict",
        "--target",
        "es2024",
        "--module",
        "esnext",
        "--moduleResolution",
        "bundler",
        "--types",
        "node",
    ]
    checked = subprocess.run(
        [CLIENTS / "node", MODULES / "typescript/bin/tsc", *options, *(source.name for source in sources)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


@dataclass
class RecordingApi:
    """An API that records the requests that it gets."""

    url: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def api() -> Iterator[RecordingApi]:
    recording = RecordingApi()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            recording.requests.append((self.path, headers, body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    recording.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield recording
    server.shutdown()


@pytest.mark.parametrize("token", ["", "a-session-token/+="])
def test_the_signature_of_curl_is_the_one_that_aws_computes(token: str, api: RecordingApi) -> None:
    secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": REGION}
    environment = {"PATH": "/usr/bin:/bin", "API_URL": api.url, "AWS_SESSION_TOKEN": token, **keys}
    command = [str(EXAMPLES / "api" / "recognize.sh"), str(PHOTO), "residence-permit"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "{}"), done.stderr
    ((path, headers, body),) = api.requests
    assert json.loads(body).keys() == {"document", "image_base64"}
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=(?P<key>\w+)/(?P<scope>[^,]+), ?"
        r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>\w+)",
        headers["authorization"],
    )
    assert found, headers["authorization"]
    date = headers["x-amz-date"]
    assert found["scope"] == f"{date[:8]}/{REGION}/execute-api/aws4_request"
    signed = found["headers"].split(";")
    assert ("x-amz-security-token" in signed) == bool(token)
    request = AWSRequest(method="POST", url=api.url + path, data=body, headers={name: headers[name] for name in signed})
    request.context["timestamp"] = date
    auth = SigV4Auth(Credentials("AKIDEXAMPLE", secret), "execute-api", REGION)
    canonical = auth.canonical_request(request)
    assert urlsplit(api.url).netloc in canonical
    assert auth.signature(auth.string_to_sign(request, canonical), request) == found["signature"]


def test_the_pipe_may_only_read_the_queue_and_write_to_the_bus() -> None:
    role = PIPE["Role"]["Properties"]
    (policy,) = role["Policies"]
    queue, bus = policy["PolicyDocument"]["Statement"]
    consumer = json.loads((EXAMPLES / "iam" / "consumer.json").read_text(encoding="utf-8"))["Statement"][0]
    assert set(queue["Action"]) == set(consumer["Action"]) - {"sqs:ChangeMessageVisibility"}
    assert (queue["Resource"], bus["Action"]) == ({"Ref": "ResultsQueueArn"}, "events:PutEvents")
    assert bus["Resource"] == PIPE["Pipe"]["Properties"]["Target"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "pipes.amazonaws.com"}
    assert "aws:SourceAccount" in trust["Condition"]["StringEquals"]


@pytest.mark.parametrize("sample", sorted((ROOT / "events" / "samples").glob("*.json")), ids=lambda file: file.stem)
def test_the_pipe_makes_an_event_of_every_result(sample: Path) -> None:
    """Replace the paths as EventBridge does: with the JSON value of that path in the message."""
    parameters = PIPE["Pipe"]["Properties"]["TargetParameters"]
    message = {"body": json.loads(sample.read_text(encoding="utf-8"))}

    def value_at(path: str) -> Any:
        value: Any = message
        for name in path.removeprefix("$.").split("."):
            value = value[name]
        return value

    filled = re.sub(r"<(\$[\w.]+)>", lambda path: json.dumps(value_at(path[1])), parameters["InputTemplate"])
    assert json.loads(filled) == {name: message["body"][name] for name in ("id", "time", "data")}
    assert value_at(parameters["EventBridgeEventBusParameters"]["DetailType"]) == sample.stem

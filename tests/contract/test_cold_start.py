"""What a cold start may load, take and do.

Modules are counted and named, and the processor's time is that of botocore alone a few times over, since seconds are
another number on every machine.
"""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from permit_ocr.settings import Settings
from sandbox.lambda_runtime.environment_variables import link_runtime_packages

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".aws-sam" / "build"
MOST_MODULES = {"UploadsFunction": 680, "ApiFunction": 900}
"""With Python's own and the runtime's. Measured: 656 and 819."""
NEVER = {"PIL", "pypdfium2", "numpy", "tkinter", "unittest"}
"""What is needed rarely, elsewhere or not at all."""
NEVER_OF_THE_API = NEVER | {"pydantic.type_adapter", "aws_lambda_powertools.event_handler.openapi.models"}
"""Only the OpenAPI document needs them."""
NEVER_OF_UPLOADS = NEVER_OF_THE_API | {"aws_lambda_powertools.event_handler", "pydantic", "pydantic_core"}
"""Only the API receives HTTP requests."""
MOST_BOTOCORES = {"UploadsFunction": 2.1, "ApiFunction": 3.4}
"""Processor time of importing the function, relative to botocore's session. Measured for the API: 2.7."""
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    subprocess.run([ROOT / "layers" / "build.sh"], check=True, timeout=300)


def run(function: str, runtime: Path, script: str, **variables: str) -> str:
    """Return what a script prints last that has what the function has: its layers, its variables and the runtime."""
    layers = (BUILT / layer / "python" for layer in ("ThirdPartyLayer", "PermitOcrLayer"))
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, [BUILT / function, *layers, link_runtime_packages(runtime)])),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
        "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's file system is read-only
        **{field.name.upper(): "1" for field in dataclasses.fields(Settings)},
        "OCR_SITE": "intl",
        **(variables or KEYS),
    }
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def loaded(function: str, runtime: Path) -> set[str]:
    """Return the names of all modules once the function's environment has started."""
    script = "import json, sys, awslambdaric.bootstrap, app; print(json.dumps(sorted(sys.modules)))"
    return set(json.loads(run(function, runtime, script)))


def processor_seconds(function: str, runtime: Path, module: str) -> float:
    """Return what one import of a module takes in an environment of the function."""
    script = f"import time; began = time.process_time(); import {module}; print(time.process_time() - began)"
    return float(run(function, runtime, script))


@pytest.mark.parametrize("function", MOST_MODULES)
def test_a_cold_start_loads_no_more_modules_than_it_may(function: str, tmp_path: Path) -> None:
    assert len(loaded(function, tmp_path / "runtime")) <= MOST_MODULES[function]


@pytest.mark.parametrize("function", MOST_BOTOCORES)
def test_a_cold_start_takes_no_longer_than_it_may(function: str, tmp_path: Path) -> None:
    runtime = tmp_path / "runtime"
    # In turn, and the least of each: a busy machine makes some of them slower.
    pairs = [[processor_seconds(function, runtime, module) for module in ("app", "botocore.session")] for _ in range(3)]
    start, botocore = map(min, zip(*pairs, strict=True))
    assert start / botocore <= MOST_BOTOCORES[function]


@pytest.mark.parametrize(
    ("function", "never"), [("UploadsFunction", NEVER_OF_UPLOADS), ("ApiFunction", NEVER_OF_THE_API)]
)
def test_a_cold_start_loads_nothing_that_its_first_event_does_not_need(
    function: str, never: set[str], tmp_path: Path
) -> None:
    found = loaded(function, tmp_path / "runtime")
    assert "permit_ocr.bootstrap" in found
    assert not found & never


def test_the_routes_are_made_before_the_first_request(tmp_path: Path) -> None:
    script = "from app import resolver; resolver(); print(resolver.cache_info().misses, resolver.cache_info().hits)"
    assert run("ApiFunction", tmp_path / "runtime", script) == "1 1"


@dataclass(slots=True)
class Local:
    """A local address that is asked for credentials and called in AWS's place, and who asked."""

    url: str
    asked: list[tuple[str, int]] = field(default_factory=list)
    """Path and port of the connection, in order."""


@contextmanager
def local_address() -> Iterator[Local]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            local.asked.append((self.path, self.client_address[1]))
            body = json.dumps({"MessageId": "1", "SequenceNumber": "1"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815  http.server's names

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    local = Local(f"http://127.0.0.1:{server.server_port}")
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield local
    finally:
        server.shutdown()
        server.server_close()


WATCHED = """
import json, sys
connected = []
network = ("socket.connect", "socket.getaddrinfo", "socket.sendto")
sys.addaudithook(lambda event, arguments: connected.append(event) if event in network else None)
import awslambdaric.bootstrap, app
at_start = list(connected)
from permit_ocr import bootstrap
publish = lambda: bootstrap.intake_queue()._client.send_message(QueueUrl="http://aws.example/1/queue", MessageBody="{}")
"""


@pytest.mark.parametrize("function", MOST_MODULES)
def test_nothing_is_connected_before_the_first_event(function: str, tmp_path: Path) -> None:
    with local_address() as local:
        script = WATCHED + "publish(); print(json.dumps([at_start, connected]))"
        printed = run(function, tmp_path / "runtime", script, AWS_ENDPOINT_URL=local.url, **KEYS)
    at_start, afterwards = json.loads(printed)
    assert at_start == []
    assert afterwards, "a call does connect, and the hook sees it"
    assert [path for path, _ in local.asked] == ["/"]


@pytest.mark.parametrize("function", MOST_MODULES)
def test_a_connection_to_aws_is_kept_between_calls(function: str, tmp_path: Path) -> None:
    with local_address() as local:
        run(
            function,
            tmp_path / "runtime",
            WATCHED + "publish(); publish(); print()",
            AWS_ENDPOINT_URL=local.url,
            **KEYS,
        )
    first, second = (port for _, port in local.asked)
    assert first == second

"""Limits of a cold start: modules loaded, processor time, connections.

Processor time is a multiple of what importing botocore takes, since seconds differ between machines.
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

ROOT = Path(__file__).parents[3]
BUILT = ROOT / ".aws-sam" / "build"
MODULES_LIMIT = {"UploadsFunction": 680, "ApiFunction": 900}
"""Including those of Python and the runtime. Measured: 680 and 857."""
NEVER = {"PIL", "pypdfium2", "numpy", "tkinter", "unittest"}
"""Needed rarely, elsewhere or not at all."""
NEVER_IN_THE_API = NEVER | {"pydantic.type_adapter", "aws_lambda_powertools.event_handler.openapi.models"}
"""Only the OpenAPI document needs them."""
NEVER_IN_UPLOADS = NEVER_IN_THE_API | {"aws_lambda_powertools.event_handler", "pydantic", "pydantic_core"}
"""Only the API receives HTTP requests."""
BOTOCORE_IMPORTS_LIMIT = {"UploadsFunction": 3.4, "ApiFunction": 4.6}
"""Processor time of importing the function, relative to botocore's session: a third more than was measured beside other
tests (2.5 and 3.4; 2.7 for the API on an idle machine). ``bench.system.cold_start`` has the exact figures."""
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    subprocess.run([ROOT / "layers" / "build.sh"], check=True, timeout=300)


def run(function: str, runtime: Path, script: str, **variables: str) -> str:
    """Run a script with the function's layers, variables and runtime. Return the last line that it prints."""
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
    """Return the names of all modules that a cold start loads."""
    script = "import json, sys, awslambdaric.bootstrap, app; print(json.dumps(sorted(sys.modules)))"
    return set(json.loads(run(function, runtime, script)))


def processor_seconds(function: str, runtime: Path, module: str) -> float:
    """Return the processor time of importing a module in the function's environment."""
    script = f"import time; started = time.process_time(); import {module}; print(time.process_time() - started)"
    return float(run(function, runtime, script))


@pytest.mark.parametrize("function", MODULES_LIMIT)
def test_a_cold_start_loads_few_modules(function: str, tmp_path: Path) -> None:
    assert len(loaded(function, tmp_path / "runtime")) <= MODULES_LIMIT[function]


@pytest.mark.parametrize("function", BOTOCORE_IMPORTS_LIMIT)
def test_a_cold_start_takes_little_processor_time(function: str, tmp_path: Path) -> None:
    runtime = tmp_path / "runtime"
    # In turn, and the minimum of each, since a busy machine makes some of them slower.
    pairs = [[processor_seconds(function, runtime, module) for module in ("app", "botocore.session")] for _ in range(3)]
    start, botocore = map(min, zip(*pairs, strict=True))
    assert start / botocore <= BOTOCORE_IMPORTS_LIMIT[function]


@pytest.mark.parametrize(
    ("function", "never"), [("UploadsFunction", NEVER_IN_UPLOADS), ("ApiFunction", NEVER_IN_THE_API)]
)
def test_a_cold_start_loads_no_module_that_is_rarely_needed(function: str, never: set[str], tmp_path: Path) -> None:
    modules = loaded(function, tmp_path / "runtime")
    assert "permit_ocr.bootstrap" in modules
    assert not modules & never


def test_the_router_is_built_before_the_first_request(tmp_path: Path) -> None:
    script = "from app import resolver; resolver(); print(resolver.cache_info().misses, resolver.cache_info().hits)"
    assert run("ApiFunction", tmp_path / "runtime", script) == "1 1"


@dataclass(slots=True)
class FakeAws:
    """A server in place of AWS, and the requests it has received."""

    url: str
    requests: list[tuple[str, int]] = field(default_factory=list)
    """Path and client port, in order."""


@contextmanager
def fake_aws() -> Iterator[FakeAws]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            aws.requests.append((self.path, self.client_address[1]))
            body = json.dumps({"MessageId": "1", "SequenceNumber": "1"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = respond  # noqa: N815  http.server's names

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    aws = FakeAws(f"http://127.0.0.1:{server.server_port}")
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield aws
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
publish = lambda: bootstrap.queue("")._client.send_message(QueueUrl="http://aws.example/1/queue", MessageBody="{}")
"""


@pytest.mark.parametrize("function", MODULES_LIMIT)
def test_a_cold_start_opens_no_connections(function: str, tmp_path: Path) -> None:
    with fake_aws() as aws:
        script = WATCHED + "publish(); print(json.dumps([at_start, connected]))"
        printed = run(function, tmp_path / "runtime", script, AWS_ENDPOINT_URL=aws.url, **KEYS)
    at_start, afterwards = json.loads(printed)
    assert at_start == []
    assert afterwards, "a call does connect, and the audit hook sees it"
    assert [path for path, _ in aws.requests] == ["/"]


@pytest.mark.parametrize("function", MODULES_LIMIT)
def test_connections_to_aws_are_reused_between_calls(function: str, tmp_path: Path) -> None:
    with fake_aws() as aws:
        run(
            function,
            tmp_path / "runtime",
            WATCHED + "publish(); publish(); print()",
            AWS_ENDPOINT_URL=aws.url,
            **KEYS,
        )
    first, second = (port for _, port in aws.requests)
    assert first == second

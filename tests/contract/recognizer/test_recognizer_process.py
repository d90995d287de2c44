"""``permit-ocr recognizer`` as a process: the official SDK gets answers, faults come as told, it stops cleanly."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection, parse_headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedReader
from pathlib import Path
from typing import Any

import pytest
import requests
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from recognizer.wire.common_parameters import Credentials
from tests.contract.recognizer.recognizer_process import (
    MAINLAND,
    PATIENCE_SECONDS,
    RECORDED,
    RESIDENCE,
    SECRET_ID,
    SECRET_KEY,
    RunningRecognizer,
    recognizer,
)
from tests.unit.recognizer.wire.signing import signed_call

IMAGE = {"ImageBase64": "bm90IGFuIGltYWdl"}
PROGRAM = Path(sys.executable).with_name("permit-ocr")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRecognizer]:
    options = ("--rate-limit", "0", "--allow-http", "--allow-private")
    with recognizer(tmp_path_factory.mktemp("recognizer"), *options) as running:
        yield running


def client(
    here: RunningRecognizer, method: str = "POST", *, unsigned_payload: bool = False, key: str = SECRET_KEY
) -> CommonClient:
    http_profile = HttpProfile(protocol="http", endpoint=here.host, reqMethod=method, reqTimeout=PATIENCE_SECONDS)
    profile = ClientProfile(httpProfile=http_profile)
    profile.unsignedPayload = unsigned_payload
    return CommonClient("ocr", "2018-11-19", Credential(SECRET_ID, key), "", profile=profile)


def called(here: RunningRecognizer, parameters: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    response: dict[str, Any] = client(here, **options).call_json("MainlandPermitOCR", parameters or IMAGE)["Response"]
    return response


@pytest.mark.parametrize(("action", "recorded"), [("MainlandPermitOCR", MAINLAND), ("HmtResidentPermitOCR", RESIDENCE)])
@pytest.mark.parametrize(("method", "unsigned_payload"), [("POST", False), ("POST", True), ("GET", False)])
def test_the_official_client_gets_answers(
    server: RunningRecognizer, action: str, recorded: dict[str, Any], method: str, *, unsigned_payload: bool
) -> None:
    caller = client(server, method, unsigned_payload=unsigned_payload)
    response = caller.call_json(action, IMAGE)["Response"]
    assert response["Name"] == recorded["Name"]
    assert response["RequestId"]


def test_the_official_client_recognises_an_error(server: RunningRecognizer) -> None:
    with pytest.raises(TencentCloudSDKException) as raised:
        called(server, key="wrong")
    assert raised.value.code == "AuthFailure.SignatureFailure"
    assert raised.value.requestId


def test_the_largest_allowed_image_gets_an_answer(server: RunningRecognizer) -> None:
    assert called(server, {"ImageBase64": "A" * 7 * 1024 * 1024})["Name"] == MAINLAND["Name"]


def test_the_sender_of_too_large_a_body_sees_the_error(server: RunningRecognizer) -> None:
    with pytest.raises(TencentCloudSDKException, match="RequestSizeLimitExceeded"):
        called(server, {"ImageBase64": "A" * 11 * 1024 * 1024})


def test_an_image_is_downloaded_from_its_url(server: RunningRecognizer) -> None:
    class Images(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"\x89PNG image")

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Images) as images:
        threading.Thread(target=images.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{images.server_port}/a.jpg?X-Amz-Signature=secret"
        assert called(server, {"ImageUrl": url})["Name"] == MAINLAND["Name"]
        images.shutdown()


def test_health_and_metrics_answer_without_a_signature(server: RunningRecognizer) -> None:
    called(server)
    assert server.get("/health") == "ready\n"
    assert 'permit_ocr_recognizer_calls_total{action="MainlandPermitOCR",code="OK"} ' in server.get("/metrics")


def code_of_next(answers: BufferedReader) -> str:
    """Return the code of the next response on a connection."""
    assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
    headers = parse_headers(answers)
    response = json.loads(answers.read(int(headers["content-length"])))["Response"]
    return response["Error"]["Code"] if "Error" in response else "OK"


def test_the_21st_call_of_a_second_is_rejected(tmp_path: Path) -> None:
    """Signed calls are sent in advance on eight connections, so that far more than 21 arrive in one second."""
    with recognizer(tmp_path) as here, ExitStack() as connections:
        call = signed_call(IMAGE, credentials=Credentials(SECRET_ID, SECRET_KEY), timestamp=int(time.time()))
        head = "".join(f"{name}: {value}\r\n" for name, value in call.headers.items())
        one = f"POST / HTTP/1.1\r\n{head}content-length: {len(call.body)}\r\n\r\n".encode() + call.body
        callers = [connections.enter_context(socket.create_connection(("127.0.0.1", here.port))) for _ in range(8)]
        for caller in callers:
            caller.sendall(one * 25)
        answers = [connections.enter_context(caller.makefile("rb")) for caller in callers]
        codes = {code_of_next(answer) for answer in answers for _ in range(25)}
        busiest = 'permit_ocr_recognizer_busiest_second_calls{action="MainlandPermitOCR",state="admitted"} '
        admitted = next(line for line in here.get("/metrics").splitlines() if line.startswith(busiest))
        assert codes == {"OK", "RequestLimitExceeded"}
        assert float(admitted.removeprefix(busiest)) == 20


@pytest.mark.parametrize(
    ("fault", "error", "seconds"),
    [
        ("reset", requests.exceptions.ConnectionError, PATIENCE_SECONDS),
        ("truncated", requests.exceptions.ChunkedEncodingError, PATIENCE_SECONDS),
        ("hang", requests.exceptions.ReadTimeout, 1),
    ],
)
def test_injected_connection_faults_occur(tmp_path: Path, fault: str, error: type[Exception], seconds: float) -> None:
    with recognizer(tmp_path, "--fault", f"{fault}=1") as here:
        call = signed_call(IMAGE, credentials=Credentials(SECRET_ID, SECRET_KEY), timestamp=int(time.time()))
        with pytest.raises(error):
            requests.post(
                f"http://{here.host}/", data=call.body, headers=call.headers, timeout=(PATIENCE_SECONDS, seconds)
            )
        assert f'code="{fault}"' in here.get("/metrics")


def test_an_injected_502_is_a_network_error_to_the_sdk(tmp_path: Path) -> None:
    with recognizer(tmp_path, "--fault", "http-502=1") as here, pytest.raises(TencentCloudSDKException) as raised:
        called(here)
    assert raised.value.code == "ServerNetworkError"


def test_injected_latency_delays_a_call(tmp_path: Path) -> None:
    with recognizer(tmp_path, "--latency", "0.3") as here:
        started = time.monotonic()
        called(here)
        assert time.monotonic() - started >= 0.3


def wait_for_a_call(here: RunningRecognizer) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while 'state="arrived"' not in here.get("/metrics"):
        assert time.monotonic() < give_up, "no call arrived"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_calls_in_progress_finish_before_it_stops(tmp_path: Path, number: signal.Signals) -> None:
    with recognizer(tmp_path, "--latency", "1") as here, ThreadPoolExecutor(1) as thread:
        answer = thread.submit(called, here)
        wait_for_a_call(here)
        here.process.send_signal(number)
        assert answer.result(PATIENCE_SECONDS)["Name"] == MAINLAND["Name"]
        assert here.process.wait(PATIENCE_SECONDS) == 0


def test_an_injected_hang_does_not_prevent_stopping(tmp_path: Path) -> None:
    with recognizer(tmp_path, "--fault", "hang=1") as here, ThreadPoolExecutor(1) as thread:
        answer = thread.submit(called, here)
        wait_for_a_call(here)
        here.process.terminate()
        assert here.process.wait(PATIENCE_SECONDS) == 0
        assert isinstance(answer.exception(PATIENCE_SECONDS), TencentCloudSDKException)


def test_an_idle_connection_does_not_prevent_stopping(tmp_path: Path) -> None:
    with recognizer(tmp_path) as here:
        idle = HTTPConnection("127.0.0.1", here.port)
        idle.request("GET", "/health")
        idle.getresponse().read()
        here.process.terminate()
        assert here.process.wait(PATIENCE_SECONDS) == 0
        idle.close()


def test_the_log_contains_no_card_caller_or_url(tmp_path: Path) -> None:
    with recognizer(tmp_path) as here:
        called(here, {**IMAGE, "RetProfile": True})
        with pytest.raises(TencentCloudSDKException):
            called(here, {"ImageUrl": "https://images.invalid/a.jpg?signature=secret"})
        with pytest.raises(TencentCloudSDKException):
            called(here, {**IMAGE, "张三丰": 1})
        requests.post(
            f"http://{here.host}/", data=b"\xff", headers={"Authorization": "secret"}, timeout=PATIENCE_SECONDS
        )
        with socket.create_connection(("127.0.0.1", here.port)) as rough:
            rough.sendall(b"secret \xff\r\n\r\n")
            rough.recv(1000)
        here.process.terminate()
        log = here.whole_log()
    assert log.count("request_id=") == 4
    card_texts = [str(value) for card in (MAINLAND, RESIDENCE) for value in card.values() if len(str(value)) > 2]
    secrets = ["images.invalid", "signature", "secret", SECRET_ID, SECRET_KEY, IMAGE["ImageBase64"]]
    for text in [*card_texts, "张三丰", *secrets]:
        assert text not in log


def run(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "NO_COLOR": "1", "COLUMNS": "200", **variables}
    return subprocess.run(
        [PROGRAM, "recognizer", *options],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
        env=environment,
    )


def test_a_taken_port_is_a_one_line_error(server: RunningRecognizer) -> None:
    done = run("--port", str(server.port))
    assert done.returncode == 2
    problem = f"127.0.0.1:{server.port} cannot be used (Address already in use): choose another with --port"
    assert done.stderr == f"permit-ocr recognizer: {problem}\n"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1"])  # noqa: S104  what must be refused
def test_the_public_account_is_for_loopback_only(host: str) -> None:
    done = run("--host", host, "--port", "0")
    assert done.returncode == 2
    assert done.stderr.startswith(f"permit-ocr recognizer: --host {host}: needs --secret-id and RECOGNIZER_SECRET_KEY")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--fault", "explode=0.1"), "fault `explode`: must be one of reset, hang, truncated, html"),
        (("--fault", "reset=0.6", "--fault", "hang=0.6"), "faults: the probabilities together must not exceed 1"),
        (("--latency", "soon"), "latency `soon`: must be seconds"),
    ],
)
def test_invalid_fault_options_are_a_one_line_error(options: tuple[str, ...], reason: str) -> None:
    done = run(*options, "--port", "0")
    assert done.returncode == 2
    assert done.stderr.startswith(f"permit-ocr recognizer: {reason}")
    assert done.stderr.count("\n") == 1


def test_malformed_recorded_answers_are_a_one_line_error(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({**RECORDED, "other": {}}))
    done = run("--answers", str(path), "--port", "0")
    assert done.returncode == 2
    assert done.stderr == f"permit-ocr recognizer: {path}: `other` is neither `images` nor `sequence`\n"

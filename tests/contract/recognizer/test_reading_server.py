"""The server with its models: every error from its real cause, and workers that stop, die and are replaced."""

import base64
import io
import json
import os
import re
import signal
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from permit_ocr.tencent.error_table import UNLISTED, look_up
from recognizer.wire.common_parameters import Credentials
from tests.contract.recognizer.recognizer_process import SECRET_ID, SECRET_KEY, RunningRecognizer, reading_recognizer
from tests.unit.recognizer.wire.signing import signed_call

SPECIMENS = Path(__file__).parents[3] / "events" / "specimens"
TRUTH = {entry["file"]: entry for entry in json.loads((SPECIMENS / "truth.json").read_text())["specimens"]}
RESIDENCE, TRAVEL = "residence-permit-front-1.jpg", "taiwan-permit-front-1.jpg"
HMT, MAINLAND = "HmtResidentPermitOCR", "MainlandPermitOCR"
WORKERS, WAITING = 2, 2
PATIENCE_SECONDS = 90


@pytest.fixture(scope="module")
def server() -> Iterator[RunningRecognizer]:
    with own_server() as running:
        yield running


@contextmanager
def own_server() -> Iterator[RunningRecognizer]:
    sizes = (f"--workers={WORKERS}", f"--waiting={WAITING}")
    with reading_recognizer(*sizes, "--rate-limit=0", "--allow-http", "--allow-private") as running:
        yield running


def photograph(name: str) -> bytes:
    return (SPECIMENS / name).read_bytes()


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def call(
    here: RunningRecognizer, action: str, parameters: dict[str, Any], headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return the answer, or the error."""
    http_profile = HttpProfile(protocol="http", endpoint=here.host, reqTimeout=PATIENCE_SECONDS)
    client = CommonClient(
        "ocr", "2018-11-19", Credential(SECRET_ID, SECRET_KEY), "", profile=ClientProfile(httpProfile=http_profile)
    )
    try:
        answer: dict[str, Any] = client.call_json(action, parameters, headers=dict(headers or {}))["Response"]
    except TencentCloudSDKException as error:
        answer = {"Code": error.code, "RequestId": error.requestId}
    assert answer["RequestId"]
    assert look_up(answer.get("Code", "InternalError")) is not UNLISTED
    return answer


def code(here: RunningRecognizer, action: str, parameters: dict[str, Any]) -> str:
    return str(call(here, action, parameters).get("Code", "OK"))


# --- errors ---


def png(width: int, height: int) -> bytes:
    """Return a small PNG file whose header declares this size."""
    header = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data)) for name, data in chunks
    )


def drawn(file_format: str, size: tuple[int, int] = (800, 500)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "white").save(file, file_format)
    return file.getvalue()


TRUNCATED = photograph(RESIDENCE)[:20_000]
IMAGE_ERRORS = [
    (HMT, b"", "FailedOperation.EmptyImageError"),
    (MAINLAND, b"", "FailedOperation.ImageDecodeFailed"),
    *((action, TRUNCATED, "FailedOperation.ImageDecodeFailed") for action in (HMT, MAINLAND)),
    *((action, b"no image at all", "FailedOperation.ImageDecodeFailed") for action in (HMT, MAINLAND)),
    *((action, drawn("GIF"), "FailedOperation.ImageDecodeFailed") for action in (HMT, MAINLAND)),
    *((action, png(100_000, 100_000), "LimitExceeded.TooLargeFileError") for action in (HMT, MAINLAND)),
    (HMT, drawn("PNG"), "FailedOperation.ImageNoText"),
    (MAINLAND, drawn("JPEG"), "FailedOperation.ImageNoSpecifiedCard"),
    (MAINLAND, photograph(RESIDENCE), "FailedOperation.ImageNoSpecifiedCard"),
]


@pytest.mark.parametrize(("action", "image", "expected"), IMAGE_ERRORS, ids=range(len(IMAGE_ERRORS)))
def test_image_errors_have_their_codes(server: RunningRecognizer, action: str, image: bytes, expected: str) -> None:
    assert code(server, action, {"ImageBase64": encoded(image)}) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "InvalidParameterValue.InvalidParameterValueLimit"),
        ({"ImageBase64": "AAAA", "CardSide": "TOP"}, "InvalidParameterValue.InvalidParameterValueLimit"),
        ({"ImageBase64": "no Base64"}, "FailedOperation.ImageDecodeFailed"),
        ({"ImageBase64": "A" * (7 * 1024 * 1024 + 4)}, "LimitExceeded.TooLargeFileError"),
        ({"ImageBase64": "AAAA", "RetProfile": "yes"}, "InvalidParameter"),
        ({"ImageBase64": "AAAA", "Rotate": True}, "UnknownParameter"),
    ],
)
def test_parameter_errors_have_their_codes(
    server: RunningRecognizer, parameters: dict[str, Any], expected: str
) -> None:
    assert code(server, MAINLAND, parameters) == expected


@contextmanager
def images() -> Iterator[str]:
    """Serve photos, HTML pages and endless files; yields the base URL."""
    over = threading.Event()

    class Images(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.lstrip("/")
            if name == "slow":
                over.wait(60)
            content = {"page": b"<!doctype html>", "empty": b"", "gif": drawn("GIF"), "slow": drawn("PNG")}.get(name)
            content = b"\xff\xd8\xff" + bytes(6 * 1024 * 1024) if name == "large" else content
            content = photograph(name) if content is None and (SPECIMENS / name).is_file() else content
            self.send_response(404 if content is None else 200)
            self.end_headers()
            try:
                self.wfile.write(content or b"")
            except OSError:
                return  # the downloader may close early

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Images) as here:
        threading.Thread(target=here.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{here.server_port}"
        over.set()
        here.shutdown()


@contextmanager
def deaf_port() -> Iterator[int]:
    """Reserve a port without listening on it, so that connections are refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_download_errors_have_their_codes(server: RunningRecognizer) -> None:
    with images() as web, deaf_port() as port:
        for path, expected in {
            "page": "FailedOperation.DownLoadError",
            "missing": "FailedOperation.DownLoadError",
            "slow": "FailedOperation.DownLoadError",
            "empty": "FailedOperation.EmptyImageError",
            "gif": "FailedOperation.ImageDecodeFailed",
            "large": "LimitExceeded.TooLargeFileError",
        }.items():
            assert (path, code(server, HMT, {"ImageUrl": f"{web}/{path}"})) == (path, expected)
        for url in (
            f"http://127.0.0.1:{port}/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::ffff:169.254.169.254]/",
            "http://0.0.0.0/",
            "file:///etc/hosts",
            "no address",
        ):
            assert (url, code(server, HMT, {"ImageUrl": url})) == (url, "FailedOperation.DownLoadError")


def test_the_url_takes_precedence_over_the_image(server: RunningRecognizer) -> None:
    with images() as web:
        both = {"ImageUrl": f"{web}/{TRAVEL}", "ImageBase64": encoded(photograph(RESIDENCE))}
        assert call(server, MAINLAND, both)["Number"] == TRUTH[TRAVEL]["answer"]["Number"]
        both = {"ImageUrl": f"{web}/missing", "ImageBase64": encoded(photograph(TRAVEL))}
        assert code(server, MAINLAND, both) == "FailedOperation.DownLoadError"


# --- processes ---


def test_cards_are_read_with_the_report_on_request(server: RunningRecognizer) -> None:
    asking = {"X-Permit-Ocr-Confidence": "fields"}
    answer = call(server, HMT, {"ImageBase64": encoded(photograph(RESIDENCE))}, asking)
    confidences, positions = answer.pop("FieldConfidences"), answer.pop("Positions")
    assert 0 <= answer.pop("DocumentConfidence") <= 1
    assert {"Name", "IdCardNo"} <= positions["fields"].keys()
    assert answer["IdCardNo"] == TRUTH[RESIDENCE]["answer"]["IdCardNo"]
    assert confidences.keys() <= answer.keys()
    assert {"Name", "IdCardNo"} <= confidences.keys()
    assert all(0 <= confidence <= 1 for confidence in confidences.values())
    assert call(server, HMT, {"ImageBase64": encoded(photograph(RESIDENCE))}).keys() == answer.keys()


def processes_of(server: RunningRecognizer) -> list[int]:
    """Return the worker processes."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == server.process.pid and state != "Z":
            found.append(int(process.name))
    return found


def test_worker_processes_do_not_hold_the_secret_key(server: RunningRecognizer) -> None:
    wait_until(lambda: len(processes_of(server)) == WORKERS)
    for process in processes_of(server):
        try:
            variables = Path(f"/proc/{process}/environ").read_bytes()
        except PermissionError:
            assert os.getuid()  # only root can look into them
            continue
        assert b"PATH=" in variables
        assert SECRET_KEY.encode() not in variables


def metric(server: RunningRecognizer, name: str) -> int:
    found = re.search(rf"^permit_ocr_recognizer_{name} (\d+)\.0$", server.get("/metrics"), re.MULTILINE)
    assert found is not None
    return int(found[1])


def wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < give_up, "nothing happened"
        time.sleep(0.05)


def wait_for_calls(server: RunningRecognizer, in_flight: int) -> None:
    wait_until(lambda: metric(server, "calls_in_flight") == in_flight)


@contextmanager
def stopped_workers(server: RunningRecognizer) -> Iterator[list[int]]:
    """Suspend all workers for the block, so that cards stay in progress."""
    wait_until(lambda: metric(server, "workers_ready") == WORKERS and metric(server, "calls_in_flight") == 0)
    processes = processes_of(server)
    assert len(processes) == WORKERS
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield processes
    finally:
        for process in set(processes) & set(processes_of(server)):
            with suppress(ProcessLookupError):  # a killed one may just be gone
                os.kill(process, signal.SIGCONT)


def started_calls(server: RunningRecognizer, threads: ThreadPoolExecutor, count: int) -> list[Future[dict[str, Any]]]:
    """Keep this many calls in progress, none of which can be answered yet."""
    parameters = {"ImageBase64": encoded(photograph(TRAVEL))}
    calls = [threads.submit(call, server, MAINLAND, parameters) for _ in range(count)]
    wait_for_calls(server, count)
    return calls


def test_a_full_queue_rejects_and_its_calls_are_answered(server: RunningRecognizer) -> None:
    with ThreadPoolExecutor(8) as threads:
        with stopped_workers(server):
            calls = started_calls(server, threads, WORKERS + WAITING)
            assert metric(server, "calls_waiting") == WAITING
            refused = {"ImageBase64": encoded(photograph(TRAVEL))}
            assert code(server, MAINLAND, refused) == "RequestLimitExceeded"
        number = TRUTH[TRAVEL]["answer"]["Number"]
        assert [one.result(PATIENCE_SECONDS)["Number"] for one in calls] == [number] * (WORKERS + WAITING)


def memory(server: RunningRecognizer, name: str) -> int:
    """Return the server process's ``VmRSS`` or ``VmHWM`` (the peak) in megabytes."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{server.process.pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) // 1024


def test_peak_memory_is_as_documented_and_is_returned() -> None:
    """All 18 slots hold the largest images, and 8 bodies of 10 MB lack only their last bytes."""
    largest = signed_call(
        b" " * 10 * 1024 * 1024, credentials=Credentials(SECRET_ID, SECRET_KEY), timestamp=int(time.time())
    )
    lines = "".join(f"{name}: {value}\r\n" for name, value in largest.headers.items())
    head = f"POST / HTTP/1.1\r\n{lines}content-length: {len(largest.body)}\r\n\r\n".encode()
    with (
        reading_recognizer("--workers=2", "--waiting=16", "--rate-limit=0") as server,
        ThreadPoolExecutor(18) as threads,
    ):
        with stopped_workers(server):
            parameters = {"ImageBase64": "A" * 7 * 1024 * 1024}
            calls: list[Future[str]] = []
            for in_flight in (6, 12, 18):  # all bodies at a time may exceed ``request_body.MEMORY_LIMIT``
                calls += [threads.submit(code, server, MAINLAND, parameters) for _ in range(6)]
                wait_for_calls(server, in_flight)
            bodies = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8)]
            for body in bodies:
                body.sendall(head + largest.body[:-10])
            wait_until(lambda: memory(server, "VmRSS") > 180)
            for body in bodies:
                body.sendall(largest.body[-10:])
                assert b"HTTP/1.1 200" in body.recv(1000)
                body.close()
        assert [one.result(PATIENCE_SECONDS) for one in calls] == ["FailedOperation.ImageDecodeFailed"] * 18
        assert memory(server, "VmHWM") < 300
        wait_until(lambda: memory(server, "VmRSS") < 100)


def test_a_crashed_worker_fails_only_its_call_and_is_replaced(server: RunningRecognizer) -> None:
    replaced = metric(server, "workers_replaced_total")
    with ThreadPoolExecutor(8) as threads:
        with stopped_workers(server) as processes:
            calls = started_calls(server, threads, WORKERS + WAITING)
            for process in processes:
                os.kill(process, signal.SIGKILL)
        codes = [one.result(PATIENCE_SECONDS).get("Code", "OK") for one in calls]
    assert sorted(codes) == ["FailedOperation.OcrFailed"] * WORKERS + ["OK"] * WAITING
    wait_until(lambda: metric(server, "workers_ready") == WORKERS)
    assert metric(server, "workers_replaced_total") == replaced + WORKERS
    assert server.get("/health") == "ready\n"


def test_stopping_answers_calls_in_progress_and_ends_all_workers() -> None:
    with own_server() as server, ThreadPoolExecutor(8) as threads:
        with stopped_workers(server) as processes:
            calls = started_calls(server, threads, WORKERS + 1)
            server.process.send_signal(signal.SIGTERM)
        number = TRUTH[TRAVEL]["answer"]["Number"]
        assert [one.result(PATIENCE_SECONDS)["Number"] for one in calls] == [number] * (WORKERS + 1)
        assert server.process.wait(PATIENCE_SECONDS) == 0
        assert not any(lives(process) for process in processes)


def test_a_killed_server_leaves_no_worker() -> None:
    with own_server() as server:
        wait_until(lambda: metric(server, "workers_ready") == WORKERS)
        processes = processes_of(server)
        server.process.kill()
        server.process.wait(PATIENCE_SECONDS)
        wait_until(lambda: not any(lives(process) for process in processes))


def lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

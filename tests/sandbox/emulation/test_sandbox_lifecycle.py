"""The sandbox starts quickly, stops cleanly, reports errors in one line, and leaves no process behind."""

import contextlib
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from sandbox.template.transform import read_template
from sandbox.up import queue_endpoint
from sandbox.watchdog import SANDBOX_ID_VARIABLE
from tests.sandbox.conftest import ROOT, STOP_SECONDS, Running, start, stop, wait_until_ready

PROJECT = Path(__file__).parents[1] / "small_project"
UNUSED_OCR_SERVER = "--ocr-endpoint=http://127.0.0.1:9"
CLEAN_UP_SECONDS = 30.0


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT, tmp_path / "project")
    return tmp_path / "project"


def processes_of(state: Path) -> dict[int, str]:
    """Return the commands of the sandbox's processes, found by their environment or command line."""
    found = {}
    sandbox_ids = {_sandbox_id(entry, state) for entry in _processes()} - {None}
    for entry in _processes():
        with contextlib.suppress(OSError):
            environment = (entry / "environ").read_bytes().decode(errors="replace").split("\0")
            command = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            has_state = f"PERMIT_OCR_SANDBOX_DIRECTORY={state}" in environment
            has_id = any(f"{SANDBOX_ID_VARIABLE}={sandbox_id}" in environment for sandbox_id in sandbox_ids)
            if has_state or has_id or str(state) in command:
                found[int(entry.name)] = command
    return found


def _processes() -> Iterator[Path]:
    return (entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and int(entry.name) != os.getpid())


def _sandbox_id(entry: Path, state: Path) -> str | None:
    """Return the sandbox id in the watchdog's command line: the functions' processes have only that id."""
    with contextlib.suppress(OSError):
        command = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        if "watchdog.py" in " ".join(command) and any(part.startswith(str(state)) for part in command):
            return command[-3]
    return None


def assert_nothing_is_left(state: Path, seen: dict[int, str]) -> None:
    """Wait until neither a process in ``seen`` nor a newer one of the sandbox runs."""
    deadline = time.monotonic() + CLEAN_UP_SECONDS
    while left := processes_of(state) | {pid: command for pid, command in seen.items() if _is_running(pid)}:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
    assert not (state / "endpoints.json").exists()


def _is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return (Path(f"/proc/{pid}") / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_second_sandbox_works_beside_the_first(sandbox: Running, tmp_path: Path) -> None:
    assert sandbox.process.poll() is None
    process = start(tmp_path / "second")
    ready = wait_until_ready(process, tmp_path / "second")
    seen = processes_of(ready.state)
    assert httpx.get(f"{ready.endpoints['ocr_endpoint']}/health", timeout=60).status_code == 200
    stop(process)
    assert_nothing_is_left(ready.state, seen)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_sandbox_cleanly(project: Path, number: signal.Signals) -> None:
    process = start(project / ".sandbox", UNUSED_OCR_SERVER, root=project)
    ready = wait_until_ready(process, project / ".sandbox")
    httpx.get(f"{ready.endpoints['api_url']}/probe/environment", timeout=60)
    seen = processes_of(ready.state)
    assert len(seen) >= 5, "the command, the watchdog, moto, an emulator and its runtime"
    process.send_signal(number)
    _, stderr = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 0
    assert "Traceback" not in stderr
    assert_nothing_is_left(ready.state, seen)


@pytest.mark.parametrize("seconds", [0.7, 1.0, 1.3, 1.6, 2.0, 2.5])
def test_a_sandbox_killed_while_starting_leaves_nothing(project: Path, seconds: float) -> None:
    process = start(project / ".sandbox", UNUSED_OCR_SERVER, root=project)
    time.sleep(seconds)
    seen = processes_of(project / ".sandbox")
    process.kill()
    process.communicate(timeout=STOP_SECONDS)
    seen.pop(process.pid, None)
    assert_nothing_is_left(project / ".sandbox", seen)


def test_a_sandbox_killed_while_a_function_runs_leaves_nothing(project: Path) -> None:
    process = start(project / ".sandbox", UNUSED_OCR_SERVER, root=project)
    ready = wait_until_ready(process, project / ".sandbox")
    with ThreadPoolExecutor(1) as threads:
        threads.submit(httpx.get, f"{ready.endpoints['api_url']}/probe/sleep 4", timeout=60)  # the kill cuts it off
        deadline = time.monotonic() + STOP_SECONDS
        while not any(map(_is_runtime, (seen := processes_of(ready.state)).values())):
            assert time.monotonic() < deadline, "no function was started"
            time.sleep(0.05)
        process.kill()
    process.communicate(timeout=STOP_SECONDS)
    seen.pop(process.pid)
    assert_nothing_is_left(ready.state, seen)


def _is_runtime(command: str) -> bool:
    return "awslambdaric" in command and "aws-lambda-rie" not in command  # the emulator's command line contains it too


def test_the_sandbox_ends_with_one_line_when_a_part_ends(project: Path) -> None:
    process = start(project / ".sandbox", UNUSED_OCR_SERVER, root=project)
    ready = wait_until_ready(process, project / ".sandbox")
    seen = processes_of(ready.state)
    (moto,) = [pid for pid, command in seen.items() if "sandbox.aws.server" in command]
    os.kill(moto, signal.SIGKILL)
    _, stderr = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    assert stderr.splitlines()[-1].startswith("permit-ocr up: moto has ended: see ")
    assert_nothing_is_left(ready.state, seen)


def test_the_sandbox_ends_without_its_watchdog_and_leaves_nothing(project: Path) -> None:
    process = start(project / ".sandbox", UNUSED_OCR_SERVER, root=project)
    ready = wait_until_ready(process, project / ".sandbox")
    seen = processes_of(ready.state)
    (watchdog,) = [pid for pid, command in seen.items() if "watchdog.py" in command]
    os.kill(watchdog, signal.SIGKILL)
    _, stderr = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    assert stderr.splitlines()[-1] == "permit-ocr up: the watchdog process has ended"
    assert_nothing_is_left(ready.state, seen)


def test_a_taken_port_is_one_line_naming_its_option(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(project / ".sandbox", UNUSED_OCR_SERVER, f"--aws-port={port}", root=project)
        _, stderr = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    assert stderr.strip() == (
        f"permit-ocr up: port {port} cannot be used (Address already in use): choose another with --aws-port"
    )


def test_a_failed_build_is_one_line(project: Path) -> None:
    (project / "layers" / "build.sh").write_text("#!/bin/sh\necho one\necho 'build: no compiler' >&2\nexit 3\n")
    process = start(project / ".sandbox", UNUSED_OCR_SERVER, root=project)
    _, stderr = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    log = project / ".sandbox" / "logs" / "build.log"
    assert stderr.splitlines()[-1] == f"permit-ocr up: the build failed: no compiler; see {log}"
    assert_nothing_is_left(project / ".sandbox", {})


def test_a_template_that_does_not_transform_is_one_line(project: Path) -> None:
    template = project / "template.yaml"
    template.write_text(template.read_text().replace("Runtime: python3.13", "Runtime: python3.13\n      Layrs: []"))
    process = start(project / ".sandbox", UNUSED_OCR_SERVER, root=project)
    _, stderr = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    assert stderr.splitlines()[-1].startswith("permit-ocr up: the template does not transform: ")
    assert "Layrs" in stderr.splitlines()[-1]
    assert_nothing_is_left(project / ".sandbox", {})


def test_a_second_sandbox_in_the_same_directory_is_refused(sandbox: Running) -> None:
    process = start(sandbox.state)
    _, stderr = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    assert stderr.startswith("permit-ocr up: a sandbox is running here already")
    assert (sandbox.state / "endpoints.json").exists()


def test_the_endpoints_file_lists_every_queue(sandbox: Running) -> None:
    resources = read_template(ROOT / "template.yaml")["Resources"].items()
    queues = {name: one for name, one in resources if one["Type"] == "AWS::SQS::Queue"}
    created = {queue_endpoint(name) for name, queue in queues.items() if "Condition" not in queue}
    assert {"images_queue_url", "results_dead_letter_queue_url"} <= created
    listed = {name for name in sandbox.endpoints if name.endswith("_queue_url")}
    assert created <= listed <= {queue_endpoint(name) for name in queues}


def test_outside_a_checkout_the_message_says_where_to_run_it(tmp_path: Path) -> None:
    process = start(tmp_path, UNUSED_OCR_SERVER, root=tmp_path)
    _, stderr = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    assert stderr.strip() == f"permit-ocr up: no template.yaml in {tmp_path} or above it: run this in the checkout"

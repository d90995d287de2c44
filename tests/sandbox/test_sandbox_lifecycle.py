"""The sandbox starts quickly, stops cleanly, says in one line why it cannot run, and never leaves a process."""

import contextlib
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from sandbox.watchdog import SANDBOX_ID_VARIABLE
from tests.sandbox.conftest import STOP_SECONDS, Running, start, stop, wait_until_ready

PROJECT = Path(__file__).parent / "small_project"
NOTHING = "--ocr-endpoint=http://127.0.0.1:9"
LEFT_SECONDS = 30.0


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT, tmp_path / "project")
    return tmp_path / "project"


def processes_of(state: Path) -> dict[int, str]:
    """Return the processes of the sandbox in ``state``, by what their environment or their command line says."""
    found = {}
    marks = {_guardian_mark(entry, state) for entry in _processes()} - {None}
    for entry in _processes():
        with contextlib.suppress(OSError):
            environment = (entry / "environ").read_bytes().decode(errors="replace").split("\0")
            command = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            said_state = f"PERMIT_OCR_SANDBOX_DIRECTORY={state}" in environment
            if (
                said_state
                or str(state) in command
                or any(f"{SANDBOX_ID_VARIABLE}={mark}" in environment for mark in marks)
            ):
                found[int(entry.name)] = command
    return found


def _processes() -> Iterator[Path]:
    return (entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and int(entry.name) != os.getpid())


def _guardian_mark(entry: Path, state: Path) -> str | None:
    """Return the mark that a guardian of ``state`` watches; the functions' processes know no more than the mark."""
    with contextlib.suppress(OSError):
        command = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        if "guardian.py" in " ".join(command) and any(part.startswith(str(state)) for part in command):
            return command[-3]
    return None


def assert_nothing_is_left(state: Path, marked: dict[int, str]) -> None:
    """Neither what the sandbox ran when it was last looked at, nor anything newer."""
    give_up = time.monotonic() + LEFT_SECONDS
    while left := processes_of(state) | {pid: command for pid, command in marked.items() if _runs(pid)}:
        assert time.monotonic() < give_up, left
        time.sleep(0.05)
    assert not (state / "endpoints.json").exists()


def _runs(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return (Path(f"/proc/{pid}") / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def processor_seconds(processes: Iterable[int]) -> float:
    """Return the processor time that processes have taken, with that of their children which have ended."""
    ticks = 0
    for process in processes:
        with contextlib.suppress(OSError):
            # Behind the name: columns 14 to 17 of proc(5)'s stat.
            ticks += sum(map(int, Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def test_the_real_sandbox_is_ready_after_20_seconds_of_one_processor_once_built(
    sandbox: Running, tmp_path: Path
) -> None:
    """Of a processor: what else the machine does meanwhile makes it neither better nor worse."""
    assert sandbox.process.poll() is None  # it has built, and stays running: a second one beside it must work too
    process = start(tmp_path / "second")
    ready = wait_until_ready(process, tmp_path / "second")
    seen = processes_of(ready.state)
    seconds = processor_seconds(seen)
    assert httpx.get(f"{ready.endpoints['ocr_endpoint']}/health", timeout=60).status_code == 200
    stop(process)
    assert_nothing_is_left(ready.state, seen)
    assert 1 < seconds < 20


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(project: Path, number: signal.Signals) -> None:
    process = start(project / ".sandbox", NOTHING, root=project)
    ready = wait_until_ready(process, project / ".sandbox")
    httpx.get(f"{ready.endpoints['api_url']}/probe/environment", timeout=60)
    seen = processes_of(ready.state)
    assert len(seen) >= 5, "the command, the guardian, moto, an emulator and its runtime"
    process.send_signal(number)
    _, said = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 0
    assert "Traceback" not in said
    assert_nothing_is_left(ready.state, seen)


@pytest.mark.parametrize("seconds", [0.7, 1.0, 1.3, 1.6, 2.0, 2.5])
def test_killed_while_it_starts_it_leaves_nothing(project: Path, seconds: float) -> None:
    process = start(project / ".sandbox", NOTHING, root=project)
    time.sleep(seconds)
    seen = processes_of(project / ".sandbox")
    process.kill()
    process.communicate(timeout=STOP_SECONDS)
    seen.pop(process.pid, None)
    assert_nothing_is_left(project / ".sandbox", seen)


def test_killed_while_a_function_works_it_leaves_nothing(project: Path) -> None:
    process = start(project / ".sandbox", NOTHING, root=project)
    ready = wait_until_ready(process, project / ".sandbox")
    with ThreadPoolExecutor(1) as threads:
        threads.submit(httpx.get, f"{ready.endpoints['api_url']}/probe/sleep 4", timeout=60)  # the kill cuts it off
        give_up = time.monotonic() + STOP_SECONDS
        while not any(map(_is_runtime, (seen := processes_of(ready.state)).values())):
            assert time.monotonic() < give_up, "no function was started"
            time.sleep(0.05)
        process.kill()
    process.communicate(timeout=STOP_SECONDS)
    seen.pop(process.pid)
    assert_nothing_is_left(ready.state, seen)


def _is_runtime(command: str) -> bool:
    return "awslambdaric" in command and "aws-lambda-rie" not in command  # which is told what to start


def test_a_part_that_ends_ends_the_sandbox_in_one_line(project: Path) -> None:
    process = start(project / ".sandbox", NOTHING, root=project)
    ready = wait_until_ready(process, project / ".sandbox")
    seen = processes_of(ready.state)
    (moto,) = [pid for pid, command in seen.items() if "cloud_server" in command]
    os.kill(moto, signal.SIGKILL)
    _, said = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    assert said.splitlines()[-1].startswith("permit-ocr up: moto has ended: see ")
    assert_nothing_is_left(ready.state, seen)


def test_without_its_guardian_it_ends_and_leaves_nothing(project: Path) -> None:
    process = start(project / ".sandbox", NOTHING, root=project)
    ready = wait_until_ready(process, project / ".sandbox")
    seen = processes_of(ready.state)
    (guardian,) = [pid for pid, command in seen.items() if "guardian.py" in command]
    os.kill(guardian, signal.SIGKILL)
    _, said = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    assert said.splitlines()[-1] == "permit-ocr up: the guardian process has ended"
    assert_nothing_is_left(ready.state, seen)


def test_a_taken_port_is_one_line_that_names_its_option(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(project / ".sandbox", NOTHING, f"--aws-port={port}", root=project)
        _, said = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    assert said.strip() == (
        f"permit-ocr up: port {port} cannot be used (Address already in use): choose another with --aws-port"
    )


def test_a_failed_build_is_one_line(project: Path) -> None:
    (project / "layers" / "build.sh").write_text("#!/bin/sh\necho one\necho 'build: no compiler' >&2\nexit 3\n")
    process = start(project / ".sandbox", NOTHING, root=project)
    _, said = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    log = project / ".sandbox" / "logs" / "build.log"
    assert said.splitlines()[-1] == f"permit-ocr up: the build failed: no compiler; see {log}"
    assert_nothing_is_left(project / ".sandbox", {})


def test_a_template_that_does_not_transform_is_one_line(project: Path) -> None:
    template = project / "template.yaml"
    template.write_text(template.read_text().replace("Runtime: python3.13", "Runtime: python3.13\n      Layrs: []"))
    process = start(project / ".sandbox", NOTHING, root=project)
    _, said = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    assert said.splitlines()[-1].startswith("permit-ocr up: the template does not transform: ")
    assert "Layrs" in said.splitlines()[-1]
    assert_nothing_is_left(project / ".sandbox", {})


def test_a_second_sandbox_in_the_same_place_is_refused_and_harms_nothing(sandbox: Running) -> None:
    process = start(sandbox.state)
    _, said = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    assert said.startswith("permit-ocr up: a sandbox is running here already")
    assert (sandbox.state / "endpoints.json").exists()


def test_outside_a_checkout_it_says_where_to_run_it(tmp_path: Path) -> None:
    process = start(tmp_path, NOTHING, root=tmp_path)
    _, said = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    assert said.strip() == f"permit-ocr up: no template.yaml in {tmp_path} or above it: run this in the checkout"

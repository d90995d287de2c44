"""Runs the sandbox as its users do: with the ``permit-ocr up`` command, on free ports, in its own directory."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).parent / "permit-ocr"
STOP_SECONDS = 60.0  # only a guard against hanging
START_SECONDS = 120.0  # for a build on a busy machine; test_sandbox_lifecycle.py measures the start


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that is ready. ``state`` is the directory of its endpoints file and its logs."""

    endpoints: dict[str, str]
    state: Path
    process: subprocess.Popen[str]


def start(state: Path, *options: str, root: Path = ROOT) -> subprocess.Popen[str]:
    """Start ``permit-ocr up`` on free ports."""
    ports = ["--api-port=0", "--aws-port=0", "--ocr-port=0"]
    return subprocess.Popen(
        [COMMAND, "up", *ports, *options],
        cwd=root,
        env={**os.environ, "PERMIT_OCR_SANDBOX_DIRECTORY": str(state)},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_ready(process: subprocess.Popen[str], state: Path) -> Running:
    """Return when the sandbox has written its endpoints."""
    file = state / "endpoints.json"
    deadline = time.monotonic() + START_SECONDS
    while not file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            _, stderr = process.communicate()
            pytest.fail(f"the sandbox did not start: {stderr}")
        time.sleep(0.02)
    return Running(json.loads(file.read_text()), state, process)


def stop(process: subprocess.Popen[str]) -> str:
    """Stop the sandbox as Ctrl-C does and return what it printed."""
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 0, stderr
    return stderr


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a sandbox with the real template, artefacts and recogniser, and with its policies enforced."""
    state = tmp_path_factory.mktemp("sandbox")
    process = start(state, "--enforce-iam")
    try:
        yield wait_until_ready(process, state)
        stop(process)
    finally:
        process.kill()
        process.wait()

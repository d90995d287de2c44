"""With ``--cpu-quota`` every invocation, but not the init phase, is limited to the CPU of the function's memory size.

These tests need control groups, which need root and cgroup's cpu controller. On a machine that does not allow control
groups, each test asserts instead that the command says so in one line.
"""

import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.errors import SandboxError
from sandbox.lambda_runtime.cpu_quota import cpus_for, require_cgroups
from sandbox.watchdog import CGROUP_ROOTS, cgroup_name
from tests.sandbox.conftest import Running, start, stop, wait_until_ready

PROJECT = Path(__file__).parents[1] / "small_project"
MEMORY_MB = 128
OPTIONS = ("--ocr-endpoint=http://127.0.0.1:9", "--cpu-quota", f"--memory-size={MEMORY_MB}")
CLEAN_UP_SECONDS = 30.0
PATIENCE_SECONDS = 60.0  # on a busy machine, the first loading of the function takes longer than its timeout


@dataclass(frozen=True, slots=True)
class Environment:
    """An execution environment, as its function reported it."""

    report: dict[str, Any]
    sandbox_id: str

    @property
    def process(self) -> int:
        return int(self.report["process"])

    def cgroups(self, when: str) -> list[str]:
        """Return the names of the sandbox's control groups that it was in."""
        return re.findall(re.escape(cgroup_name(self.sandbox_id, "")) + r"\S+", self.report[when])


@dataclass(frozen=True, slots=True)
class LimitedSandbox:
    """A sandbox whose functions have CPU quotas."""

    running: Running

    def request(self, command: str) -> httpx.Response:
        return httpx.get(f"{self.running.endpoints['api_url']}/probe/{command}", timeout=60)

    def environment(self) -> "Environment":
        """Return the environment that answers next."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (response := self.request("groups")).status_code != 200:
            assert time.monotonic() < deadline, response.text
        return Environment(report=response.json(), sandbox_id=self.sandbox_id)

    @property
    def sandbox_id(self) -> str:
        return self.running.endpoints["sandbox_id"]

    def existing_cgroups(self) -> set[str]:
        """Return the names of the sandbox's control groups on this machine."""
        return {group.name for root in CGROUP_ROOTS for group in root.glob(cgroup_name(self.sandbox_id, "*"))}


@contextmanager
def started(directory: Path) -> Iterator[LimitedSandbox | None]:
    """Run the small project with CPU quotas; None, once the command has refused, where no control group is allowed."""
    shutil.copytree(PROJECT, directory / "project")
    state = directory / "project" / ".sandbox"
    process = start(state, *OPTIONS, root=directory / "project")
    try:
        if refusal := _refusal():
            _, stderr = process.communicate(timeout=60)
            assert (process.returncode, stderr.strip()) == (1, f"permit-ocr up: {refusal}")
            yield None
        else:
            yield LimitedSandbox(wait_until_ready(process, state))
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LimitedSandbox | None]:
    with started(tmp_path_factory.mktemp("limited")) as running:
        yield running


def _refusal() -> str | None:
    try:
        require_cgroups()
    except SandboxError as error:
        return str(error)
    return None


def test_init_has_a_whole_cpu_and_invocations_the_quota(limited: LimitedSandbox | None) -> None:
    if limited is None:
        return
    environment = limited.environment()
    assert environment.cgroups("at the start") == []
    assert len(environment.cgroups("now")) == 1
    began = time.monotonic()
    assert limited.request("compute 0.08").status_code == 200
    assert time.monotonic() - began > 0.9 * 0.08 / cpus_for(MEMORY_MB)


def test_a_runtime_restarted_after_a_crash_has_the_quota_too(limited: LimitedSandbox | None) -> None:
    if limited is None:
        return
    first = limited.environment()
    assert limited.request("crash").status_code == 500
    second = limited.environment()
    assert second.process != first.process
    assert second.cgroups("at the start") == []
    assert len(second.cgroups("now")) == 1


def test_a_killed_environments_control_group_is_removed(limited: LimitedSandbox | None) -> None:
    if limited is None:
        return
    first = limited.environment()
    assert set(first.cgroups("now")) <= limited.existing_cgroups()
    os.kill(_parent(first.process), signal.SIGKILL)
    second = limited.environment()
    assert set(second.cgroups("now")) <= limited.existing_cgroups()
    assert not set(first.cgroups("now")) & limited.existing_cgroups()


@pytest.mark.parametrize("end", [stop, lambda process: process.kill()], ids=["stopped", "killed"])
def test_no_control_group_outlives_the_sandbox(tmp_path: Path, end: Callable[..., object]) -> None:
    with started(tmp_path) as ending:
        if ending is None:
            return
        ending.environment()
        assert ending.existing_cgroups()
        end(ending.running.process)
        deadline = time.monotonic() + CLEAN_UP_SECONDS
        while ending.existing_cgroups() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert ending.existing_cgroups() == set()


def _parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])

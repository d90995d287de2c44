"""A function that is held within the part of a processor that comes with its memory size: always, and no longer.

These need control groups, which take root and cgroup's cpu controller. A machine that lets nobody make groups must say
so in one line, which is what each of these asserts there.
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

PROJECT = Path(__file__).parent / "small_project"
MEMORY_MB = 128
OPTIONS = ("--ocr-endpoint=http://127.0.0.1:9", "--processor-shares", f"--memory-size={MEMORY_MB}")
LEFT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Environment:
    """What one environment told of itself."""

    told: dict[str, Any]
    mark: str

    @property
    def process(self) -> int:
        return int(self.told["process"])

    def groups(self, when: str) -> list[str]:
        """Return the names of the sandbox's groups that it was in."""
        return re.findall(re.escape(cgroup_name(self.mark, "")) + r"\S+", self.told[when])


@dataclass(frozen=True, slots=True)
class Held:
    """A sandbox whose functions have shares."""

    running: Running

    def request(self, what: str) -> httpx.Response:
        return httpx.get(f"{self.running.endpoints['api_url']}/probe/{what}", timeout=60)

    def environment(self) -> "Environment":
        """Return the environment that answers now."""
        return Environment(told=self.request("groups").json(), mark=self.mark)

    @property
    def mark(self) -> str:
        return self.running.endpoints["mark"]

    def made(self) -> set[str]:
        """Return the names of the groups that this machine has for the sandbox."""
        return {group.name for place in CGROUP_ROOTS for group in place.glob(cgroup_name(self.mark, "*"))}


@contextmanager
def started(directory: Path) -> Iterator[Held | None]:
    """Run the small project with shares; None where the machine makes no groups, once the command has said so."""
    shutil.copytree(PROJECT, directory / "project")
    state = directory / "project" / ".sandbox"
    process = start(state, *OPTIONS, root=directory / "project")
    try:
        if refusal := _refusal():
            _, said = process.communicate(timeout=60)
            assert (process.returncode, said.strip()) == (1, f"permit-ocr up: {refusal}")
            yield None
        else:
            yield Held(wait_until_ready(process, state))
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held | None]:
    with started(tmp_path_factory.mktemp("shares")) as running:
        yield running


def _refusal() -> str | None:
    try:
        require_cgroups()
    except SandboxError as error:
        return str(error)
    return None


def test_a_start_has_a_whole_processor_and_what_follows_the_share_of_its_memory_size(held: Held | None) -> None:
    if held is None:
        return
    environment = held.environment()
    assert environment.groups("at the start") == []
    assert len(environment.groups("now")) == 1
    began = time.monotonic()
    assert held.request("compute 0.08").status_code == 200
    assert time.monotonic() - began > 0.9 * 0.08 / cpus_for(MEMORY_MB)


def test_a_runtime_that_follows_one_that_crashed_is_held_too(held: Held | None) -> None:
    if held is None:
        return
    first = held.environment()
    assert held.request("crash").status_code == 500
    second = held.environment()
    assert second.process != first.process
    assert second.groups("at the start") == []
    assert len(second.groups("now")) == 1


def test_the_group_of_an_environment_that_was_killed_goes_with_it(held: Held | None) -> None:
    if held is None:
        return
    first = held.environment()
    assert set(first.groups("now")) <= held.made()
    os.kill(_parent(first.process), signal.SIGKILL)
    second = held.environment()
    assert set(second.groups("now")) <= held.made()
    assert not set(first.groups("now")) & held.made()


@pytest.mark.parametrize("end", [stop, lambda process: process.kill()], ids=["stopped", "killed"])
def test_no_group_outlives_the_sandbox(tmp_path: Path, end: Callable[..., object]) -> None:
    with started(tmp_path) as ending:
        if ending is None:
            return
        ending.environment()
        assert ending.made()
        end(ending.running.process)
        give_up = time.monotonic() + LEFT_SECONDS
        while ending.made() and time.monotonic() < give_up:
            time.sleep(0.05)
        assert ending.made() == set()


def _parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])

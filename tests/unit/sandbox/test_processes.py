"""What the sandbox knows of the processes it started."""

import asyncio
import os
import signal
import time
from pathlib import Path

from sandbox.processes import Processes

PATIENCE_SECONDS = 60.0
ROUNDS = 20  # a kill is seen late only now and then


def test_a_child_that_was_killed_does_not_count_from_the_moment_of_the_kill(tmp_path: Path) -> None:
    """Its parent waits for something else, so the child stays listed; until it is scheduled again it looks alive."""
    assert asyncio.run(_said_after_kills(tmp_path, of_the_child=True)) == [False] * ROUNDS


def test_children_of_one_that_was_killed_do_not_count(tmp_path: Path) -> None:
    """They live on, as somebody else's."""
    assert asyncio.run(_said_after_kills(tmp_path, of_the_child=False)) == [False] * ROUNDS


async def _said_after_kills(directory: Path, *, of_the_child: bool) -> list[bool]:
    """Return what is said of a process with a child the very moment one of the two was killed, again and again."""
    os.mkfifo(directory / "fifo")
    said = []
    async with Processes(directory / "logs", directory / "endpoints.json") as processes:
        for number in range(ROUNDS):
            name = f"parent-{number}"
            command = ["/bin/sh", "-c", f"sleep 600 & echo $! > {number}; read -r never < fifo"]
            parent = await processes.start(name, command, environment={"PATH": os.defpath}, directory=directory)
            child = await asyncio.to_thread(_number_in, directory / str(number))
            assert processes.has_children(name)
            os.kill(child if of_the_child else parent.pid, signal.SIGKILL)
            said.append(processes.has_children(name))
    return said


def _number_in(file: Path) -> int:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not (file.exists() and file.read_text().endswith("\n")):
        assert time.monotonic() < give_up
        time.sleep(0.01)
    return int(file.read_text())

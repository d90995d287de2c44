"""A killed process counts as ended from the moment of the kill."""

import asyncio
import os
import signal
import time
from pathlib import Path

from sandbox.processes import Processes

PATIENCE_SECONDS = 60.0
ROUNDS = 20  # a kill is only occasionally seen late


def test_a_killed_child_does_not_count(tmp_path: Path) -> None:
    """Its parent does not wait for it, so it stays listed; until it is scheduled again it looks alive."""
    assert asyncio.run(_has_children_after_kills(tmp_path, of_the_child=True)) == [False] * ROUNDS


def test_children_of_a_killed_process_do_not_count(tmp_path: Path) -> None:
    """They live on, adopted by another process."""
    assert asyncio.run(_has_children_after_kills(tmp_path, of_the_child=False)) == [False] * ROUNDS


async def _has_children_after_kills(directory: Path, *, of_the_child: bool) -> list[bool]:
    """Kill a process or its child; return, for each round, whether the process has children right after the kill."""
    os.mkfifo(directory / "fifo")
    answers = []
    async with Processes(directory / "logs", directory / "endpoints.json") as processes:
        for number in range(ROUNDS):
            name = f"parent-{number}"
            command = ["/bin/sh", "-c", f"sleep 600 & echo $! > {number}; read -r never < fifo"]
            parent = await processes.start(name, command, environment={"PATH": os.defpath}, directory=directory)
            child = await asyncio.to_thread(_read_number, directory / str(number))
            assert processes.has_children(name)
            os.kill(child if of_the_child else parent.pid, signal.SIGKILL)
            answers.append(processes.has_children(name))
    return answers


def _read_number(file: Path) -> int:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (file.exists() and file.read_text().endswith("\n")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return int(file.read_text())

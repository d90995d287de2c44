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

    async def rounds() -> list[bool]:
        said = []
        async with Processes(tmp_path / "logs", tmp_path / "endpoints.json") as processes:
            for number in range(ROUNDS):
                name = f"parent-{number}"
                command = ["/bin/sh", "-c", f"sleep 600 & echo $! > {number}; read -r never < fifo"]
                await processes.start(name, command, environment={"PATH": os.defpath}, directory=tmp_path)
                child = await asyncio.to_thread(_number_in, tmp_path / str(number))
                assert processes.has_children(name)
                os.kill(child, signal.SIGKILL)
                said.append(processes.has_children(name))
        return said

    os.mkfifo(tmp_path / "fifo")
    assert asyncio.run(rounds()) == [False] * ROUNDS


def _number_in(file: Path) -> int:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not (file.exists() and file.read_text().endswith("\n")):
        assert time.monotonic() < give_up
        time.sleep(0.01)
    return int(file.read_text())

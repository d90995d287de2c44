"""From the start of a new recogniser process to its first answer.

    .venv/bin/python -m bench.first_answer --processes 10

Each process is one of the service's workers and reads one clean card. Its modules are compiled, as in the container
image: the first process, which compiles them into a temporary folder, is not counted.
"""

import argparse
import asyncio
import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from bench.markdown import table
from permit_ocr.domain.permits import Kind
from recognizer.service.process_workers import ProcessWorkers

_CARD: Final = Path(__file__).parents[1] / "events" / "specimens" / "residence-permit-front-1.jpg"


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What one process took until it had answered, in seconds."""

    ready: float
    answered: float
    processor: float


def main() -> None:
    """Start the processes one after another and print their figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.first_answer", description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, default=10, help="how many are measured (default 10)")
    count = parser.parse_args().processes
    before = os.getloadavg()[0]
    with TemporaryDirectory() as compiled:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = compiled
        _, *answers = [asyncio.run(_first_answer()) for _ in range(1 + count)]
    rows = [
        _row("until the process is ready", [answer.ready for answer in answers]),
        _row("until its first answer", [answer.answered for answer in answers]),
        _row("processor time", [answer.processor for answer in answers]),
    ]
    print(table(["seconds", "median", "least", "most"], rows))
    load = f"load {before:.1f} at the start, {os.getloadavg()[0]:.1f} at the end"
    print(f"\n{count} processes, {os.cpu_count()} CPUs, {load}")


async def _first_answer() -> FirstAnswer:
    image = _CARD.read_bytes()
    processor_before, started = _processor_seconds(), time.perf_counter()
    workers = ProcessWorkers(1)
    await workers.start()
    ready = time.perf_counter()
    try:
        async with workers.acquire() as read:
            await read(image, kind=Kind.RESIDENCE_PERMIT, side=None, return_portrait=False)
        answered = time.perf_counter()
    finally:
        await workers.stop()
    return FirstAnswer(ready - started, answered - started, _processor_seconds() - processor_before)


def _processor_seconds() -> float:
    """Return what all ended child processes have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _row(label: str, seconds: list[float]) -> list[str]:
    return [label, *(f"{value:.2f}" for value in (median(seconds), min(seconds), max(seconds)))]


if __name__ == "__main__":
    main()

"""Warm invocations with a provider that takes 0.6 seconds: what a document costs, and what we add to the waiting.

    .venv/bin/python -m bench.warm --rounds 10

Ours gets whole batches of the size the template names, the baseline one photograph at a time, as S3 invokes it. In
each round both do as many documents. The limiter is set beyond the load, but for the row that says otherwise.
"""

import math
import sys
from statistics import fmean
from typing import Final

from bench.comparison import Comparison, Rounds
from bench.emulated import Environment, Runnable
from bench.measurement import Measurement, run_alone
from bench.stage import Stage, batch_event, s3_event, stage

LATENCY_SECONDS: Final = 0.6
_BASELINE_DOCUMENTS: Final = 4
"""Of a round: each takes as long as the last, so there is no need for a whole batch of them."""


async def measure(rounds: int) -> list[Comparison]:
    """Return the comparisons."""
    taken = Rounds()
    unlimited = {"MainlandPermitRate": "1000", "ResidencePermitRate": "1000"}
    async with stage(latency=LATENCY_SECONDS, parameters=unlimited) as on, stage(latency=LATENCY_SECONDS) as limited:
        function = on.runnables["UploadsFunction"]
        batch = batch_size(on)
        async with (
            on.emulator.environment(function) as ours,
            limited.emulator.environment(limited.runnables["UploadsFunction"]) as ours_limited,
            on.emulator.environment(on.runnables["baseline-UploadsFunction"]) as baseline,
            on.emulator.environment(on.runnables["floor-get_and_send"]) as floor,
        ):
            for _ in range(rounds + 1):  # the first makes them warm
                await _batch("ours", ours, function, on=on, size=batch, taken=taken)
                await _one_by_one("baseline", baseline, on.runnables["baseline-UploadsFunction"], on, taken, waits=True)
                await _one_by_one("floor", floor, on.runnables["floor-get_and_send"], on, taken, waits=False)
                await _batch("limited", ours_limited, function, on=limited, size=batch, taken=taken)
    for figures in taken.taken.values():
        del figures[0]
    wait = [LATENCY_SECONDS * 1000 * function.memory_mb / 1024 / batch]
    return [
        Comparison(
            key="billed",
            what=f"Billed for 1,000 documents, batches of {batch}",
            unit="GB-s",
            ours=taken["ours billed"],
            baseline=taken["baseline billed"],
            floor=wait,
            floor_is="the wait alone, shared by a batch",
            target=0.20,
            digits=1,
        ),
        Comparison(
            key="billed-limited",
            what="… with the default limiter, 19 calls a second, and nobody else calling",
            unit="GB-s",
            ours=taken["limited billed"],
            baseline=taken["baseline billed"],
            digits=1,
        ),
        Comparison(
            key="added",
            what="Added time for each document, handler less provider",
            unit="ms",
            ours=taken["ours added"],
            baseline=taken["baseline added"],
            floor=taken["floor added"],
            floor_is="one get, one send",
            target=0.5,
            digits=1,
        ),
        Comparison(
            key="processor",
            what="Processor time for each document",
            unit="ms",
            ours=taken["ours processor"],
            baseline=taken["baseline processor"],
            floor=taken["floor processor"],
            floor_is="one get, one send",
            digits=1,
        ),
    ]


def batch_size(on: Stage) -> int:
    """Return how many messages of the intake queue Lambda hands over at once."""
    name = on.runnables["UploadsFunction"].function.name
    return next(mapping.batch_size for mapping in on.deployed.mappings if mapping.function_name == name)


async def _batch(
    name: str, environment: Environment, runnable: Runnable, *, on: Stage, size: int, taken: Rounds
) -> None:
    """Do one batch; its added time is what it took beyond one wait, shared by its documents."""
    event = batch_event(on.store(size))
    before = environment.processor_ms()
    done = await environment.invoke(event)
    if done.answer != {"batchItemFailures": []}:
        raise SystemExit(f"documents of the batch were not done: {done.answer}")
    taken.add(f"{name} billed", _billed(done.handler, runnable) / size)
    taken.add(f"{name} added", (done.handler - LATENCY_SECONDS * 1000) / size)
    taken.add(f"{name} processor", (environment.processor_ms() - before) / size)


async def _one_by_one(
    name: str, environment: Environment, runnable: Runnable, on: Stage, taken: Rounds, *, waits: bool
) -> None:
    records = on.store(_BASELINE_DOCUMENTS)
    before = environment.processor_ms()
    times = [(await environment.invoke(s3_event(record))).handler for record in records]
    taken.add(f"{name} billed", fmean(_billed(time, runnable) for time in times))
    taken.add(f"{name} added", fmean(times) - (LATENCY_SECONDS * 1000 if waits else 0))
    taken.add(f"{name} processor", (environment.processor_ms() - before) / len(records))


def _billed(milliseconds: float, runnable: Runnable) -> float:
    """Return the GB-seconds of a thousand such invocations: Lambda bills whole milliseconds of the memory size."""
    return math.ceil(milliseconds) * runnable.memory_mb / 1024


MEASUREMENT = Measurement(title="Warm", measure=measure, rounds=10)

if __name__ == "__main__":
    sys.exit(run_alone(MEASUREMENT, __doc__))

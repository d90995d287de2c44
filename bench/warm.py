"""Warm invocations with a provider that takes 0.6 seconds: what a document costs, and what we add to the waiting.

    .venv/bin/python -m bench.warm --rounds 10

Ours gets whole batches of the size the template names, the baseline one photograph at a time, as S3 invokes it. In
each round both do as many documents. Every environment has the part of a processor that Lambda gives its memory size,
but for the rows that say otherwise; a machine that lets nobody limit processes has those rows alone.
"""

import math
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from bench.comparison import Comparison, Rounds
from bench.emulated import Environment, Runnable
from bench.measurement import Measurement, run_alone
from bench.stage import Stage, batch_event, s3_event, stage
from sandbox.lambda_runtime.cpu_quota import cpu_quota, cpus_for

LATENCY_SECONDS: Final = 0.6
_OURS: Final = "UploadsFunction"
_BASELINE: Final = "baseline-UploadsFunction"
_PAIR: Final = (_OURS, _BASELINE)
_FLOOR: Final = "floor-get_and_send"
_NO_LIMIT: Final = {"MainlandPermitRate": "1000", "ResidencePermitRate": "1000"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Warm:
    """One environment, on the stage where its photographs are."""

    environment: Environment
    runnable: Runnable
    on: Stage


async def measure(rounds: int) -> list[Comparison]:
    """Return the comparisons."""
    taken = Rounds()
    async with stage(latency=LATENCY_SECONDS, parameters=_NO_LIMIT) as on, stage(latency=LATENCY_SECONDS) as limited:
        batch = batch_size(on)
        await _whole_processors(rounds, on, limited, batch, taken)
        is_shared = await _shares_of_processors(rounds, limited, batch, taken)
        return [*_billed(taken, batch, on.runnables[_OURS], is_shared=is_shared), *_added(taken)]


def batch_size(on: Stage) -> int:
    """Return how many messages of the intake queue Lambda hands over at once."""
    name = on.runnables[_OURS].function.name
    return next(mapping.batch_size for mapping in on.deployed.event_source_mappings if mapping.function_name == name)


async def _whole_processors(rounds: int, on: Stage, limited: Stage, batch: int, taken: Rounds) -> None:
    async with (
        _started(on, _OURS) as ours,
        _started(limited, _OURS) as ours_limited,
        _started(on, _BASELINE) as baseline,
        _started(on, _FLOOR) as floor,
    ):
        for number in range(rounds + 1):
            into = taken if number else Rounds()  # the first makes them warm
            await _batch("ours", ours, batch, into)
            await _one_by_one("baseline", baseline, batch, into, waits=True)
            await _one_by_one("floor", floor, batch, into, waits=False)
            await _batch("limited", ours_limited, batch, into)


async def _shares_of_processors(rounds: int, on: Stage, batch: int, taken: Rounds) -> bool:
    """Measure the functions as they are deployed; return False where a processor cannot be shared."""
    with ExitStack() as stack:
        shares = [stack.enter_context(cpu_quota(cpus_for(on.runnables[name].memory_mb))) for name in _PAIR]
        async with _started(on, _OURS) as ours, _started(on, _BASELINE) as baseline:
            await _batch("", ours, batch, Rounds())
            await _one_by_one("", baseline, batch, Rounds(), waits=True)
            for share, warm in zip(shares, (ours, baseline), strict=True):
                if share is None:
                    return False
                warm.environment.hold(share)
            for _ in range(rounds):
                await _batch("shared", ours, batch, taken)
                await _one_by_one("shared baseline", baseline, batch, taken, waits=True)
    return True


@asynccontextmanager
async def _started(on: Stage, name: str) -> AsyncIterator[_Warm]:
    runnable = on.runnables[name]
    async with on.emulator.environment(runnable) as environment:
        yield _Warm(environment=environment, runnable=runnable, on=on)


async def _batch(name: str, warm: _Warm, size: int, taken: Rounds) -> None:
    """Do one batch; its added time is what it took beyond one wait, shared by its documents."""
    event = batch_event(warm.on.store(size))
    before = warm.environment.processor_ms()
    done = await warm.environment.invoke(event)
    if done.answer != {"batchItemFailures": []}:
        raise SystemExit(f"documents of the batch were not done: {done.answer}")
    taken.add(f"{name} billed", _gigabyte_seconds(done.handler, warm.runnable) / size)
    taken.add(f"{name} added", (done.handler - LATENCY_SECONDS * 1000) / size)
    taken.add(f"{name} processor", (warm.environment.processor_ms() - before) / size)


async def _one_by_one(name: str, warm: _Warm, size: int, taken: Rounds, *, waits: bool) -> None:
    records = warm.on.store(size)
    before = warm.environment.processor_ms()
    times = [(await warm.environment.invoke(s3_event(record))).handler for record in records]
    taken.add(f"{name} billed", fmean(_gigabyte_seconds(time, warm.runnable) for time in times))
    taken.add(f"{name} added", fmean(times) - (LATENCY_SECONDS * 1000 if waits else 0))
    taken.add(f"{name} processor", (warm.environment.processor_ms() - before) / len(records))


def _gigabyte_seconds(milliseconds: float, runnable: Runnable) -> float:
    """Return what a thousand such invocations are billed: Lambda bills whole milliseconds of the memory size."""
    return math.ceil(milliseconds) * runnable.memory_mb / 1024


def _billed(taken: Rounds, batch: int, ours: Runnable, *, is_shared: bool) -> Iterator[Comparison]:
    memory = ours.memory_mb
    wait = [LATENCY_SECONDS * 1000 * memory / 1024 / batch]
    if is_shared:
        yield Comparison(
            key="billed",
            what=f"Billed for 1,000 documents as deployed: batches of {batch}, the default rate, {memory} MB "
            f"and the {cpus_for(memory):.0%} of a processor that come with them",
            unit="GB-s",
            ours=taken["shared billed"],
            baseline=taken["shared baseline billed"],
            floor=wait,
            floor_is="the wait alone, shared by a batch",
            target=0.20,
            digits=1,
        )
    rows = {
        "limited": "… with a whole processor",
        "ours": "… with a whole processor, and slots for all of a batch at once",
    }
    for name, what in rows.items():
        yield Comparison(
            key=f"billed-{name}",
            what=what,
            unit="GB-s",
            ours=taken[f"{name} billed"],
            baseline=taken["baseline billed"],
            target=0.20,
            digits=1,
        )


def _added(taken: Rounds) -> Iterator[Comparison]:
    rows = {
        "added": "Added time for each document, handler less provider",
        "processor": "Processor time for each document",
    }
    for figure, what in rows.items():
        yield Comparison(
            key=figure,
            what=what,
            unit="ms",
            ours=taken[f"ours {figure}"],
            baseline=taken[f"baseline {figure}"],
            floor=taken[f"floor {figure}"],
            floor_is="one get, one send",
            target=0.5 if figure == "added" else None,
            digits=1,
        )


MEASUREMENT = Measurement(title="Warm", measure=measure, rounds=10)

if __name__ == "__main__":
    sys.exit(run_alone(MEASUREMENT, __doc__))

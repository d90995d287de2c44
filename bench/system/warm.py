"""Warm invocations with a provider that takes 0.6 seconds: the cost of a document, and the time added to the wait.

    .venv/bin/python -m bench.system.warm --rounds 10

The application gets batches of the size in the template, the baseline one photo per invocation, as S3 invokes it. In
each round both process the same number of documents. For the row "as deployed" each execution environment has the part
of a processor that Lambda gives its memory size; on a machine that cannot limit processors that row is left out.
"""

import math
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from bench.environment.benchmark_environment import (
    NO_RATE_LIMIT,
    BenchmarkEnvironment,
    benchmark_environment,
    s3_event,
    sqs_event,
)
from bench.environment.lambda_emulator import EmulatedFunction, ExecutionEnvironment
from bench.system.comparison import Benchmark, Comparison, Samples
from bench.system.thresholds import THRESHOLDS, Threshold
from sandbox.lambda_runtime.cpu_quota import cpu_quota, cpus_for

LATENCY_SECONDS: Final = 0.6
_APPLICATION: Final = "UploadsFunction"
_BASELINE: Final = "baseline-UploadsFunction"
_MINIMAL: Final = "minimal-get_and_send"


@dataclass(frozen=True, slots=True, kw_only=True)
class _WarmFunction:
    """A function's execution environment, and the benchmark environment that its photos are uploaded to."""

    environment: ExecutionEnvironment
    function: EmulatedFunction
    bench: BenchmarkEnvironment


async def measure(rounds: int) -> list[Comparison]:
    """Return the comparisons."""
    samples = Samples()
    async with (
        benchmark_environment(latency=LATENCY_SECONDS, parameters=NO_RATE_LIMIT) as unlimited,
        benchmark_environment(latency=LATENCY_SECONDS) as limited,
    ):
        batch_size = _batch_size(unlimited)
        await _measure_with_whole_processors(rounds, unlimited, limited, batch_size, samples)
        is_cpu_limited = await _measure_with_limited_processors(rounds, limited, batch_size, samples)
        function = unlimited.functions[_APPLICATION]
        billed = _billed(samples, batch_size, function, is_cpu_limited=is_cpu_limited)
        return [*billed, *_added(samples)]


def _batch_size(bench: BenchmarkEnvironment) -> int:
    name = bench.functions[_APPLICATION].function.name
    return next(mapping.batch_size for mapping in bench.deployed.event_source_mappings if mapping.function_name == name)


async def _measure_with_whole_processors(
    rounds: int, unlimited: BenchmarkEnvironment, limited: BenchmarkEnvironment, batch_size: int, samples: Samples
) -> None:
    async with (
        _started(unlimited, _APPLICATION) as application,
        _started(limited, _APPLICATION) as rate_limited,
        _started(unlimited, _BASELINE) as baseline,
        _started(unlimited, _MINIMAL) as minimal,
    ):
        for number in range(rounds + 1):
            target = samples if number else Samples()  # the first round warms the functions up
            await _invoke_batch("unlimited", application, batch_size, target)
            await _invoke_one_by_one("baseline", baseline, batch_size, target)
            await _invoke_one_by_one("minimal", minimal, batch_size, target, calls_provider=False)
            await _invoke_batch("limited", rate_limited, batch_size, target)


async def _measure_with_limited_processors(
    rounds: int, bench: BenchmarkEnvironment, batch_size: int, samples: Samples
) -> bool:
    """Measure the functions as deployed; return False if this machine cannot limit processors."""
    with ExitStack() as stack:
        shares = [
            stack.enter_context(cpu_quota(cpus_for(bench.functions[name].memory_mb)))
            for name in (_APPLICATION, _BASELINE)
        ]
        async with _started(bench, _APPLICATION) as application, _started(bench, _BASELINE) as baseline:
            await _invoke_batch("", application, batch_size, Samples())
            await _invoke_one_by_one("", baseline, batch_size, Samples())
            for share, warm in zip(shares, (application, baseline), strict=True):
                if share is None:
                    return False
                warm.environment.limit_cpu(share)
            for _ in range(rounds):
                await _invoke_batch("deployed", application, batch_size, samples)
                await _invoke_one_by_one("deployed baseline", baseline, batch_size, samples)
    return True


@asynccontextmanager
async def _started(bench: BenchmarkEnvironment, name: str) -> AsyncIterator[_WarmFunction]:
    function = bench.functions[name]
    async with bench.emulator.environment(function) as environment:
        yield _WarmFunction(environment=environment, function=function, bench=bench)


async def _invoke_batch(name: str, warm: _WarmFunction, size: int, samples: Samples) -> None:
    """Process one batch; the added time per document is the time beyond one wait, divided by the batch size."""
    event = sqs_event(warm.bench.upload(size))
    cpu_before = warm.environment.cpu_ms()
    invocation = await warm.environment.invoke(event)
    if invocation.response != {"batchItemFailures": []}:
        raise SystemExit(f"some documents failed: {invocation.response}")
    samples.add(f"{name} billed", _gigabyte_seconds(invocation.handler_ms, warm.function) / size)
    samples.add(f"{name} added", (invocation.handler_ms - LATENCY_SECONDS * 1000) / size)
    samples.add(f"{name} processor", (warm.environment.cpu_ms() - cpu_before) / size)


async def _invoke_one_by_one(
    name: str, warm: _WarmFunction, count: int, samples: Samples, *, calls_provider: bool = True
) -> None:
    records = warm.bench.upload(count)
    cpu_before = warm.environment.cpu_ms()
    times = [(await warm.environment.invoke(s3_event(record))).handler_ms for record in records]
    samples.add(f"{name} billed", fmean(_gigabyte_seconds(time, warm.function) for time in times))
    samples.add(f"{name} added", fmean(times) - (LATENCY_SECONDS * 1000 if calls_provider else 0))
    samples.add(f"{name} processor", (warm.environment.cpu_ms() - cpu_before) / count)


def _gigabyte_seconds(milliseconds: float, function: EmulatedFunction) -> float:
    """Return what 1,000 such invocations cost: Lambda bills whole milliseconds of the memory size."""
    return math.ceil(milliseconds) * function.memory_mb / 1024


def _billed(
    samples: Samples, batch_size: int, function: EmulatedFunction, *, is_cpu_limited: bool
) -> Iterator[Comparison]:
    memory = function.memory_mb
    wait = [LATENCY_SECONDS * 1000 * memory / 1024 / batch_size]
    if is_cpu_limited:
        yield Comparison(
            key="billed",
            label=f"Billed for 1,000 documents as deployed: batches of {batch_size}, the default rate, {memory} MB "
            f"and the {cpus_for(memory):.0%} of a processor that come with them",
            unit="GB-s",
            application=samples["deployed billed"],
            baseline=samples["deployed baseline billed"],
            minimal=wait,
            minimal_label="only the wait, shared by a batch",
            threshold=THRESHOLDS["billed"],
            digits=1,
        )
    rows = {
        "limited": "… with a whole processor",
        "unlimited": "… with a whole processor, and slots for all of a batch immediately",
    }
    for name, label in rows.items():
        yield Comparison(
            key=f"billed-{name}",
            label=label,
            unit="GB-s",
            application=samples[f"{name} billed"],
            baseline=samples["baseline billed"],
            threshold=THRESHOLDS[f"billed-{name}"],
            digits=1,
        )


def _added(samples: Samples) -> Iterator[Comparison]:
    rows = {
        "added": "Added time per document, handler minus provider",
        "processor": "Processor time per document",
    }
    for key, label in rows.items():
        yield Comparison(
            key=key,
            label=label,
            unit="ms",
            application=samples[f"unlimited {key}"],
            baseline=samples[f"baseline {key}"],
            minimal=samples[f"minimal {key}"],
            minimal_label="one get, one send",
            threshold=THRESHOLDS.get(key, Threshold()),
            digits=1,
        )


BENCHMARK: Final = Benchmark(title="Warm", measure=measure, rounds=10)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main(__doc__))

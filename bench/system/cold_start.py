"""Cold starts, from no process to the first result, compared with the baseline and with minimal handlers.

    .venv/bin/python -m bench.system.cold_start --rounds 10

Each round starts every function once and has it process one document; each round begins with another function. One
round before them is not counted, because it reads the files into the page cache. The provider answers immediately, so
the figures are startup, the application's own work and the calls to AWS (moto on the same machine).
"""

import sys
from collections.abc import Callable
from typing import Final

from bench.environment.benchmark_environment import (
    NO_RATE_LIMIT,
    BenchmarkEnvironment,
    api_event,
    benchmark_environment,
    s3_event,
    sqs_event,
)
from bench.system.comparison import Benchmark, Comparison, Samples
from bench.system.thresholds import THRESHOLDS
from sandbox.lambda_runtime.invocation import Json


async def measure(rounds: int) -> list[Comparison]:
    """Return the comparisons of both functions."""
    samples = Samples()
    async with benchmark_environment(parameters=NO_RATE_LIMIT) as bench:
        events = list(_events(bench).items())
        for number in range(rounds + 1):
            first = number % len(events)
            for name, event in events[first:] + events[:first]:
                await _start(bench, name, event(), samples if number else Samples())
    return [
        _total(samples, "UploadsFunction", "uploads"),
        _total(samples, "ApiFunction", "API"),
        *(_parts(samples, "UploadsFunction", "uploads")),
        *(_parts(samples, "ApiFunction", "API")),
        _with_runtime_boto3(samples, "UploadsFunction", "uploads"),
        _with_runtime_boto3(samples, "ApiFunction", "API"),
    ]


def _events(bench: BenchmarkEnvironment) -> dict[str, Callable[[], Json]]:
    """Return what makes the event of each function, with a new document each time."""
    return {
        "UploadsFunction": lambda: sqs_event(bench.upload(1)),
        "baseline-UploadsFunction": lambda: s3_event(bench.upload(1)[0]),
        "lean-UploadsFunction": lambda: s3_event(bench.upload(1)[0]),
        "ApiFunction": api_event,
        "baseline-ApiFunction": api_event,
        "lean-ApiFunction": api_event,
        "minimal-empty": dict,
        "minimal-get_and_send": lambda: s3_event(bench.upload(1)[0]),
    }


async def _start(bench: BenchmarkEnvironment, name: str, event: Json, samples: Samples) -> None:
    async with bench.emulator.environment(bench.functions[name]) as environment:
        invocation = await environment.invoke(event)
        samples.add(f"{name} init", invocation.init_ms)
        samples.add(f"{name} first", invocation.handler_ms)
        samples.add(f"{name} total", invocation.init_ms + invocation.handler_ms)
        samples.add(f"{name} cpu", environment.cpu_ms())


def _total(samples: Samples, function: str, label: str) -> Comparison:
    return Comparison(
        key=f"cold-{function}",
        label=f"Cold init + first document, {label}",
        unit="ms",
        application=samples[f"{function} total"],
        baseline=samples[f"baseline-{function} total"],
        minimal=samples["minimal-get_and_send total"],
        minimal_label="boto3, one get, one send",
        threshold=THRESHOLDS[f"cold-{function}"],
    )


def _parts(samples: Samples, function: str, label: str) -> list[Comparison]:
    parts = {"init": "init only", "first": "first document only", "cpu": "processor time of both"}
    return [
        Comparison(
            key=f"cold-{function}-{part}",
            label=f"… {part_label}, {label}",
            unit="ms",
            application=samples[f"{function} {part}"],
            baseline=samples[f"baseline-{function} {part}"],
            minimal=samples[f"minimal-empty {part}"],
            minimal_label="empty handler",
        )
        for part, part_label in parts.items()
    ]


def _with_runtime_boto3(samples: Samples, function: str, label: str) -> Comparison:
    return Comparison(
        key=f"cold-{function}-lean",
        label=f"… both, {label}, compared with a baseline that uses the runtime's boto3",
        unit="ms",
        application=samples[f"{function} total"],
        baseline=samples[f"lean-{function} total"],
    )


BENCHMARK: Final = Benchmark(title="Cold starts", measure=measure, rounds=10)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main(__doc__))

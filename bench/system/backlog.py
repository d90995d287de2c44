"""A backlog at the provider's quota: how fast it drains, whether calls are refused, whether the API still responds.

    .venv/bin/python -m bench.system.backlog

First the sandbox's own maximum throughput is measured with a provider and a rate limiter that allow far more. Then the
provider's quota is half of that, the rate is what the quota allows, and the same backlog is processed while the API is
called every few seconds. Exit status: 0 if the thresholds of the backlog are met and every API response is a result.

``make bench`` does the same, and has the baseline process as many documents at the same quota.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from bench.environment.benchmark_environment import benchmark_environment, s3_event
from bench.environment.fake_provider import AMPLE_CAPACITY
from bench.environment.load import ApiClient, ApiResponse, ResultConsumer
from bench.environment.running_sandbox import RunningSandbox, running_sandbox
from bench.system.comparison import Benchmark, Comparison
from bench.system.thresholds import THRESHOLDS
from permit_ocr.rate_limit.dynamodb_rate_limiter import HORIZON_SECONDS, Priority
from permit_ocr.rate_limit.gcra import LATE_SECONDS
from sandbox.lambda_runtime.execution_environments import EnvironmentPool
from sandbox.lambda_runtime.invocation import Json

DOCUMENTS: Final = 1000
LATENCY_SECONDS: Final = 0.6
BATCH_SIZE: Final = 5
"""At rates as low as a sandbox's, batches of ten would hold too many documents at a time."""
BASELINE_ENVIRONMENTS: Final = 20
"""Execution environments of the baseline; Lambda would run up to a thousand, and lose more."""
_BASELINE_DELAYS_SECONDS: Final = (0.0, 60.0, 120.0)
"""Before each of Lambda's attempts of an asynchronous invocation; after the last one the event is dropped.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""
_TOLERANCE: Final = 0.4
"""A backlog is one round. In four runs 4.9 to 6.3 % of the quota were unused; slowest responses took 1.5 to 1.8 s."""
_NO_LIMIT: Final = 1000
_MAX_UNUSED_PERCENT: Final = THRESHOLDS["backlog-unused"].value or 0.0
_MAX_API_SECONDS: Final = THRESHOLDS["backlog-api"].value or 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How a backlog was processed; rates are per second, ``responses`` the API's in order."""

    documents: int
    ceiling: float
    """Documents a second that the sandbox can process without a limit."""
    quota: int
    rate: float
    concurrency: int
    sustained: float
    busiest_second: int
    refused: int
    dead_letters: int
    responses: Sequence[ApiResponse]

    @property
    def used(self) -> float:
        """The share of the quota that was used."""
        return self.sustained / self.quota

    @property
    def slowest_response(self) -> float:
        """The API's slowest response, in seconds."""
        return max((response.seconds for response in self.responses), default=0.0)

    @property
    def checks(self) -> dict[str, bool]:
        """Whether each threshold is met."""
        all_ok = {response.status for response in self.responses} == {httpx.codes.OK}
        return {
            f"at most {_MAX_UNUSED_PERCENT:g} % of the quota unused": 100 * (1 - self.used) <= _MAX_UNUSED_PERCENT,
            "no call refused for the quota": self.refused == 0,
            f"API results within {_MAX_API_SECONDS:g} s": all_ok and self.slowest_response <= _MAX_API_SECONDS,
            "no dead letters": self.dead_letters == 0,
        }

    def rows(self) -> Mapping[str, object]:
        """Return what is printed, by name."""
        return {
            "documents": self.documents,
            "ceiling of the sandbox, limiter off": f"{self.ceiling:.1f} documents a second",
            "quota of the provider": f"{self.quota} calls a second; rate {self.rate:g}, "
            f"{self.concurrency} × {BATCH_SIZE} photos at a time",
            "sustained": f"{self.sustained:.2f} documents a second, {self.used:.1%} of the quota",
            "most calls in one calendar second": self.busiest_second,
            "refused for the quota": self.refused,
            "API responses during the backlog": len(self.responses),
            "slowest of them": self._slowest(),
            "API responses by status": ", ".join(f"{response.status}" for response in self.responses),
            "dead letters": self.dead_letters,
        }

    def _slowest(self) -> str:
        numbered = list(enumerate(self.responses, start=1))
        number, slowest = max(numbered, key=lambda one: one[1].seconds, default=(0, "none"))
        return f"no. {number}: {slowest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineBacklog:
    """How the baseline processed a backlog."""

    lost: int
    refused: int
    """Calls that the provider refused for the quota."""


def main() -> int:
    """Run both measurements, print their table and return the exit status."""
    arguments = _parse_arguments()
    backlog = process_backlog(documents=arguments.documents, latency=arguments.latency, quota=arguments.quota)
    for name, value in backlog.rows().items():
        sys.stdout.write(f"{name:<36} {value}\n")
    for name, is_met in backlog.checks.items():
        sys.stdout.write(f"{name:<36} {'met' if is_met else 'NOT MET'}\n")
    return 0 if all(backlog.checks.values()) else 1


def process_backlog(*, documents: int, latency: float, quota: int = 0) -> Backlog:
    """Measure the ceiling, then process a backlog at a quota of calls a second (0: half of the ceiling)."""
    provider = [f"--latency={latency}", *AMPLE_CAPACITY]
    with running_sandbox(*provider, "--rate-limit=0", parameters=[f"MainlandPermitRate={_NO_LIMIT}"]) as sandbox:
        ceiling = _documents_per_second(sandbox, documents)
    quota = quota or max(2, int(ceiling / 2))
    rate = int(100 * quota / (1 + LATE_SECONDS)) / 100
    concurrency = max(2, int(rate * (HORIZON_SECONDS[Priority.UPLOADS] + latency) / BATCH_SIZE))
    parameters = [f"MainlandPermitRate={rate:g}", f"MaximumConcurrency={concurrency}"]
    with running_sandbox(*provider, f"--rate-limit={quota}", parameters=parameters, batch_size=BATCH_SIZE) as sandbox:
        with ApiClient(sandbox.endpoints["api_url"]) as client:
            sustained = _documents_per_second(sandbox, documents)
        return Backlog(
            documents=documents,
            ceiling=ceiling,
            quota=quota,
            rate=rate,
            concurrency=concurrency,
            sustained=sustained,
            busiest_second=sandbox.provider.busiest_second(),
            refused=sandbox.provider.calls()["RequestLimitExceeded"],
            dead_letters=sandbox.queue_depth("dead_letter_queue_url"),
            responses=client.responses,
        )


def _documents_per_second(sandbox: RunningSandbox, documents: int) -> float:
    """Return the rate of results after the last upload, without the last tenth, when environments run out of work."""
    with ResultConsumer(sandbox) as consumer:
        ids = sandbox.upload(documents)
        uploaded = time.monotonic()
        if not consumer.wait_for(ids, timeout_seconds=1800):
            raise SystemExit("not every document had a result within half an hour")
    times = sorted(sandbox.finished.values())
    times = [at for at in times[: -max(1, len(times) // 10)] if at > uploaded]
    return (len(times) - 1) / (times[-1] - times[0])


async def process_baseline_backlog(*, documents: int, latency: float, quota: int) -> BaselineBacklog:
    """Have the baseline process a backlog: S3 invokes it asynchronously for each photo, and Lambda retries twice."""
    async with benchmark_environment(latency=latency, quota=quota) as bench:
        pool = bench.emulator.pool(bench.functions["baseline-UploadsFunction"], size=BASELINE_ENVIRONMENTS)
        records = await asyncio.to_thread(bench.upload, documents)
        succeeded = await asyncio.gather(*(_invoke_asynchronously(pool, record) for record in records))
        refused = bench.provider.calls()["RequestLimitExceeded"]
    return BaselineBacklog(lost=succeeded.count(False), refused=refused)


async def _invoke_asynchronously(pool: EnvironmentPool, record: Json) -> bool:
    for delay in _BASELINE_DELAYS_SECONDS:
        await asyncio.sleep(delay)
        if not (await pool.invoke(s3_event(record))).function_error:
            return True
    return False


async def measure(_rounds: int) -> list[Comparison]:
    """Return the comparisons. A thousand documents are one round, whatever number is asked for."""
    backlog = await asyncio.to_thread(process_backlog, documents=DOCUMENTS, latency=LATENCY_SECONDS)
    baseline = await process_baseline_backlog(documents=DOCUMENTS, latency=LATENCY_SECONDS, quota=backlog.quota)
    return [
        Comparison(
            key="backlog-unused",
            label=f"Unused quota during a backlog of {DOCUMENTS:,} at a quota of {backlog.quota} a second, half of the "
            f"sandbox's maximum ({backlog.ceiling:.1f} documents a second)",
            unit="%",
            application=[100 * (1 - backlog.used)],
            threshold=THRESHOLDS["backlog-unused"],
            tolerance=_TOLERANCE,
            digits=1,
        ),
        Comparison(
            key="backlog-refused",
            label="… calls refused for the quota",
            unit="calls",
            application=[backlog.refused],
            baseline=[baseline.refused],
            threshold=THRESHOLDS["backlog-refused"],
        ),
        Comparison(
            key="backlog-lost",
            label=f"… documents lost (the baseline: {BASELINE_ENVIRONMENTS} environments, Lambda's two retries)",
            unit="documents",
            application=[backlog.dead_letters],
            baseline=[baseline.lost],
            threshold=THRESHOLDS["backlog-lost"],
        ),
        Comparison(
            key="backlog-api",
            label="… the API's slowest response meanwhile",
            unit="s",
            application=[backlog.slowest_response],
            threshold=THRESHOLDS["backlog-api"],
            tolerance=_TOLERANCE,
            digits=1,
        ),
    ]


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--latency", type=float, default=LATENCY_SECONDS, help="seconds the provider takes to answer")
    parser.add_argument("--quota", type=int, default=0, help="calls a second; 0: half of the sandbox's ceiling")
    return parser.parse_args()


BENCHMARK: Final = Benchmark(title="A backlog", measure=measure, rounds=1)

if __name__ == "__main__":
    sys.exit(main())

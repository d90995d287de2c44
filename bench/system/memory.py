"""Peak memory for ten photos of 5 MB in one batch; the baseline gets them one after another.

.venv/bin/python -m bench.system.memory --rounds 3
"""

import sys
from typing import Final

from bench.environment.benchmark_environment import benchmark_environment, s3_event, sqs_event
from bench.system.comparison import Benchmark, Comparison, Samples
from bench.system.thresholds import THRESHOLDS

PHOTOS: Final = 10
PHOTO_BYTES: Final = 5_000_000
_MIB: Final = 1024 * 1024
_BATCHES: Final = 3
"""Batches in one execution environment: memory that is not freed would accumulate."""


async def measure(rounds: int) -> list[Comparison]:
    """Return the comparison."""
    samples = Samples()
    async with benchmark_environment(latency=0.6) as bench:
        for _ in range(rounds):
            async with bench.emulator.environment(bench.functions["UploadsFunction"]) as application:
                for _ in range(_BATCHES):
                    batch = sqs_event(bench.upload(PHOTOS, size=PHOTO_BYTES))
                    invocation = await application.invoke(batch)
                    if invocation.response != {"batchItemFailures": []}:
                        raise SystemExit(f"some documents failed: {invocation.response}")
                samples.add("application", application.peak_bytes() / _MIB)
            async with bench.emulator.environment(bench.functions["baseline-UploadsFunction"]) as baseline:
                for record in bench.upload(PHOTOS, size=PHOTO_BYTES):
                    await baseline.invoke(s3_event(record))
                samples.add("baseline", baseline.peak_bytes() / _MIB)
    return [
        Comparison(
            key="memory",
            label=f"Peak memory, {PHOTOS} photos of 5 MB in one batch (the baseline: one at a time)",
            unit="MiB",
            application=samples["application"],
            baseline=samples["baseline"],
            minimal=[PHOTOS * PHOTO_BYTES * 4 / 3 / _MIB],
            minimal_label="the request bodies (Base64)",
            threshold=THRESHOLDS["memory"],
        )
    ]


BENCHMARK: Final = Benchmark(title="Memory", measure=measure, rounds=3)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main(__doc__))

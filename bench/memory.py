"""Peak memory: ten photographs of 5 MB in one batch; the baseline gets them one after the other.

    .venv/bin/python -m bench.memory --rounds 3

The emulator reports the memory size as used, so the kernel is asked for the runtime process's peak (VmHWM).
"""

import sys
from typing import Final

from bench.comparison import Comparison, Rounds
from bench.measurement import Measurement, run_alone
from bench.stage import batch_event, s3_event, stage

PHOTOGRAPHS: Final = 10
PHOTOGRAPH_BYTES: Final = 5_000_000
_MIB: Final = 1024 * 1024
BATCHES: Final = 3
"""Of each environment: memory that is not given back would grow."""


async def measure(rounds: int) -> list[Comparison]:
    """Return the comparison."""
    taken = Rounds()
    async with stage(latency=0.6) as on:
        for _ in range(rounds):
            async with on.emulator.environment(on.runnables["UploadsFunction"]) as ours:
                for _ in range(BATCHES):
                    done = await ours.invoke(batch_event(on.store(PHOTOGRAPHS, size=PHOTOGRAPH_BYTES)))
                    if done.answer != {"batchItemFailures": []}:
                        raise SystemExit(f"documents of the batch were not done: {done.answer}")
                taken.add("ours", ours.peak_bytes() / _MIB)
            async with on.emulator.environment(on.runnables["baseline-UploadsFunction"]) as baseline:
                for record in on.store(PHOTOGRAPHS, size=PHOTOGRAPH_BYTES):
                    await baseline.invoke(s3_event(record))
                taken.add("baseline", baseline.peak_bytes() / _MIB)
    return [
        Comparison(
            key="memory",
            what=f"Peak memory, {PHOTOGRAPHS} photographs of 5 MB in one batch (the baseline: one at a time)",
            unit="MiB",
            ours=taken["ours"],
            baseline=taken["baseline"],
            floor=[PHOTOGRAPHS * PHOTOGRAPH_BYTES * 4 / 3 / _MIB],
            floor_is="the bytes that go out",
            most=256,
        )
    ]


MEASUREMENT = Measurement(title="Memory", measure=measure, rounds=3)

if __name__ == "__main__":
    sys.exit(run_alone(MEASUREMENT, __doc__))

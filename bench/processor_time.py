"""Where a document's processor time goes, ours and the baseline's: why the added time is what it is.

    .venv/bin/python -m bench.processor_time

The handlers run as they are built, with what AWS's runtime brings, but without the emulator, in an interpreter that
notes who takes the processor (``timed_invocations``).
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bench import page, timed_invocations
from bench.emulated import Runnable
from bench.stage import batch_event, build, s3_event, stage
from bench.warm import batch_size
from sandbox.lambda_runtime.invocation import Json

BATCHES: Final = 10
_ORDER: Final = ("S3 GetObject", "DynamoDB UpdateItem", "SQS SendMessage", "the provider's SDK", "our own code", "rest")
_WHAT: Final = {
    "DynamoDB UpdateItem": "DynamoDB UpdateItem, five of them",
    "the provider's SDK": "the provider's SDK and requests",
    "our own code": "our own code",
    "rest": "the batch's threads, the runtime; the baseline's own code",
}


async def shares() -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Return processor milliseconds for each document by what took them, ours and the baseline's."""
    async with stage(parameters={"MainlandPermitRate": "1000", "ResidencePermitRate": "1000"}) as on:
        size = batch_size(on)
        batches = [batch_event(on.store(size)) for _ in range(BATCHES + 1)]
        singles = [s3_event(record) for record in on.store(size * BATCHES + 1)]
        ours = await asyncio.to_thread(_invoke, on.runnables["UploadsFunction"], batches)
        baseline = await asyncio.to_thread(_invoke, on.runnables["baseline-UploadsFunction"], singles)
        documents = size * BATCHES
        return (
            {name: taken / documents for name, taken in ours.items()},
            {name: taken / documents for name, taken in baseline.items()},
        )


def _invoke(runnable: Runnable, events: Sequence[Json]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-S", str(Path(timed_invocations.__file__))],
        input=json.dumps(events),
        env=dict(runnable.variables),
        cwd=runnable.function.task_root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"the handler failed: {done.stderr[-2000:]}")
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def table(ours: Mapping[str, float], baseline: Mapping[str, float]) -> str:
    """Return a Markdown table in the order of a document's way."""
    names = [*_ORDER, *sorted({*ours, *baseline} - set(_ORDER))]
    rows = [[_WHAT.get(name, name), f"{ours.get(name, 0):.1f}", f"{baseline.get(name, 0):.1f}"] for name in names]
    rows.append(["all", f"{sum(ours.values()):.1f}", f"{sum(baseline.values()):.1f}"])
    return page.table(["processor time for each document, ms", "ours", "baseline"], rows)


def main() -> int:
    """Measure and print the table."""
    build()
    sys.stdout.write(table(*asyncio.run(shares())) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

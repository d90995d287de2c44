"""The same backlog without a limiter: what the baseline loses where the provider admits only so many calls a second.

S3 invokes a function for each photograph by itself. Lambda runs as many at once as it may, tries a failed one again
after a minute, once more after two, and then drops the event, unless somebody has configured a queue for it.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from bench.stage import s3_event, stage
from sandbox.lambda_runtime.execution_environments import EnvironmentPool
from sandbox.lambda_runtime.invocation import Json

WAITS_SECONDS: Final = (0.0, 60.0, 120.0)
"""Before each try of an event."""
AT_ONCE: Final = 20
"""Environments; Lambda would run up to a thousand, and lose more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What became of a backlog."""

    documents: int
    lost: int
    refused: int
    """Calls that the provider refused for the quota."""


async def work_off(*, documents: int, latency: float, quota: int) -> Losses:
    """Announce so many photographs at once; the provider takes ``latency`` seconds, ``quota`` calls a second."""
    async with stage(latency=latency, quota=quota) as on:
        runs = on.emulator.runs(on.runnables["baseline-UploadsFunction"], most=AT_ONCE)
        records = await asyncio.to_thread(on.store, documents)
        done = await asyncio.gather(*(_is_read(runs, record) for record in records))
        refused = on.provider.calls()["RequestLimitExceeded"]
    return Losses(documents=documents, lost=done.count(False), refused=refused)


async def _is_read(runs: EnvironmentPool, record: Json) -> bool:
    for wait in WAITS_SECONDS:
        await asyncio.sleep(wait)
        if not (await runs.invoke(s3_event(record))).function_error:
            return True
    return False

"""The parameters of a simulated fleet: what is deployed, the provider, and AWS's limits."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from samtranslator.yaml_helper import yaml_parse

from bench.environment.build import ROOT
from bench.system.aws_calls import CALLS
from bench.system.comparison import COMMITTED
from permit_ocr.rate_limit.gcra import LATE_SECONDS
from sandbox.lambda_runtime.cpu_quota import cpus_for

_CALL_NAMES: Final = [name for name, _ in CALLS]
LIMITER_CALL: Final = "DynamoDB UpdateItem limiter#"
_LIMITER_INDEX: Final = _CALL_NAMES.index(LIMITER_CALL)
PROVIDER_CALL: Final = _CALL_NAMES[_LIMITER_INDEX + 1]
CALLS_BEFORE: Final = _CALL_NAMES[:_LIMITER_INDEX]
"""A document's calls before it takes a slot; the provider's call follows that."""
CALLS_AFTER: Final = _CALL_NAMES[_LIMITER_INDEX + 2 :]
LEASE_CALL: Final = "DynamoDB UpdateItem recognition#"
QUEUE_CALL: Final = "SQS SendMessage"
"""The poller's receives and deletes, and changes of visibility timeouts, take as long."""
WRITE_UNITS_BEFORE: Final = 1
"""Write units of each write to the work table before the provider's response: the items are below 1 KB."""
WRITE_UNITS_AFTER: Final = {LEASE_CALL: 1, "DynamoDB UpdateItem document#": 4}
"""Write units of each write after it, one for every KB of the item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What is deployed, and the latencies and limits of what it calls. Times in seconds, capacities per second."""

    quota: int
    rate: float
    shards: int = 1
    concurrency: int
    batch: int
    memory: int
    """MB of an execution environment, which determine its part of a processor."""
    processor: float
    """Processor time for a document, with a whole processor."""
    latency: float = 0.6
    faults: float = 0.0
    """Share of the calls that fail and are retried, twice at most."""
    call: float = 0.008
    """Mean duration of a call to AWS, which varies by half of it."""
    calls: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Measured durations of calls by name, which are sampled instead."""
    item_writes: float = 1_000.0
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"""
    table_writes: float = 4_000.0
    """Of a new on-demand table; it grows automatically, or is created with more (``WarmThroughput``)."""
    fifo_sends: float = 2_400.0
    """Of a high-throughput FIFO queue in regions without a figure of their own."""
    in_flight: int = 120_000
    """Messages of the intake queue that are received and neither deleted nor visible again (AWS's quotas of SQS)."""

    @property
    def cpu_share(self) -> float:
        """The part of a processor that is used: Python computes in one thread at a time, so at most one."""
        return min(1.0, cpus_for(self.memory))


@cache
def deployed() -> Fleet:
    """Return what the template deploys with its default parameters, at a quota of 20."""
    template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    defaults = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
    function = template["Globals"]["Function"] | template["Resources"]["UploadsFunction"]["Properties"]
    mapping = template["Resources"]["UploadsFunctionIntake"]["Properties"]
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    return Fleet(
        quota=20,
        rate=float(defaults["MainlandPermitRate"]),
        shards=int(defaults["LimiterShards"]),
        concurrency=int(defaults["MaximumConcurrency"]),
        batch=int(mapping["BatchSize"]),
        memory=int(function["MemorySize"]),
        processor=committed["processor"]["application"] / 1000,
    )


def rate_for(quota: int, shards: int = 1) -> float:
    """Return the highest rate, to hundredths, at which every shard stays within its share of the quota."""
    return math.floor(100 * shards * (quota // shards) / (1 + LATE_SECONDS)) / 100

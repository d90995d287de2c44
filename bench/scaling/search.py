"""The search for the parameters that a quota needs: change what is the bottleneck until 90 % of the quota are used."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from bench import markdown
from bench.scaling.fleet import Fleet, deployed, rate_for
from bench.scaling.simulation import Simulation, mean_backoff

BACKLOG: Final = 10_000_000
ENOUGH: Final = 0.9
"""Of the quota."""
HOUR: Final = 3600.0
AGES: Final = (HOUR, 20 * HOUR)
"""Of a backlog, in seconds. The backoff of a rate-limited message grows with its age until the last of these."""
_SETTLED_SECONDS: Final = 10.0
_MEASURED_CALLS: Final = 3_000
"""Calls from which a rate is measured; the time that they take is kept within these bounds."""
_MIN_SECONDS: Final = 6.0
_MAX_SECONDS: Final = 60.0
_SATURATED: Final = 0.95

QUOTA: Final = "the quota"
CONCURRENCY: Final = "concurrency"
LIMITER_ITEM: Final = "the limiter's item"
WORK_TABLE: Final = "the work table"
RESULTS_QUEUE: Final = "the results queue"
IN_FLIGHT: Final = "messages in flight"


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """The rates per second of a fleet whose queue never empties, once every environment has started."""

    fleet: Fleet
    documents: float
    calls: float
    refused: float
    retried: float
    in_flight: float
    """Messages at the end."""
    item_writes: float
    writes_per_call: float
    used: dict[str, float]
    """Share of each limit."""
    processors_used: float
    """Share of the processors of all environments."""

    @property
    def quota_used(self) -> float:
        """The share of the quota that was used."""
        return self.calls / self.fleet.quota

    @property
    def bottleneck(self) -> str:
        """What limits the throughput."""
        if self.calls >= _SATURATED * self.fleet.rate:
            return QUOTA
        fullest = max(self.used, key=lambda one: self.used[one])
        return fullest if self.used[fullest] > _SATURATED else CONCURRENCY


def simulate(fleet: Fleet, *, seconds: float = 0.0) -> Throughput:
    """Simulate a backlog that was just sent, for ``seconds`` once it has settled (0: long enough for a rate)."""
    return _simulate(fleet, age=0.0, hidden=0, seconds=seconds)


def simulate_older(young: Throughput, *, age: float, seconds: float = 0.0) -> Throughput:
    """Simulate a backlog that was sent ``age`` seconds ago, in a fleet that was simulated with a young one.

    As many messages are hidden as are retried during one backoff, up to SQS's limit. Without retries, age makes no
    difference.
    """
    hidden = min(young.fleet.in_flight, round(young.retried * mean_backoff(age)))
    return _simulate(young.fleet, age=age, hidden=hidden, seconds=seconds) if hidden else young


def _simulate(fleet: Fleet, *, age: float, hidden: int, seconds: float) -> Throughput:
    seconds = seconds or max(_MIN_SECONDS, min(_MAX_SECONDS, _MEASURED_CALLS / fleet.rate))
    simulation = Simulation(fleet, age=age, hidden=hidden).run(_SETTLED_SECONDS, all_within=_SETTLED_SECONDS / 3)
    before = simulation.snapshot()
    simulation.world.run(until=_SETTLED_SECONDS + seconds)
    after = simulation.snapshot()
    rates = {name: (after[name] - before[name]) / seconds for name in after}
    return Throughput(
        fleet=fleet,
        documents=rates["documents"],
        calls=rates["calls"],
        refused=rates["refused"],
        retried=rates["retried"],
        in_flight=after["in flight"],
        item_writes=rates["item"],
        writes_per_call=rates["items"] / rates["calls"],
        used={
            LIMITER_ITEM: rates["item"] / fleet.item_writes,
            WORK_TABLE: rates["table"] / fleet.table_writes,
            RESULTS_QUEUE: rates["fifo"] / fleet.fifo_sends,
            IN_FLIGHT: after["in flight"] / fleet.in_flight,
        },
        processors_used=rates["processors"] / fleet.cpu_share / fleet.concurrency,
    )


def search(fleet: Fleet, *, seconds: float = 0.0) -> Iterator[tuple[str, Throughput]]:
    """Yield each change and its throughput, removing bottlenecks until enough of the quota is used.

    The first has no change. Of consecutive changes to one parameter only the last is yielded.
    """
    change, throughput = "", simulate(fleet, seconds=seconds)
    while throughput.quota_used < ENOUGH:
        next_change, fleet = _remove_bottleneck(throughput)
        if next_change.partition("=")[0] != change.partition("=")[0]:
            yield change, throughput
        change, throughput = next_change, simulate(fleet, seconds=seconds)
    yield change, throughput


def _remove_bottleneck(throughput: Throughput) -> tuple[str, Fleet]:
    """Return a change to the parameter that is the bottleneck, and the changed fleet."""
    fleet = throughput.fleet
    match throughput.bottleneck:
        case limit if limit == LIMITER_ITEM:
            shards = fleet.shards + 1
            return f"LimiterShards={shards}", replace(fleet, shards=shards, rate=rate_for(fleet.quota, shards))
        case limit if limit == WORK_TABLE:
            changed = replace(fleet, table_writes=2 * fleet.table_writes)
            return f"WarmThroughput of the work table={changed.table_writes:,.0f}", changed
        case limit if limit == RESULTS_QUEUE:
            changed = replace(fleet, fifo_sends=2 * fleet.fifo_sends)
            return f"FIFO sends a second in the region={changed.fifo_sends:,.0f}", changed
        case limit if limit == IN_FLIGHT:  # too many environments compete for slots
            concurrency = math.floor(0.9 * fleet.concurrency)
            return f"MaximumConcurrency={concurrency}", replace(fleet, concurrency=concurrency)
        case _:
            concurrency = max(fleet.concurrency + 1, math.ceil(fleet.concurrency * fleet.rate / throughput.calls))
            return f"MaximumConcurrency={concurrency}", replace(fleet, concurrency=concurrency)


def deployed_with_quota(quota: int) -> Fleet:
    """Return what is deployed, with the rate that a quota allows."""
    return replace(deployed(), quota=quota, rate=rate_for(quota, deployed().shards))


def scenarios() -> dict[str, Fleet]:
    """Return where each search starts, by name; the last one needs no change, for a backlog of any age."""
    ample = replace(deployed_with_quota(2_000), shards=8, rate=rate_for(2_000, 8), concurrency=330, table_writes=16_000)
    return {
        "as deployed": deployed(),
        "as deployed, but MemorySize=1024": replace(deployed(), memory=1024),
        "as deployed, one call in twenty fails": replace(deployed(), faults=0.05),
        "as deployed, the provider takes 1.5 s": replace(deployed(), latency=1.5),
        f"MainlandPermitRate={deployed_with_quota(200).rate:g}": deployed_with_quota(200),
        f"MainlandPermitRate={deployed_with_quota(2_000).rate:g}": deployed_with_quota(2_000),
        "MaximumConcurrency=330, LimiterShards=8, WarmThroughput of the work table=16,000": ample,
    }


def figures(command: str) -> str:
    """Search in every scenario; return the table as Markdown."""
    random.seed(1)  # the deployed code draws its backoffs from the global generator
    fleet = deployed()
    parameters = (
        f"`{command}`, {datetime.now(UTC):%Y-%m-%d}. "
        f"A document takes {1000 * fleet.processor:g} ms of a processor ([measured](benchmarks.md)), "
        f"{fleet.memory} MB give {fleet.cpu_share:.0%} of one, the provider takes {fleet.latency:g} s and a call to "
        f"AWS {1000 * fleet.call:g} ms, unless stated otherwise."
    )
    headings = ["quota", "parameters", "documents/s", "… at 1 h", "… at 20 h", "quota used", "bottleneck"]
    headings += ["processors", "writes to the busiest item/s", "writes per call", "retried/s", "refused/s"]
    headings += [f"{BACKLOG:,} documents"]
    rows = [
        _row(f"… and {change}" if change else name, throughput)
        for name, start in scenarios().items()
        for change, throughput in search(start)
    ]
    return f"{parameters}\n\n{markdown.table(headings, rows)}"


def _row(name: str, throughput: Throughput) -> list[str]:
    older = [simulate_older(throughput, age=age) for age in AGES]
    rates = [one.documents for one in (throughput, *older)]
    return [
        f"{throughput.fleet.quota:,}",
        name,
        *(f"{rate:,.1f}" for rate in rates),
        f"{throughput.quota_used:.0%}",
        throughput.bottleneck,
        f"{throughput.processors_used:.0%}",
        f"{throughput.item_writes:,.0f}",
        f"{throughput.writes_per_call:.2f}",
        f"{throughput.retried:,.1f}",
        f"{throughput.refused + sum(one.refused for one in older):,.1f}",
        _duration(rates),
    ]


def _duration(rates: Sequence[float]) -> str:
    """Return how long the backlog takes: each age's rate applies until that age, the last one from then on."""
    left, hours = float(BACKLOG), 0.0
    for until, rate in zip(AGES, rates[1:], strict=True):
        taken = min(left / rate, until - hours * HOUR) / HOUR
        left, hours = left - taken * HOUR * rate, hours + taken
    hours += left / rates[-1] / HOUR
    return f"{hours:,.1f} h" if hours < 48 else f"{hours / 24:,.1f} days"  # noqa: PLR2004  two days

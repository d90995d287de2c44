"""The fleet's model beside the sandbox, with nothing fitted: how fast a backlog drains, and what it writes on the way.

Measured first is what the sandbox can do with the limiter off: it is one process, and nearer to that it is what would
be measured. Everything is compared at half of it, where the limiter binds, where concurrency does, and where the part
of a processor does that an environment is deployed with. What the model is told of the sandbox is how long its calls
take, which is measured between the functions and AWS, how long a call is computed, which the kernel says, and whether a
function has a whole processor or its part.
"""

import math
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Any, Final

from bench import page
from bench.aws_calls import JOURNEY
from bench.checkpoint import Checkpoint, Moment
from bench.fleet import KEPT_UNITS, PROVIDER, SLOT, Fleet, Simulation, deployed
from bench.rehearsal import Consumer, System, system
from permit_ocr.rate_limit.dynamodb_rate_limiter import HORIZON_SECONDS, Priority
from permit_ocr.rate_limit.gcra import LATE_SECONDS
from sandbox.errors import SandboxError
from sandbox.lambda_runtime.cpu_quota import MEMORY_MB_PER_CPU, require_cgroups

AGREES_WITHIN: Final = 0.10
NO_LIMIT: Final = 1_000.0
LATENCIES: Final = (0.6, 1.5)
"""Of the provider, in seconds, where concurrency binds."""
LEAST_MEMORY: Final = 128
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
_PATIENCE_SECONDS: Final = 1800.0
_SEEDS: Final = range(5)
_LEAST_LEFT: Final = 20
"""Documents between the end of the uploads and the last tenth: of fewer no rate can be told."""
_BYTES_OF_A_UNIT: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How fast a backlog drained, and how often the limiter was written to."""

    documents_a_second: float
    writes_a_document: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the sandbox did; times in seconds."""

    seen: Seen
    calls: Mapping[str, Sequence[float]]
    """Each call, as the functions see it, by name."""
    processor: float
    """Of a whole processor, for a document that makes each of its calls once."""
    units: Mapping[str, float]
    """Write units of each record of the work table when it is done with, by the call that writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One figure, measured and modelled."""

    what: str
    measured: float
    modelled: float

    @property
    def agrees(self) -> bool:
        """Whether the model is near enough."""
        return abs(self.modelled / self.measured - 1) <= AGREES_WITHIN

    def row(self) -> list[str]:
        """Return the cells of its row in the table."""
        off = f"{self.modelled / self.measured - 1:+.1%}"
        return [self.what, f"{self.measured:.2f}", f"{self.modelled:.2f}", off, "✓" if self.agrees else "✗"]


def rate_for(quota: int, shards: int = 1) -> float:
    """Return the highest rate, to hundredths, whose every shard keeps within its whole calls of the quota."""
    return math.floor(100 * shards * (quota // shards) / (1 + LATE_SECONDS)) / 100


def points(quota: int) -> dict[str, Fleet]:
    """Return what is compared, by name: within a quota that a sandbox can do, and bound by the limiter or not by it."""
    rate = rate_for(quota)
    fleet = replace(deployed(), quota=quota, rate=rate, concurrency=2, memory=MEMORY_MB_PER_CPU)
    asked = rate * (HORIZON_SECONDS[Priority.UPLOADS] + fleet.latency)
    bound_by_it = replace(fleet, batch=max(1, int(asked / fleet.concurrency)))
    bound = {
        f"bound by concurrency, the provider takes {latency:g} s": replace(
            fleet,
            quota=0,
            rate=NO_LIMIT,
            latency=latency,
            batch=min(10, max(1, int(quota * latency / fleet.concurrency))),
        )
        for latency in LATENCIES
    }
    return {f"bound by the limiter, {rate:g} calls a second": bound_by_it} | bound


def shared_points(quota: int) -> dict[str, Fleet]:
    """Return what is compared where each environment has its part of a processor, by name: what is deployed, and less.

    A sandbox cannot do the calls a second that are deployed. With the batch and the part of a processor less by the
    same factor a batch computes for as long, and for as much of the time between two slots. With an environment less
    than deployed the processors are in the way: with whole ones it would come to a fifth more at least.
    """
    at = deployed()
    rate = rate_for(quota)
    factor = rate / at.rate
    memory = max(LEAST_MEMORY, round(at.memory * factor))
    fleet = replace(at, quota=quota, rate=rate, batch=max(1, round(at.batch * factor)), memory=memory)
    by = f"by {factor:.2f}: {rate:g} calls a second, {memory} MB with {fleet.share:.0%} of a processor"
    fewer = fleet.concurrency - 1
    return {
        f"as deployed, {by}": fleet,
        f"as deployed but MaximumConcurrency={fewer}, {by}": replace(fleet, concurrency=fewer),
    }


def modelled(fleet: Fleet, documents: int) -> Seen:
    """Return what the model says, on average over several runs."""
    return _mean([_modelled(fleet, documents, seed) for seed in _SEEDS])


def compared(name: str, measured: Seen, model: Seen) -> list[Compared]:
    """Return both figures of a point, beside each other."""
    rates = measured.documents_a_second, model.documents_a_second
    writes = measured.writes_a_document, model.writes_a_document
    return [
        Compared(what=f"{name}: documents a second", measured=rates[0], modelled=rates[1]),
        Compared(what="… writes to the limiter for each document", measured=writes[0], modelled=writes[1]),
    ]


def check(documents: int) -> tuple[str, bool]:
    """Compare the model with the sandbox; return a Markdown table and whether all of it agrees.

    Raises ``SystemExit`` where the machine lets nobody share a processor out.
    """
    try:
        require_cgroups()
    except SandboxError as error:
        raise SystemExit(str(error)) from None
    ceiling = measured(replace(deployed(), quota=0, rate=NO_LIMIT, memory=MEMORY_MB_PER_CPU), documents)
    quota = max(2, int(ceiling.seen.documents_a_second / 2))
    rows, took, computed = [], [], []
    for name, fleet in (points(quota) | shared_points(quota)).items():
        was = measured(fleet, documents)
        said = f"{name}, {fleet.concurrency} × {fleet.batch} at once"
        told = replace(fleet, calls=was.calls, processor=was.processor)
        rows += compared(said, was.seen, modelled(told, documents))
        took.append(f"{1000 * fmean(was.calls[SLOT]):.0f} ms")
        computed.append(f"{1000 * was.processor:.1f} ms")
    rows += [
        Compared(what=f"write units of {call}", measured=ceiling.units[call], modelled=units)
        for call, units in KEPT_UNITS.items()
    ]
    about = (
        f"The sandbox's ceiling, with the limiter off, is {ceiling.seen.documents_a_second:.1f} documents a second, so "
        f"all is compared below a quota of {quota}. A write to the limiter took {', '.join(took)}; a document that "
        f"makes each of its calls once took {', '.join(computed)} of a processor."
    )
    headings = ["what", "sandbox", "model", "off by", f"within {AGREES_WITHIN:.0%}"]
    table = page.table(headings, [one.row() for one in rows])
    return f"{about}\n\n{table}", all(one.agrees for one in rows)


def measured(fleet: Fleet, documents: int) -> Measured:
    """Let the sandbox work off so many documents. Raises ``SystemExit`` if it does not, or too fast to tell."""
    options = [f"--latency={fleet.latency}", "--workers=64", "--waiting=256", f"--rate-limit={fleet.quota}"]
    at_once = [f"MaximumConcurrency={fleet.concurrency}", f"BatchSize={fleet.batch}"]
    parameters = [f"MainlandPermitRate={fleet.rate:g}", *at_once]
    memory = fleet.memory if fleet.share < 1 else None
    with _Timed() as calls, system(*options, parameters=parameters, checkpoint=calls, shares_of=memory) as running:
        with Consumer(running) as consumer:
            sent = running.upload(documents)
            # Uploads make AWS slow, and an environment's first batch loads what it needs.
            consumer.wait_for_any(fleet.concurrency * fleet.batch, timeout_seconds=_PATIENCE_SECONDS)
            began, computed = time.monotonic(), running.processor_seconds()
            calls.seconds.clear()
            if not consumer.wait_for(sent, timeout_seconds=_PATIENCE_SECONDS):
                raise SystemExit("not every document had a result within half an hour")
        computed = running.processor_seconds() - computed
        times = sorted(running.finished.values())
        left = [at for at in times[: -max(1, len(times) // 10)] if at > began]
        if len(left) < _LEAST_LEFT:
            raise SystemExit(f"only {len(left)} documents were left to measure: take more --documents")
        return Measured(
            seen=Seen(
                documents_a_second=_rate(left),
                writes_a_document=len(calls.seconds[SLOT]) / len(calls.seconds[PROVIDER]),
            ),
            calls=calls.seconds,
            processor=computed / sum(map(len, calls.seconds.values())) * len(JOURNEY),
            units=_units(running),
        )


def _modelled(fleet: Fleet, documents: int, seed: int) -> Seen:
    simulation = Simulation(fleet, documents=documents, seed=seed).run(60)
    while len(simulation.done) < documents:
        simulation.world.run(until=simulation.world.now + 60)
    tenth = max(1, documents // 10)
    return Seen(
        documents_a_second=_rate(sorted(simulation.done)[tenth:-tenth]),
        writes_a_document=simulation.snapshot()["items"] / documents,
    )


def _mean(seen: Sequence[Seen]) -> Seen:
    return Seen(
        documents_a_second=fmean(one.documents_a_second for one in seen),
        writes_a_document=fmean(one.writes_a_document for one in seen),
    )


def _rate(times: Sequence[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0])


@dataclass(slots=True)
class _Timed(Checkpoint):
    """Notes how long each call took, by name."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _begun: threading.local = field(default_factory=threading.local)

    def arrived(self, name: str) -> int:
        """Note that a call begins. Its thread does nothing else until it is answered."""
        self._begun.call = name, time.monotonic()
        return Checkpoint.arrived(self, name)

    def struck(self, call: int, moment: Moment, *, port: int) -> bool:
        """Note that it is answered."""
        if moment is Moment.ANSWERED:
            name, at = self._begun.call
            self.seconds[name].append(time.monotonic() - at)
        return Checkpoint.struck(self, call, moment, port=port)


def _units(running: System) -> dict[str, float]:
    """Return the write units of the work table's records, on average, by the call that writes them."""
    items = _items(running)
    kinds = {call: call.rpartition(" ")[2] for call in KEPT_UNITS}
    return {
        call: fmean(math.ceil(_bytes(item) / _BYTES_OF_A_UNIT) for item in items if item["id"]["S"].startswith(kind))
        for call, kind in kinds.items()
    }


def _items(running: System) -> list[dict[str, Any]]:
    pages: Iterable[Any] = running.dynamodb.get_paginator("scan").paginate(TableName=running.endpoints["work_table"])
    return [item for page_of_items in pages for item in page_of_items["Items"]]


def _bytes(value: object) -> int:
    """Return about what DynamoDB counts: names and values in UTF-8."""
    if isinstance(value, Mapping):
        return sum(_bytes(name) + _typed(one) for name, one in value.items())
    return len(str(value).encode())


def _typed(value: Mapping[str, object]) -> int:
    (content,) = value.values()
    if isinstance(content, Sequence) and not isinstance(content, str | bytes):
        return sum(_bytes(one) if isinstance(one, str) else _typed(one) for one in content)
    return len(content) if isinstance(content, bytes) else _bytes(content)

"""The simulation against the sandbox, with nothing fitted: throughput, and writes to the limiter.

First the sandbox's maximum throughput is measured with the limiter off. Everything is compared at half of it, because
the sandbox itself would be the bottleneck nearer to it: where the limiter is the bottleneck, where concurrency is, and
where the environments' part of a processor is. The simulation gets from the sandbox how long its calls take (measured
by the proxy between the functions and AWS), how much processor time they take (measured by the kernel), and whether a
function has a whole processor or a part.
"""

import math
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Any, Final

from bench import markdown
from bench.environment.fake_provider import AMPLE_CAPACITY
from bench.environment.fault_proxy import FaultPoint, FaultProxy
from bench.environment.load import ResultConsumer
from bench.environment.running_sandbox import RunningSandbox, running_sandbox
from bench.scaling.fleet import LIMITER_CALL, PROVIDER_CALL, WRITE_UNITS_AFTER, Fleet, deployed, rate_for
from bench.scaling.simulation import Simulation
from bench.system.aws_calls import CALLS
from permit_ocr.rate_limit.dynamodb_rate_limiter import HORIZON_SECONDS, Priority
from sandbox.errors import SandboxError
from sandbox.lambda_runtime.cpu_quota import MEMORY_MB_PER_CPU, require_cgroups

TOLERANCE: Final = 0.10
NO_LIMIT: Final = 1_000.0
LATENCIES: Final = (0.6, 1.5)
"""Of the provider, in seconds, where concurrency is the bottleneck."""
MIN_MEMORY: Final = 128
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
_TIMEOUT_SECONDS: Final = 1800.0
_SEEDS: Final = range(5)
_MIN_DOCUMENTS: Final = 20
"""Documents between the end of the uploads and the last tenth; fewer give no rate."""
_BYTES_PER_WRITE_UNIT: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How fast a backlog drained, and how often the limiter's item was written."""

    documents_per_second: float
    writes_per_document: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What the sandbox did; times in seconds."""

    rates: Rates
    calls: Mapping[str, Sequence[float]]
    """The durations of each call as the functions see them, by name."""
    processor: float
    """Processor time for a document that makes each of its calls once."""
    write_units: Mapping[str, float]
    """Write units of each final item of the work table, by the call that writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One figure, measured and simulated."""

    label: str
    measured: float
    simulated: float

    @property
    def agrees(self) -> bool:
        """Whether the difference is within the tolerance."""
        return abs(self.simulated / self.measured - 1) <= TOLERANCE

    def row(self) -> list[str]:
        """Return the cells of its table row."""
        difference = f"{self.simulated / self.measured - 1:+.1%}"
        verdict = "✓" if self.agrees else "✗"
        return [self.label, f"{self.measured:.2f}", f"{self.simulated:.2f}", difference, verdict]


def points_with_whole_processors(quota: int) -> dict[str, Fleet]:
    """Return the fleets to compare where the limiter or concurrency is the bottleneck, by name."""
    rate = rate_for(quota)
    fleet = replace(deployed(), quota=quota, rate=rate, concurrency=2, memory=MEMORY_MB_PER_CPU)
    waiting_calls = rate * (HORIZON_SECONDS[Priority.UPLOADS] + fleet.latency)
    bound_by_limiter = replace(fleet, batch=max(1, int(waiting_calls / fleet.concurrency)))
    bound_by_concurrency = {
        f"bound by concurrency, the provider takes {latency:g} s": replace(
            fleet,
            quota=0,
            rate=NO_LIMIT,
            latency=latency,
            batch=min(10, max(1, int(quota * latency / fleet.concurrency))),
        )
        for latency in LATENCIES
    }
    return {f"bound by the limiter, {rate:g} calls a second": bound_by_limiter} | bound_by_concurrency


def points_with_limited_processors(quota: int) -> dict[str, Fleet]:
    """Return the fleets to compare where each environment has its part of a processor, by name.

    A sandbox cannot make as many calls a second as are deployed. With batch and part of a processor scaled down by the
    same factor, a batch computes for as long, in as much of the time between two slots. With one environment fewer than
    deployed, processors are the bottleneck: whole ones would give at least a fifth more throughput.
    """
    reference = deployed()
    rate = rate_for(quota)
    factor = rate / reference.rate
    memory = max(MIN_MEMORY, round(reference.memory * factor))
    fleet = replace(reference, quota=quota, rate=rate, batch=max(1, round(reference.batch * factor)), memory=memory)
    scale = f"by {factor:.2f}: {rate:g} calls a second, {memory} MB with {fleet.cpu_share:.0%} of a processor"
    fewer = fleet.concurrency - 1
    return {
        f"as deployed, {scale}": fleet,
        f"as deployed but MaximumConcurrency={fewer}, {scale}": replace(fleet, concurrency=fewer),
    }


def simulate(fleet: Fleet, documents: int) -> Rates:
    """Return the simulated rates, averaged over several runs."""
    runs = [_simulate(fleet, documents, seed) for seed in _SEEDS]
    return Rates(
        documents_per_second=fmean(one.documents_per_second for one in runs),
        writes_per_document=fmean(one.writes_per_document for one in runs),
    )


def compare(name: str, measured: Rates, simulated: Rates) -> list[Comparison]:
    """Return the comparisons of one fleet."""
    return [
        Comparison(
            label=f"{name}: documents a second",
            measured=measured.documents_per_second,
            simulated=simulated.documents_per_second,
        ),
        Comparison(
            label="… writes to the limiter per document",
            measured=measured.writes_per_document,
            simulated=simulated.writes_per_document,
        ),
    ]


def validate(documents: int) -> tuple[str, bool]:
    """Compare the simulation with the sandbox; return the figures as Markdown and whether all of them agree.

    Raises ``SystemExit`` if this machine cannot limit processors.
    """
    try:
        require_cgroups()
    except SandboxError as error:
        raise SystemExit(str(error)) from None
    ceiling = measure(replace(deployed(), quota=0, rate=NO_LIMIT, memory=MEMORY_MB_PER_CPU), documents)
    quota = max(2, int(ceiling.rates.documents_per_second / 2))
    points = points_with_whole_processors(quota) | points_with_limited_processors(quota)
    rows, write_times, processor_times = [], [], []
    for name, fleet in points.items():
        measured = measure(fleet, documents)
        simulated = simulate(replace(fleet, calls=measured.calls, processor=measured.processor), documents)
        rows += compare(f"{name}, {fleet.concurrency} × {fleet.batch} at a time", measured.rates, simulated)
        write_times.append(f"{1000 * fmean(measured.calls[LIMITER_CALL]):.0f} ms")
        processor_times.append(f"{1000 * measured.processor:.1f} ms")
    rows += [
        Comparison(label=f"write units of {call}", measured=ceiling.write_units[call], simulated=units)
        for call, units in WRITE_UNITS_AFTER.items()
    ]
    introduction = (
        f"The sandbox's maximum, with the limiter off, is {ceiling.rates.documents_per_second:.1f} documents a second, "
        f"so everything is compared at a quota of {quota}. A write to the limiter took {', '.join(write_times)}; a "
        f"document that makes each of its calls once took {', '.join(processor_times)} of a processor."
    )
    headings = ["figure", "sandbox", "simulation", "difference", f"within {TOLERANCE:.0%}"]
    table = markdown.table(headings, [one.row() for one in rows])
    return f"{introduction}\n\n{table}", all(one.agrees for one in rows)


def measure(fleet: Fleet, documents: int) -> Measurement:
    """Process documents in the sandbox. Raises ``SystemExit`` if it takes too long, or is too fast to measure."""
    options = [f"--latency={fleet.latency}", f"--rate-limit={fleet.quota}", *AMPLE_CAPACITY]
    parameters = [f"MainlandPermitRate={fleet.rate:g}", f"MaximumConcurrency={fleet.concurrency}"]
    memory = fleet.memory if fleet.cpu_share < 1 else None
    with (
        _TimingProxy() as proxy,
        running_sandbox(
            *options, parameters=parameters, proxy=proxy, limit_cpu_for_mb=memory, batch_size=fleet.batch
        ) as sandbox,
    ):
        with ResultConsumer(sandbox) as consumer:
            ids = sandbox.upload(documents)
            # Uploads slow moto down, and the first batch of an environment still loads modules: neither is measured.
            consumer.wait_for_any(fleet.concurrency * fleet.batch, timeout_seconds=_TIMEOUT_SECONDS)
            started, cpu_started = time.monotonic(), sandbox.cpu_seconds()
            proxy.seconds.clear()
            if not consumer.wait_for(ids, timeout_seconds=_TIMEOUT_SECONDS):
                raise SystemExit("not every document had a result within half an hour")
        cpu_seconds = sandbox.cpu_seconds() - cpu_started
        times = sorted(sandbox.finished.values())
        times = [at for at in times[: -max(1, len(times) // 10)] if at > started]
        if len(times) < _MIN_DOCUMENTS:
            raise SystemExit(f"only {len(times)} documents were left to measure: use more --documents")
        return Measurement(
            rates=Rates(
                documents_per_second=_rate(times),
                writes_per_document=len(proxy.seconds[LIMITER_CALL]) / len(proxy.seconds[PROVIDER_CALL]),
            ),
            calls=proxy.seconds,
            processor=cpu_seconds / sum(map(len, proxy.seconds.values())) * len(CALLS),
            write_units=_write_units(sandbox),
        )


def _simulate(fleet: Fleet, documents: int, seed: int) -> Rates:
    simulation = Simulation(fleet, documents=documents, seed=seed).run(60)
    while len(simulation.done) < documents:
        simulation.world.run(until=simulation.world.now + 60)
    tenth = max(1, documents // 10)
    return Rates(
        documents_per_second=_rate(sorted(simulation.done)[tenth:-tenth]),
        writes_per_document=simulation.snapshot()["items"] / documents,
    )


def _rate(times: Sequence[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0])


@dataclass(slots=True)
class _TimingProxy(FaultProxy):
    """Records the duration of each call by name."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _current: threading.local = field(default_factory=threading.local)

    def record(self, name: str) -> int:
        """Record the start of a call. Its thread handles no other call until it is answered."""
        self._current.call = name, time.monotonic()
        return FaultProxy.record(self, name)

    def drops(self, call: int, point: FaultPoint, *, port: int) -> bool:
        """Record the end of a call."""
        if point is FaultPoint.RESPONSE:
            name, started = self._current.call
            self.seconds[name].append(time.monotonic() - started)
        return FaultProxy.drops(self, call, point, port=port)


def _write_units(sandbox: RunningSandbox) -> dict[str, float]:
    """Return the mean write units of the work table's items, by the call that writes them."""
    items = _items(sandbox)
    prefixes = {call: call.rpartition(" ")[2] for call in WRITE_UNITS_AFTER}
    return {
        call: fmean(
            math.ceil(_size(item) / _BYTES_PER_WRITE_UNIT) for item in items if item["id"]["S"].startswith(prefix)
        )
        for call, prefix in prefixes.items()
    }


def _items(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    pages: Iterable[Any] = sandbox.dynamodb.get_paginator("scan").paginate(TableName=sandbox.endpoints["work_table"])
    return [item for page in pages for item in page["Items"]]


def _size(value: object) -> int:
    """Return approximately the bytes that DynamoDB counts: names and values in UTF-8."""
    if isinstance(value, Mapping):
        return sum(_size(name) + _attribute_size(one) for name, one in value.items())
    return len(str(value).encode())


def _attribute_size(value: Mapping[str, object]) -> int:
    (content,) = value.values()
    if isinstance(content, Sequence) and not isinstance(content, str | bytes):
        return sum(_size(one) if isinstance(one, str) else _attribute_size(one) for one in content)
    return len(content) if isinstance(content, bytes) else _size(content)

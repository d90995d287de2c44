"""How far the fleet goes: what is in the way first at larger quotas, and which parameter moves it.

    .venv/bin/python -m bench.scaling            # quotas of 20, 200 and 2,000 calls a second, a backlog of 10 million
    .venv/bin/python -m bench.scaling --check    # the model beside the sandbox: exit status 1 beyond 10 %

Both write what they found to ``docs/scaling.md``. The model is ``bench.fleet``. For each quota it begins with what is
deployed and moves, step by step, whatever parameter is in the way, until nine tenths of the quota are used.
"""

import argparse
import math
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from bench import page
from bench.fleet import Fleet, Simulation, deployed, seconds_hidden
from bench.rehearsal import ROOT
from bench.scaling_check import check, rate_for

PAGE: Final = ROOT / "docs" / "scaling.md"
COMMAND: Final = ".venv/bin/python -m bench.scaling"
BACKLOG: Final = 10_000_000
ENOUGH: Final = 0.9
"""Of the quota."""
HOUR: Final = 3600.0
AGES: Final = (HOUR, 20 * HOUR)
"""Of a backlog, in seconds. What finds no slot waits longer the older it is, until the last of these."""
_SETTLED_SECONDS: Final = 10.0
_CALLS: Final = 3_000
"""So many tell a rate: at a higher rate they take less time, within these bounds."""
_LEAST_SECONDS: Final = 6.0
_MOST_SECONDS: Final = 60.0
_NEARLY: Final = 0.95

QUOTA: Final = "the quota"
CONCURRENCY: Final = "concurrency"
ITEM: Final = "the limiter's item"
WORK_TABLE: Final = "the work table"
RESULTS_QUEUE: Final = "the results queue"
IN_FLIGHT: Final = "messages in flight"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a queue that never empties showed, each a second, once every environment is there."""

    fleet: Fleet
    documents: float
    calls: float
    refused: float
    given_back: float
    in_flight: float
    """Messages at the end."""
    item_writes: float
    writes_a_call: float
    used: dict[str, float]
    """Share of each limit."""
    processors_used: float
    """Share of the processors that the environments have."""

    @property
    def of_the_quota(self) -> float:
        """Share of the quota that calls were made for."""
        return self.calls / self.fleet.quota

    @property
    def bound_by(self) -> str:
        """What keeps it from being faster."""
        if self.calls >= _NEARLY * self.fleet.rate:
            return QUOTA
        fullest = max(self.used, key=lambda one: self.used[one])
        return fullest if self.used[fullest] > _NEARLY else CONCURRENCY


def find(fleet: Fleet, *, seconds: float = 0.0) -> Findings:
    """Simulate a backlog that was sent a moment ago, for so many seconds once it has settled, or for enough."""
    return _find(fleet, age=0.0, hidden=0, seconds=seconds)


def older(found: Findings, *, age: float, seconds: float = 0.0) -> Findings:
    """Return what comes of a backlog that was sent ``age`` seconds ago, in a fleet that was simulated with a young one.

    As many of its messages are hidden as are given back while one is, as far as they may be. Where none is given back,
    age makes no difference.
    """
    hidden = min(found.fleet.in_flight, round(found.given_back * seconds_hidden(age)))
    return _find(found.fleet, age=age, hidden=hidden, seconds=seconds) if hidden else found


def _find(fleet: Fleet, *, age: float, hidden: int, seconds: float) -> Findings:
    seconds = seconds or max(_LEAST_SECONDS, min(_MOST_SECONDS, _CALLS / fleet.rate))
    begins = _SETTLED_SECONDS
    simulation = Simulation(fleet, age=age, hidden=hidden).run(begins, all_within=begins / 3)
    before = simulation.snapshot()
    simulation.world.run(until=begins + seconds)
    after = simulation.snapshot()
    moved = {name: (after[name] - before[name]) / seconds for name in after}
    return Findings(
        fleet=fleet,
        documents=moved["documents"],
        calls=moved["calls"],
        refused=moved["refused"],
        given_back=moved["given back"],
        in_flight=after["in flight"],
        item_writes=moved["item"],
        writes_a_call=moved["items"] / moved["calls"],
        used={
            ITEM: moved["item"] / fleet.item_writes,
            WORK_TABLE: moved["table"] / fleet.table_writes,
            RESULTS_QUEUE: moved["fifo"] / fleet.fifo_sends,
            IN_FLIGHT: after["in flight"] / fleet.in_flight,
        },
        processors_used=moved["processors"] / fleet.share / fleet.concurrency,
    )


def until_enough(fleet: Fleet, *, seconds: float = 0.0) -> Iterator[tuple[str, Findings]]:
    """Yield what was set and what it came to, moving what is in the way until enough of the quota is used.

    Of settings of the same parameter that follow each other only the last is of interest, and the first of all.
    """
    setting, found = "", find(fleet, seconds=seconds)
    while found.of_the_quota < ENOUGH:
        moved, fleet = _moved(found)
        if moved.partition("=")[0] != setting.partition("=")[0]:
            yield setting, found
        setting, found = moved, find(fleet, seconds=seconds)
    yield setting, found


def _moved(found: Findings) -> tuple[str, Fleet]:
    """Return the parameter that moves what is in the way, and the fleet with more of it."""
    fleet = found.fleet
    match found.bound_by:
        case limit if limit == ITEM:
            shards = fleet.shards + 1
            return f"LimiterShards={shards}", replace(fleet, shards=shards, rate=rate_for(fleet.quota, shards))
        case limit if limit == WORK_TABLE:
            moved = replace(fleet, table_writes=2 * fleet.table_writes)
            return f"a work table made for so many writes a second={moved.table_writes:,.0f}", moved
        case limit if limit == RESULTS_QUEUE:
            moved = replace(fleet, fifo_sends=2 * fleet.fifo_sends)
            return f"a region whose FIFO queues take so many sends a second={moved.fifo_sends:,.0f}", moved
        case limit if limit == IN_FLIGHT:  # too many ask at once
            fewer = math.floor(0.9 * fleet.concurrency)
            return f"MaximumConcurrency={fewer}", replace(fleet, concurrency=fewer)
        case _:
            more = max(fleet.concurrency + 1, math.ceil(fleet.concurrency * fleet.rate / found.calls))
            return f"MaximumConcurrency={more}", replace(fleet, concurrency=more)


def under(quota: int) -> Fleet:
    """Return what is deployed, told the rate that such a quota allows."""
    return replace(deployed(), quota=quota, rate=rate_for(quota, deployed().shards))


def beginnings() -> dict[str, Fleet]:
    """Return where each search begins, by name; the last is one that has enough, and for a backlog of any age."""
    ample = replace(under(2_000), shards=8, rate=rate_for(2_000, 8), concurrency=330, table_writes=16_000)
    return {
        "as deployed": deployed(),
        "as deployed, but MemorySize=1024": replace(deployed(), memory=1024),
        "as deployed, one call in twenty fails": replace(deployed(), faults=0.05),
        "as deployed, the provider takes 1.5 s": replace(deployed(), latency=1.5),
        f"MainlandPermitRate={under(200).rate:g}": under(200),
        f"MainlandPermitRate={under(2_000).rate:g}": under(2_000),
        "MaximumConcurrency=330, LimiterShards=8, a work table made for 16,000": ample,
    }


def main() -> int:
    """Simulate, or compare the model with the sandbox; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the sandbox")
    parser.add_argument("--documents", type=int, default=400, help="of each run of the check")
    arguments = parser.parse_args()
    load, began = os.getloadavg()[0], time.monotonic()
    if not arguments.check:
        return _write(COMMAND, scenarios())
    compared, has_passed = check(arguments.documents)
    command = f"{COMMAND} --check --documents {arguments.documents}"
    took = {"Took": f"{(time.monotonic() - began) / 60:.0f} minutes"}
    facts = page.facts({"Command": f"`{command}`"} | page.date_and_machine(load=load) | took)
    _write(f"{COMMAND} --check", f"{facts}\n\n{compared}")
    return 0 if has_passed else 1


def _write(by: str, figures: str) -> int:
    sys.stdout.write(f"{figures}\n")
    page.write(PAGE, by=by, figures=figures)
    return 0


def scenarios() -> str:
    """Return what each quota needs, as Markdown."""
    random.seed(1)  # the waits' chance is the code's own
    fleet = deployed()
    told = (
        f"`{COMMAND}`, {datetime.now(UTC):%Y-%m-%d}. "
        f"Told: a document takes {1000 * fleet.processor:g} ms of a processor ([measured](benchmarks.md)), "
        f"{fleet.memory} MB give {fleet.share:.0%} of one, the provider takes {fleet.latency:g} s and a call to AWS "
        f"{1000 * fleet.call:g} ms, where nothing else is said."
    )
    return f"{told}\n\n{_needs()}"


def _needs() -> str:
    headings = ["quota", "set", "documents/s", "… at 1 h", "… at 20 h", "of the quota", "bound by", "processors"]
    headings += ["writes to the busiest item/s", "writes a call", "given back/s", "refused/s"]
    headings += [f"{BACKLOG:,} documents"]
    rows = []
    for name, fleet in beginnings().items():
        for number, (setting, found) in enumerate(until_enough(fleet)):
            said = setting.replace("so many writes a second=", "").replace("so many sends a second=", "")
            rows.append(_row(f"… and {said}" if number else name, found))
    return page.table(headings, rows)


def _row(name: str, found: Findings) -> list[str]:
    aged = [older(found, age=age) for age in AGES]
    rates = [one.documents for one in (found, *aged)]
    return [
        f"{found.fleet.quota:,}",
        name,
        *(f"{rate:,.1f}" for rate in rates),
        f"{found.of_the_quota:.0%}",
        found.bound_by,
        f"{found.processors_used:.0%}",
        f"{found.item_writes:,.0f}",
        f"{found.writes_a_call:.2f}",
        f"{found.given_back:,.1f}",
        f"{found.refused + sum(one.refused for one in aged):,.1f}",
        _duration(rates),
    ]


def _duration(rates: Sequence[float]) -> str:
    """Return how long the backlog takes: each age's rate counts until then, the last for ever."""
    left, hours = float(BACKLOG), 0.0
    for until, rate in zip(AGES, rates[1:], strict=True):
        took = min(left / rate, until - hours * HOUR) / HOUR
        left, hours = left - took * HOUR * rate, hours + took
    hours += left / rates[-1] / HOUR
    return f"{hours:,.1f} h" if hours < 48 else f"{hours / 24:,.1f} days"  # noqa: PLR2004  two days


if __name__ == "__main__":
    sys.exit(main())

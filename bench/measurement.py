"""What every measurement beside the baseline is: a title, a number of rounds, and comparisons when they are done."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bench.comparison import Comparison, table
from bench.stage import build


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """``measure`` is told how many rounds to make; ``rounds`` is how many it takes to be worth writing down."""

    title: str
    measure: Callable[[int], Awaitable[Sequence[Comparison]]]
    rounds: int

    def run(self, rounds: int) -> Sequence[Comparison]:
        """Return what it comes to."""

        async def wait() -> Sequence[Comparison]:
            return await self.measure(rounds)

        return asyncio.run(wait())


def run_alone(measurement: Measurement, description: str | None) -> int:
    """Run one measurement from the command line and print its table; the exit status is 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=measurement.rounds)
    arguments = parser.parse_args()
    build()
    comparisons = measurement.run(arguments.rounds)
    sys.stdout.write(table(comparisons) + "\n")
    return 1 if any(one.met is False for one in comparisons) else 0

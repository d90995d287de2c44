"""What the reminders of a day cost, and how long they take: counted calls, multiplied by prices and round trips."""

from dataclasses import dataclass
from math import ceil
from typing import Final

from bench import markdown
from bench.cost import prices
from permit_ocr.application.reminders.send_reminders import PAGE

SECONDS_OF_A_CALL: Final = {"query": 0.010, "read": 0.020, "send": 0.025, "store": 0.008}
"""Round trips within a region, assumed: AWS promises none. The batches of a page are sent in parallel."""
SECONDS_COMPUTING: Final = 0.04 / 0.29
"""Of a page at 512 MB, which is 29 % of a processor: 0.04 s of processor time were measured (docs/benchmarks.md)."""
MEGABYTES: Final = 512
INVOCATION_SECONDS: Final = 75
"""How long an invocation of 90 s sends."""
EVERY_SECONDS: Final = 120
SEND_BATCH: Final = 10
_MODELLED: Final = (1000, 50_000, 1_000_000)
WRITE_UNITS_OF_A_CARD: Final = 3
"""The item and its two indexes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day on which so many cards are due."""

    cards: int
    webhooks: bool = False

    @property
    def pages(self) -> int:
        """Pages of cards."""
        return ceil(self.cards / PAGE)

    @property
    def seconds_working(self) -> float:
        """Seconds that invocations run."""
        return self.pages * (sum(SECONDS_OF_A_CALL.values()) + SECONDS_COMPUTING)

    @property
    def minutes(self) -> float:
        """Minutes until the last reminder: an invocation starts every two minutes."""
        full, rest = divmod(self.seconds_working, INVOCATION_SECONDS)
        return (full * EVERY_SECONDS + rest) / 60

    @property
    def dollars(self) -> float:
        """What AWS charges for sending."""
        queues = 2 if self.webhooks else 1
        calls = self.pages * ceil(PAGE / SEND_BATCH) * queues
        reads = self.cards * prices.DYNAMODB_READ_UNIT + self.pages * 2 * prices.DYNAMODB_READ_UNIT
        return (
            reads
            + self.pages * prices.DYNAMODB_WRITE_UNIT
            + calls * prices.SQS_FIFO_REQUEST
            + self.seconds_working * MEGABYTES / 1024 * prices.LAMBDA_GB_SECOND
        )


def dollars_of_watching(cards: int) -> float:
    """Return what AWS charges for the writes of so many cards that are read."""
    return cards * WRITE_UNITS_OF_A_CARD * prices.DYNAMODB_WRITE_UNIT


def dollars_of_an_idle_month() -> float:
    """Return what AWS charges for a month of invocations with nothing to do: 20 ms each, and one read."""
    invocations = 30 * 24 * 3600 / EVERY_SECONDS
    seconds = 0.020
    return invocations * (
        prices.LAMBDA_REQUEST
        + prices.SCHEDULER_INVOCATION
        + seconds * MEGABYTES / 1024 * prices.LAMBDA_GB_SECOND
        + prices.DYNAMODB_READ_UNIT
    )


def modelled() -> str:
    """Return the model's figures as a Markdown table."""
    rows = [
        [
            f"{cards:,}",
            f"{day.minutes:.1f}",
            f"{day.dollars:.4f}",
            f"{Day(cards=cards, webhooks=True).dollars:.4f}",
            f"{dollars_of_watching(cards):.4f}",
        ]
        for cards in _MODELLED
        for day in [Day(cards=cards)]
    ]
    headings = ["cards due", "minutes", "$ to send", "$ with webhooks", "$ to watch, once"]
    idle = f"A month with nothing due costs ${dollars_of_an_idle_month():.3f}."
    return f"{markdown.table(headings, rows)}\n\n{idle}"

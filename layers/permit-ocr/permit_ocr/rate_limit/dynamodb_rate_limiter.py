"""The rate limiter of all calls to the provider, shared by every environment of both functions.

A slot is *taken* by moving the next free time of a series on, with a conditional update: a generic cell rate algorithm
(``gcra`` has its arithmetic and proof). Nothing is ever given back, so nothing can leak: the slot of a caller that dies
is simply not used.

The clocks of environments are assumed to agree within milliseconds, as AWS keeps them. Slots stay apart whatever the
clocks say, since each is counted from the one before. A clock that is ahead only makes calls leave early by as much.
"""

import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from permit_ocr.domain.errors import RateLimited
from permit_ocr.dynamodb_table import Item
from permit_ocr.rate_limit.circuit_breaker import IS_CLOSED, CircuitAlreadyOpen, DynamoDbCircuitBreaker
from permit_ocr.rate_limit.gcra import LATE_SECONDS, intervals
from permit_ocr.rate_limit.limiter_items import MICROSECONDS, LimiterItems, SlotSeries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRIES: Final = 8
"""A try fails if another caller was faster, and returns the new state. This many in a row do not happen in practice."""


class Priority(StrEnum):
    """Who calls. Uploads can wait on their queue, API callers cannot, so the API may book further ahead."""

    UPLOADS = "uploads"
    API = "api"


HORIZON_SECONDS: Final = {Priority.UPLOADS: 1.0, Priority.API: 2.0}
"""How far ahead a slot may lie. Slots beyond the uploads' horizon are the API's: a backlog cannot starve it."""


class DynamoDbRateLimiter(DynamoDbCircuitBreaker):
    """The rate limiter and circuit breaker for callers of one priority. Thread-safe."""

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        table: str,
        priority: Priority,
        rates: Mapping[str, float],
        shard: str = "",
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``rates`` are calls a second by action; ``clock`` returns seconds since 1970.

        ``shard`` is appended to the items' ids where there are several (``sharded_rate_limiter``).
        """
        series = {action: _series(rate, priority) for action, rate in rates.items()}
        super().__init__(LimiterItems(client, table=table, shard=shard, series=series, clock=clock))
        self._horizon = HORIZON_SECONDS[priority]
        self._clock = clock
        self._sleep = sleep

    def acquire(self, action: str, *, seconds: float, probing: bool = False) -> bool:
        """Wait for the next slot, for at most ``seconds``. The call must follow immediately.

        Returns whether the call is a probe. Its result must then be reported with ``close_circuit`` or
        ``open_circuit``, and repeated calls for it are made with ``probing``, past the open circuit.

        Raises ``RateLimited`` if no slot is near enough, ``CircuitAlreadyOpen``, and ``RetryableError`` if the table
        does not answer: nobody knows then who else is calling.
        """
        until = self._clock() + seconds
        while True:
            slot, probing = self._take_slot(action, until=until, probing=probing)
            self._sleep(max(0.0, slot - self._clock()))
            if not probing and (mark := self._items.states[action].mark):  # the circuit opened during the sleep
                raise CircuitAlreadyOpen(mark.code)
            if self._clock() - slot <= LATE_SECONDS:
                return probing

    def check(self, action: str, *, seconds: float, probing: bool = False) -> None:
        """Raise what ``acquire`` would raise according to what is known here, without asking the table."""
        state, now = self._items.states[action], self._items.now()
        if not probing and state.mark and state.mark.is_trusted(now):
            raise CircuitAlreadyOpen(state.mark.code)
        state.nearest(earliest=now, latest=self._latest(now, until=self._clock() + seconds), now=now)

    def _take_slot(self, action: str, *, until: float, probing: bool) -> tuple[float, bool]:
        """Take a slot. Return its time, in seconds since 1970, and whether it is a probe's.

        DynamoDB's expressions have no maximum, so there are two forms of the update: ``_reset`` if the next free time
        has passed, ``_advance`` if it lies ahead. The wrong form fails, and returns the state for the next try.
        """
        state, was_slower = self._items.states[action], False
        for _ in range(TRIES):
            now = self._items.now()
            if not probing and (mark := state.mark):
                if mark.is_probe_due(now):
                    probing = self._take_probe(action, mark)
                    continue
                if mark.is_trusted(now):
                    raise CircuitAlreadyOpen(mark.code)
            # A slot that is nearer than the table's latency would have passed when the table answers.
            earliest = now + round(self._items.lead_seconds * MICROSECONDS)
            latest = self._latest(now, until=until)
            series = state.nearest(earliest=earliest, latest=latest, now=now)
            behind = state.behind(series, earliest=earliest)
            # A time that was seen a moment ago, and passed while the table answered, is probably being moved by other
            # callers, too: guessing that it has not moved would fail each time they do.
            resets = behind > (round(self._horizon * MICROSECONDS) if was_slower else 0)
            expression, condition, values = (
                _reset(series, earliest=earliest)
                if resets
                else _advance(series, behind, earliest=earliest, latest=latest)
            )
            if not probing:
                condition += f" AND {IS_CLOSED}"
            if item := self._items.update(action, expression, values, condition=condition):
                return (item[series.attribute] - series.interval) / MICROSECONDS, probing
            was_slower = True
        raise RateLimited(after_seconds=1.0)

    def _latest(self, now: int, *, until: float) -> int:
        return min(now + round(self._horizon * MICROSECONDS), round(until * MICROSECONDS))


def _reset(series: SlotSeries, *, earliest: int) -> tuple[str, str, Item]:
    """Return expression, condition and values that take ``earliest`` as the slot."""
    name = series.attribute
    values = {":next": earliest + series.interval, ":earliest": earliest}
    return f"SET {name} = :next", f"(attribute_not_exists({name}) OR {name} < :earliest)", values


def _advance(series: SlotSeries, behind: int, *, earliest: int, latest: int) -> tuple[str, str, Item]:
    """Return those that take the slot ``behind`` after the next free time, wherever others have moved it."""
    name = series.attribute
    values = {":step": behind + series.interval, ":first": earliest - behind, ":last": latest - behind}
    return f"SET {name} = {name} + :step", f"{name} BETWEEN :first AND :last", values


def _series(rate: float, priority: Priority) -> tuple[SlotSeries, ...]:
    """Return the series that a caller takes slots from, in order of preference."""
    interval = intervals(rate)
    shared = SlotSeries("shared_next", interval.shared)
    if priority is Priority.API or interval.uploads is None:
        return (shared,)
    return (shared, SlotSeries("uploads_next", interval.uploads))

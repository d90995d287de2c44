"""The line to the provider, shared by every environment of both functions: when a call may go, and whether any may.

One DynamoDB item for each action, ``line#ACTION``, without personal data:

- ``everyone_next``, ``uploads_next``: when the next slot of a bucket is free, in microseconds since 1970. A slot is
  *taken* by moving that time on, with a conditional update (a generic cell rate algorithm). Nothing is ever given back,
  so nothing can leak: a slot whose taker dies is simply not used.
- ``stop_code``, ``stop_since``, ``next_probe`` (microseconds), ``probe_seconds``: there only while the line is stopped.
  The same condition that takes a slot refuses while they are there, so a healthy call costs one update and no read.

Whoever finds the line stopped calls nothing, but for one prober at a time: the first who comes after ``next_probe``
moves that on. The probe's success removes the mark, whoever set it.

Clocks of environments are taken to agree within milliseconds, as AWS keeps them. Slots stay apart whatever the clocks
say, since each is counted from the one before; a clock that is ahead only makes calls leave early by as much.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, cast

from permit_ocr.aws_errors import translate_aws_errors
from permit_ocr.domain.errors import CircuitOpen, RateLimited, RetryableError
from permit_ocr.observability import log_event
from permit_ocr.rate_limit.gcra import LATE_SECONDS, intervals
from permit_ocr.rate_limit.limiter_state import MICROSECONDS, LimiterState, OpenCircuit, TokenSeries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import UpdateItemInputTypeDef

_FIRST_PROBE_SECONDS: Final = 30
_LONGEST_PROBE_SECONDS: Final = 300
TRIES: Final = 8
"""Each failed try means that another was quicker and says what it found; so many in a row do not happen in practice."""
FIRST_LEAD_SECONDS: Final = 0.02
"""How long the table is expected to take, until it was asked."""
_LONGEST_LEAD_SECONDS: Final = 0.3


class Priority(StrEnum):
    """Who calls. Uploads can wait on their queue, a caller of the API cannot; so the API may book further ahead."""

    UPLOADS = "uploads"
    API = "api"


HORIZON_SECONDS: Final = {Priority.UPLOADS: 1.0, Priority.API: 2.0}
"""How far ahead a slot may lie. Beyond the uploads' horizon every slot is the API's: a backlog cannot starve it."""


class CircuitAlreadyOpen(CircuitOpen):
    """The line was stopped before, so nothing was called. ``code`` is what stopped it."""

    def __init__(self, code: str) -> None:
        super().__init__(
            code,
            "Calls to the provider are stopped: it refuses the account or the configuration.",
            "The operator must mend the account or the configuration; documents wait meanwhile.",
        )


class DynamoDbRateLimiter:
    """The line, for one priority. Any number of threads may use it at once."""

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
        """``rates`` are calls a second by action; ``clock`` says the seconds since 1970.

        ``shard`` is put behind the item's id, where there is more than one (``sharded_line``).
        """
        self._client = client
        self._table = table
        self._shard = shard
        self._horizon = HORIZON_SECONDS[priority]
        self._memories = {action: LimiterState(_buckets(rate, priority)) for action, rate in rates.items()}
        self._clock = clock
        self._sleep = sleep
        self._lead = FIRST_LEAD_SECONDS

    def acquire(self, action: str, *, seconds: float, probing: bool = False) -> bool:
        """Wait for the next slot, for at most ``seconds``; the call must follow at once.

        Return whether it is a probe: then ``resume`` or ``stop`` must be told what came of it, and further calls for
        the same answer are made with ``probing``, past the stop.

        Raises ``RateLimited`` (none is near enough), ``CircuitAlreadyOpen`` and, since nobody knows who else is
        calling if the table
        does not answer, ``RetryableError``.
        """
        until = self._clock() + seconds
        while True:
            slot, probing = self._take(action, until=until, probing=probing)
            self._sleep(max(0.0, slot - self._clock()))
            if not probing and (stop := self._memories[action].stop):  # it was stopped while we slept
                raise CircuitAlreadyOpen(stop.code)
            if self._clock() - slot <= LATE_SECONDS:
                return probing

    def check(self, action: str, *, seconds: float, probing: bool = False) -> None:
        """Raise what ``enter`` would raise for all that is known here; the table is not asked."""
        memory, now = self._memories[action], self._now()
        if not probing and (stop := memory.stop) and stop.holds(now):
            raise CircuitAlreadyOpen(stop.code)
        memory.nearest(earliest=now, latest=self._latest(now, until=self._clock() + seconds), now=now)

    def open_error(self, action: str) -> CircuitAlreadyOpen | None:
        """Return why no document need be fetched for the action now, if it is known here that the line stands.

        None too where its next probe is due: it is made with whichever document comes. The table is asked only while
        the line stands, about once a second.
        """
        stop = self._memories[action].stop
        if stop and not stop.is_probe_due(self._now()) and not stop.holds(self._now()):
            # Changes nothing. Refused if the line goes on: what is there is remembered in either case.
            with suppress(RetryableError):
                self._update(action, "SET stop_code = stop_code", {}, condition="attribute_exists(stop_code)")
            stop = self._memories[action].stop
        return CircuitAlreadyOpen(stop.code) if stop and not stop.is_probe_due(self._now()) else None

    def open_circuit(self, action: str, error: CircuitOpen) -> None:
        """Stop the line for every environment; a line that stands stays as it is, but for the code."""
        now = self._now()
        self._memories[action].stop = OpenCircuit(
            error.code, now + _FIRST_PROBE_SECONDS * MICROSECONDS, _FIRST_PROBE_SECONDS, now
        )
        self._mark(
            action,
            "SET stop_code = :code, stop_since = if_not_exists(stop_since, :now),"
            " next_probe = if_not_exists(next_probe, :probe), probe_seconds = if_not_exists(probe_seconds, :seconds)",
            {
                ":code": {"S": error.code},
                ":now": _number(now),
                ":probe": _number(now + _FIRST_PROBE_SECONDS * MICROSECONDS),
                ":seconds": _number(_FIRST_PROBE_SECONDS),
            },
        )

    def close_circuit(self, action: str) -> None:
        """Let the line go on: a probe has succeeded."""
        self._memories[action].stop = None
        if self._mark(action, "REMOVE stop_code, stop_since, next_probe, probe_seconds"):
            log_event("line_resumed", action=action)

    def _take(self, action: str, *, until: float, probing: bool) -> tuple[float, bool]:
        """Take a slot and return its time, in seconds since 1970, and whether it is a probe's.

        In one of two forms, as no expression has a maximum: the next free time has passed, and ``earliest`` is the
        slot; or it lies ahead, and is. A wrong guess fails, and what is there is remembered for the next.
        """
        memory, lost = self._memories[action], False
        for _ in range(TRIES):
            now = self._now()
            if not probing and (stop := memory.stop):
                if stop.is_probe_due(now):
                    probing = self._take_probe(action, stop)
                    continue
                if stop.holds(now):
                    raise CircuitAlreadyOpen(stop.code)
            # Slots nearer than the table answers would have passed by the time they are known.
            earliest, latest = now + round(self._lead * MICROSECONDS), self._latest(now, until=until)
            bucket = memory.nearest(earliest=earliest, latest=latest, now=now)
            passed = memory.passed(bucket, earliest=earliest)
            # What was seen a moment ago and has passed while the table answered is taken from by others as well: the
            # guess that nobody has moved it would be wrong as often as they come.
            resets = passed > (round(self._horizon * MICROSECONDS) if lost else 0)
            change, condition, values = (
                _reset(bucket, earliest=earliest)
                if resets
                else _moved(bucket, passed, earliest=earliest, latest=latest)
            )
            if not probing:
                condition += " AND attribute_not_exists(stop_code)"
            if item := self._update(action, change, values, condition=condition):
                return (int(item[bucket.attribute]["N"]) - bucket.interval) / MICROSECONDS, probing
            lost = True
        raise RateLimited(after_seconds=1.0)

    def _latest(self, now: int, *, until: float) -> int:
        return min(now + round(self._horizon * MICROSECONDS), round(until * MICROSECONDS))

    def _take_probe(self, action: str, stop: OpenCircuit) -> bool:
        """Become the prober, unless another was quicker. The next probe's time is set first: a prober may die."""
        seconds = min(2 * stop.probe_seconds, _LONGEST_PROBE_SECONDS)
        values = {
            ":next": _number(self._now() + seconds * MICROSECONDS),
            ":seconds": _number(seconds),
            ":seen": _number(stop.next_probe),
        }
        change = "SET next_probe = :next, probe_seconds = :seconds"
        return self._update(action, change, values, condition="next_probe = :seen") is not None

    def _mark(self, action: str, change: str, values: dict[str, Any] | None = None) -> bool:
        """Set or remove the mark. A table that does not answer is noted: it lets no call through either."""
        try:
            self._update(action, change, values or {})
        except RetryableError as error:
            log_event("line_not_marked", action=action, code=error.code)
            return False
        return True

    def _update(
        self, action: str, change: str, values: dict[str, Any], *, condition: str | None = None
    ) -> dict[str, Any] | None:
        """Update the action's item and return it, or None if ``condition`` did not hold. Raises ``RetryableError``.

        What it is now is remembered in either case.
        """
        request: UpdateItemInputTypeDef = {
            "TableName": self._table,
            "Key": {"id": {"S": f"line#{action}{self._shard}"}},
            "UpdateExpression": change,
            "ReturnValues": "ALL_NEW",
        }
        if values:
            request["ExpressionAttributeValues"] = values
        if condition:
            request["ConditionExpression"] = condition
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        began = self._clock()
        with translate_aws_errors("DynamoDB"):
            try:
                item: dict[str, Any] = self._client.update_item(**request)["Attributes"]
            except self._client.exceptions.ConditionalCheckFailedException as refused:
                there = cast("dict[str, Any]", refused.response.get("Item", {}))
                self._memories[action].remember(there, now=self._now())
                return None
            finally:
                self._lead = lead_after(self._lead, seconds=self._clock() - began)
        self._memories[action].remember(item, now=self._now())
        return item

    def _now(self) -> int:
        return round(self._clock() * MICROSECONDS)


def _reset(bucket: TokenSeries, *, earliest: int) -> tuple[str, str, dict[str, Any]]:
    """Return the change, condition and values that make ``earliest`` the slot, of a bucket whose time has passed."""
    name = bucket.attribute
    values = {":next": _number(earliest + bucket.interval), ":earliest": _number(earliest)}
    return f"SET {name} = :next", f"(attribute_not_exists({name}) OR {name} < :earliest)", values


def _moved(bucket: TokenSeries, passed: int, *, earliest: int, latest: int) -> tuple[str, str, dict[str, Any]]:
    """Return the same that make the next free time the slot, ``passed`` later, wherever others have moved it."""
    name = bucket.attribute
    values = {
        ":step": _number(passed + bucket.interval),
        ":first": _number(earliest - passed),
        ":last": _number(latest - passed),
    }
    return f"SET {name} = {name} + :step", f"{name} BETWEEN :first AND :last", values


def lead_after(lead: float, *, seconds: float) -> float:
    """Return how long the table is expected to take, in seconds, once it has taken ``seconds``: slow to forget."""
    return min(max(seconds, 0.9 * lead), _LONGEST_LEAD_SECONDS)


def _buckets(rate: float, priority: Priority) -> tuple[TokenSeries, ...]:
    """Return the buckets a priority takes from, in order."""
    said = intervals(rate)
    everyone = TokenSeries("everyone_next", said.everyone)
    if priority is Priority.API or said.uploads is None:
        return (everyone,)
    return (everyone, TokenSeries("uploads_next", said.uploads))


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}

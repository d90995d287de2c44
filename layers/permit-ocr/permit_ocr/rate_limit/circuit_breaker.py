"""The circuit breaker: while the provider refuses the account or the configuration, all environments call nothing.

closed ── an answer refuses the account ──▶ open ── after 30 s, then 60, … 300 ──▶ half-open: one probe
   ▲                                          ▲                                      │
   └──────────── the probe succeeds ──────────┴───────────── the probe fails ────────┘

Open is a mark on the limiter's item. The condition that takes a slot also requires that there is no mark, so a call
costs one write while the circuit is closed. A probe is a slot that is taken past the mark, by the environment that is
the first to move ``next_probe`` on. If it dies, only the next probe is delayed.
"""

from contextlib import suppress
from typing import Final

from permit_ocr.domain.errors import CircuitOpen, RetryableError
from permit_ocr.dynamodb_table import Item
from permit_ocr.observability import log_event
from permit_ocr.rate_limit.limiter_items import MICROSECONDS, LimiterItems, OpenCircuitMark

_FIRST_PROBE_SECONDS: Final = 30
_LONGEST_PROBE_SECONDS: Final = 300
IS_CLOSED: Final = "attribute_not_exists(open_code)"
_OPEN: Final = (
    "SET open_code = :code, opened_at = if_not_exists(opened_at, :opened_at),"
    " next_probe = if_not_exists(next_probe, :next_probe),"
    " probe_seconds = if_not_exists(probe_seconds, :probe_seconds)"
)
_CLOSE: Final = "REMOVE open_code, opened_at, next_probe, probe_seconds"


class CircuitAlreadyOpen(CircuitOpen):
    """The circuit was open before, so nothing was called. ``code`` is the error that opened it."""

    def __init__(self, code: str) -> None:
        super().__init__(
            code,
            "Calls to the provider are stopped: it refuses the account or the configuration.",
            "The operator must fix the account or the configuration. Documents wait until then.",
        )


class DynamoDbCircuitBreaker:
    """One circuit for each action."""

    def __init__(self, items: LimiterItems) -> None:
        """``items`` are shared with the rate limiter."""
        self._items = items

    def open_error(self, action: str) -> CircuitAlreadyOpen | None:
        """Return the error of an open circuit, so that documents need not even be fetched.

        Returns None as well if a probe is due: the next document is needed for it. Asks the table only while the
        circuit is known to be open, about once a second.
        """
        state, now = self._items.states[action], self._items.now()
        if (mark := state.mark) and not mark.is_probe_due(now) and not mark.is_trusted(now):
            with suppress(RetryableError):  # changes nothing; the item is remembered even if the condition fails
                self._items.update(action, "SET open_code = open_code", condition="attribute_exists(open_code)")
        mark = state.mark
        return CircuitAlreadyOpen(mark.code) if mark and not mark.is_probe_due(self._items.now()) else None

    def open_circuit(self, action: str, error: CircuitOpen) -> None:
        """Open the circuit for every environment. If it is open already, only the code changes."""
        now = self._items.now()
        mark = OpenCircuitMark(error.code, now + _FIRST_PROBE_SECONDS * MICROSECONDS, _FIRST_PROBE_SECONDS, seen_at=now)
        self._items.states[action].mark = mark
        values = {
            ":code": mark.code,
            ":opened_at": now,
            ":next_probe": mark.next_probe,
            ":probe_seconds": mark.probe_seconds,
        }
        self._write_mark(action, _OPEN, values)

    def close_circuit(self, action: str) -> None:
        """Close the circuit for every environment: a probe has succeeded."""
        self._items.states[action].mark = None
        if self._write_mark(action, _CLOSE):
            log_event("circuit_closed", action=action)

    def _take_probe(self, action: str, mark: OpenCircuitMark) -> bool:
        """Return whether the next call is the probe, and not that of another environment that was faster."""
        seconds = min(2 * mark.probe_seconds, _LONGEST_PROBE_SECONDS)
        values = {
            ":next_probe": self._items.now() + seconds * MICROSECONDS,
            ":probe_seconds": seconds,
            ":seen": mark.next_probe,
        }
        expression = "SET next_probe = :next_probe, probe_seconds = :probe_seconds"
        return self._items.update(action, expression, values, condition="next_probe = :seen") is not None

    def _write_mark(self, action: str, expression: str, values: Item | None = None) -> bool:
        """Write or remove the mark. A table that does not answer is only logged: it gives no slots either."""
        try:
            self._items.update(action, expression, values)
        except RetryableError as error:
            log_event("circuit_mark_not_written", action=action, code=error.code)
            return False
        return True

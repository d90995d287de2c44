"""Ports around whose calls something else may happen: a kill, a wait, or another invocation."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

FIFO_SECONDS = 300


class KilledError(BaseException):
    """The environment was killed in the middle of a step."""


class Stepped:
    """A port that calls ``act`` before and after each of its calls."""

    def __init__(self, act: Callable[[], None], port: object) -> None:
        self._act = act
        self._port = port

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._port, name)
        if not callable(attribute):
            return attribute

        def step(*arguments: Any, **named: Any) -> Any:
            self._act()
            result = attribute(*arguments, **named)
            self._act()
            return result

        return step


@dataclass
class FifoQueue:
    """SQS FIFO: a repeated deduplication id within five minutes is accepted and dropped."""

    now: Callable[[], float]
    events: list[dict[str, Any]] = field(default_factory=list)
    """What consumers receive."""
    taken: dict[str, float] = field(default_factory=dict)

    def publish(self, text: str, *, event_id: str) -> None:
        event = json.loads(text)
        assert event["id"] == event_id
        if self.now() - self.taken.get(event_id, -1e9) > FIFO_SECONDS:
            self.taken[event_id] = self.now()
            self.events.append(event)

    def ids(self) -> list[str]:
        return [event["id"] for event in self.events]

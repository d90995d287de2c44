"""Queues that accept events and messages."""

import json
from dataclasses import dataclass, field

from permit_ocr.application.intake_messages import PublishDecisionMessage
from permit_ocr.domain.errors import RetryableError

THROTTLED = RetryableError("SQS.Throttled", "not now", "wait")


@dataclass
class FakeEventPublisher:
    """Accepts events, except the first ``fails`` and those of the types ``fails_on``."""

    fails: int = 0
    fails_on: set[str] = field(default_factory=set)
    sent: list[tuple[str, str]] = field(default_factory=list)

    def publish(self, event: str, *, event_id: str) -> None:
        if self.fails:
            self.fails -= 1
            raise THROTTLED
        if json.loads(event).get("type") in self.fails_on:
            raise THROTTLED
        self.sent.append((event_id, event))


@dataclass
class FakeDelayedQueue:
    """Messages, with the seconds for which nobody receives them."""

    messages: list[tuple[PublishDecisionMessage, int]] = field(default_factory=list)
    fails: bool = False

    def enqueue(self, message: PublishDecisionMessage, *, delay_seconds: int = 0) -> None:
        if self.fails:
            raise THROTTLED
        self.messages.append((message, delay_seconds))

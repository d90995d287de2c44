"""SQS FIFO's five-minute deduplication interval."""

import threading
import time
from collections.abc import Callable
from typing import Any

from moto.sqs import models as sqs


class FifoDeduplication:
    """Remembers deduplication ids for five minutes, even if the message was deleted; thread-safe.

    moto compares only with messages that are still on the queue, so after a quick delete it would deliver a repeat. SQS
    accepts the repeat and never delivers it.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sent: dict[tuple[str, str], float] = {}
        self._add: Callable[..., None] = sqs.Queue.add_message
        queue_class: Any = sqs.Queue
        # Python binds a function, but not a bound method, to the queue it is called on.
        queue_class.add_message = lambda queue, message: self.add(queue, message)  # noqa: PLW0108

    def add(self, queue: Any, message: Any) -> None:  # noqa: ANN401  moto's
        """Put a message on its queue, unless its deduplication id was used within the last five minutes."""
        if not message.deduplication_id or self._is_first(queue, message):
            self._add(queue, message)

    def _is_first(self, queue: Any, message: Any) -> bool:  # noqa: ANN401  moto's
        key = (queue.queue_arn, message.deduplication_id)
        now = self._clock()
        with self._lock:
            # Dictionaries keep insertion order, so the first entry is the oldest.
            while (
                self._sent and now - self._sent[oldest := next(iter(self._sent))] >= sqs.DEDUPLICATION_TIME_IN_SECONDS
            ):
                del self._sent[oldest]
            if key in self._sent:
                return False
            self._sent[key] = now
            return True

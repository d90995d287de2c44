"""How many documents of a batch are prepared at a time: fetched, checked and noted, until they ask the provider.

Were it all of them, none would be ready before all are, since a function has little of a processor: the first slots of
the line would pass unused, and whoever wakes for a slot would find the processor taken. A few at a time overlap what
AWS takes to answer, and one is ready soon.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from permit_ocr.application.ports import Ocr, OcrRequest, OcrResponse, Services
from permit_ocr.application.retry_policy import NotStarted
from permit_ocr.domain.errors import CircuitOpen
from permit_ocr.domain.permits import Kind


@contextmanager
def turn(turns: threading.Semaphore, services: Services, *, deadline: float) -> Iterator[Services]:
    """Wait for a turn, and yield services whose provider ends it when it is asked, if the block does not end before.

    ``deadline`` is on ``time.monotonic``'s clock. Raises ``NotStarted`` if there was no turn until then.
    """
    if not turns.acquire(timeout=max(0.0, deadline - time.monotonic())):
        raise NotStarted
    ocr = _TurnEndingOcr(services.ocr, turns)
    try:
        yield replace(services, ocr=ocr)
    finally:
        ocr.end_turn()


class _TurnEndingOcr:
    """The port ``Ocr`` for one document, in one thread."""

    def __init__(self, ocr: Ocr, turns: threading.Semaphore) -> None:
        self._ocr = ocr
        self._turns: threading.Semaphore | None = turns
        self.site = ocr.site

    def end_turn(self) -> None:
        """Let another begin, once."""
        if turns := self._turns:
            self._turns = None
            turns.release()

    def recognize(self, question: OcrRequest, *, deadline: float) -> OcrResponse:
        """See the port."""
        self.end_turn()
        return self._ocr.recognize(question, deadline=deadline)

    def open_circuits(self) -> Mapping[Kind, CircuitOpen]:
        """See the port."""
        return self._ocr.open_circuits()

"""How many bytes of photos are on their way to the provider at a time.

Each photo is then in memory four times: as received, as Base64, within JSON and, while it is signed and sent, once
more. Lambda kills a function that exceeds its memory, and with it every document of the batch.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

MAX_BYTES_IN_FLIGHT: Final = 28 * 1024 * 1024
"""Photos of the usual size never reach it. Of 5 MB each, five are on their way while others wait for a response: so ten
of them in one batch stay within 256 MB (``bench/system/memory.py``)."""


class BytesInFlight:
    """A budget of bytes for all threads. A photo larger than the whole budget is sent while no other is."""

    def __init__(self, limit: int = MAX_BYTES_IN_FLIGHT) -> None:
        self._limit = limit
        self._taken = 0
        self._changed = threading.Condition()

    @contextmanager
    def room(self, size: int, *, seconds_left: Callable[[], float]) -> Iterator[None]:
        """Hold room for ``size`` bytes. Waits for it as long as ``seconds_left`` returns, until that raises."""
        with self._changed:
            while self._taken and self._taken + size > self._limit:
                self._changed.wait(seconds_left())
            self._taken += size
        try:
            yield
        finally:
            with self._changed:
                self._taken -= size
                self._changed.notify_all()

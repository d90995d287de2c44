"""How many bytes of photographs are on their way to the provider at once.

On its way a photograph is there four times: as it came, as Base64, within JSON and, while it is signed and sent, once
more. Lambda kills a function that needs more memory than it has, and with it every document of the batch.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

BYTES_AT_ONCE: Final = 28 * 1024 * 1024
"""Photographs of the usual size never come near it. Of 5 MB each, five are on their way and others wait for an answer:
so ten of them in one batch stay within 256 MB (``bench/system/memory.py``)."""


class BytesInFlight:
    """A budget of bytes for all threads. What is larger than all of it goes alone."""

    def __init__(self, limit: int = BYTES_AT_ONCE) -> None:
        """``limit`` is in bytes."""
        self._limit = limit
        self._taken = 0
        self._changed = threading.Condition()

    @contextmanager
    def room(self, size: int, *, seconds_left: Callable[[], float]) -> Iterator[None]:
        """Hold room for ``size`` bytes. ``seconds_left`` says how long to wait for it, and raises once that is over."""
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

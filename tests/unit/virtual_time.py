"""An event loop whose time passes only while every task waits: a busy machine makes nothing late."""

import asyncio
import selectors


class VirtualTime(asyncio.SelectorEventLoop):
    """Skips to the next timer when no task is ready. Use: ``asyncio.run(…, loop_factory=VirtualTime)``.

    For coroutines only: the work of other threads and processes takes no time.
    """

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        """Return the simulated seconds."""
        return self._skipping.now


class _Skipping(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(None if timeout is None else 0)
        if not ready and timeout is not None:
            self.now += max(0.0, timeout)
        return ready

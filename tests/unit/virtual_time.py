"""An event loop whose time passes only when all wait for it: what a busy machine holds up is not late."""

import asyncio
import selectors


class VirtualTime(asyncio.SelectorEventLoop):
    """Goes straight to the next timer when nothing else is to be done. ``asyncio.run(…, loop_factory=VirtualTime)``.

    For coroutines alone: whatever other threads or processes do takes no time at all.
    """

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        """Return the seconds that have passed, none of them in reality."""
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

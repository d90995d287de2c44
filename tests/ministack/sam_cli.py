"""SAM CLI, which looks every half second whether the emulator is done: its waiters would look every 30 seconds."""

from typing import Any

from botocore.waiter import Waiter
from samcli.cli.main import cli

OFTEN = {"Delay": 0.5, "MaxAttempts": 7200}
_wait = Waiter.wait


def wait(self: Waiter, **parameters: Any) -> None:
    """Wait as before, but look more often."""
    _wait(self, **parameters | {"WaiterConfig": OFTEN})


Waiter.wait = wait  # type: ignore[method-assign]
cli()

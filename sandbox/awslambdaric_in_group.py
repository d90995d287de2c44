"""AWS's runtime client, within a control group from its first invocation on: Lambda gives a start a whole processor.

    python -S -P awslambdaric_in_group.py GROUP HANDLER

The process enters the group itself, so one that the emulator starts anew after a crash is in it, too.
"""

import sys
from pathlib import Path
from typing import Any

from awslambdaric import bootstrap
from awslambdaric.lambda_config import LambdaConfigProvider
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient


class _HeldClient(LambdaRuntimeClient):  # type: ignore[misc]
    """Asks for the first invocation, which it does once the function is loaded, from within the group."""

    def __init__(self, group: Path, configuration: Any) -> None:  # noqa: ANN401  untyped
        super().__init__(configuration.api_address, configuration.use_thread_polling)
        self._group = group
        self._is_held = False

    def wait_next_invocation(self) -> Any:  # noqa: ANN401  untyped
        """Return the next invocation."""
        if not self._is_held:
            (self._group / "cgroup.procs").write_text("0")  # whoever writes it, with all its threads
            self._is_held = True
        return super().wait_next_invocation()


def main() -> None:
    """Run the function until the emulator ends this process."""
    group, handler = sys.argv[1:]
    configuration = LambdaConfigProvider(["", handler])
    bootstrap.run(handler, _HeldClient(Path(group), configuration))


if __name__ == "__main__":
    main()

"""AWS's runtime client, in a control group from its first invocation on: Lambda gives the init phase a whole vCPU.

    python -S -P awslambdaric_in_cgroup.py CGROUP HANDLER

The process enters the group itself, so a process that the emulator starts after a crash enters it too.
"""

import sys
from pathlib import Path
from typing import Any

from awslambdaric import bootstrap
from awslambdaric.lambda_config import LambdaConfigProvider
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient


class _ClientInCgroup(LambdaRuntimeClient):  # type: ignore[misc]
    """Enters the group before it asks for the first invocation, which it does once the function is loaded."""

    def __init__(self, cgroup: Path, configuration: Any) -> None:  # noqa: ANN401  untyped
        super().__init__(configuration.api_address, configuration.use_thread_polling)
        self._cgroup = cgroup
        self._entered = False

    def wait_next_invocation(self) -> Any:  # noqa: ANN401  untyped
        """Return the next invocation."""
        if not self._entered:
            (self._cgroup / "cgroup.procs").write_text("0")  # 0 is the writing process, with all its threads
            self._entered = True
        return super().wait_next_invocation()


def main() -> None:
    """Run the function until the emulator ends this process."""
    cgroup, handler = sys.argv[1:]
    configuration = LambdaConfigProvider(["", handler])
    bootstrap.run(handler, _ClientInCgroup(Path(cgroup), configuration))


if __name__ == "__main__":
    main()

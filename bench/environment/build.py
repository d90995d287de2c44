"""Building the application and the baseline."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sandbox.errors import SandboxError

ROOT: Final = Path(__file__).parents[2]
APPLICATION_BUILD: Final = ROOT / ".aws-sam" / "build"
BASELINE_BUILD: Final = ROOT / ".cache" / "baseline"
BASELINE_TEMPLATE: Final = ROOT / "bench" / "baseline" / "template.yaml"


def build() -> None:
    """Build both applications unless they are up to date. Raises ``SandboxError``."""
    _run([ROOT / "layers" / "build.sh"])
    inputs = b"".join(path.read_bytes() for path in sorted(BASELINE_TEMPLATE.parent.rglob("*")) if path.is_file())
    stamp = BASELINE_BUILD / "made-from"
    if stamp.is_file() and stamp.read_bytes() == inputs:
        return
    sam = ROOT / ".venv" / "bin" / "sam"
    _run([sam, "build", f"--template={BASELINE_TEMPLATE}", f"--build-dir={BASELINE_BUILD}"])
    stamp.write_bytes(inputs)


def _run(command: Sequence[str | Path]) -> None:
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SandboxError(f"{command[0]} failed: {done.stderr[-2000:]}")

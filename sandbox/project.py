"""The checkout that a sandbox runs in: its template, its build, and the sandbox's own files."""

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sandbox.errors import SandboxError
from sandbox.processes import Processes

STATE_VARIABLE: Final = "PERMIT_OCR_SANDBOX_DIRECTORY"
BUILD_LOG: Final = "build"


def find_root(start: Path) -> Path:
    """Return the nearest directory with a template.yaml, from ``start`` upwards. Raises ``SandboxError``."""
    for directory in (start.resolve(), *start.resolve().parents):
        if (directory / "template.yaml").is_file():
            return directory
    raise SandboxError(f"no template.yaml in {start.resolve()} or above it: run this in the checkout")


def state_directory(root: Path) -> Path:
    """Return the directory of the sandbox's files: $PERMIT_OCR_SANDBOX_DIRECTORY, or .sandbox in the checkout."""
    return Path(os.environ.get(STATE_VARIABLE) or root / ".sandbox").absolute()


async def build(processes: Processes, root: Path, architecture: str) -> Path:
    """Build the artefacts for this machine and return their directory. Unchanged artefacts are not rebuilt.

    Raises ``SandboxError`` with the last line that the build printed.
    """
    script = root / "layers" / "build.sh"
    if not script.is_file():
        raise SandboxError(f"cannot build: {script} is missing")
    environment = {**os.environ, "ARCHITECTURE": architecture}
    process = await processes.start(BUILD_LOG, [script], environment=environment, directory=root)
    if await process.wait() != 0:
        log = processes.log(BUILD_LOG)
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise SandboxError(
            f"the build failed: {lines[-1].removeprefix('build: ') if lines else 'it printed nothing'}; see {log}"
        )
    return root / ".aws-sam" / "build"


def write_endpoints(path: Path, values: Mapping[str, str]) -> None:
    """Write the endpoints file atomically."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)


def running_address(endpoints: Path) -> str | None:
    """Return the API's address of the sandbox that wrote ``endpoints``, if it still answers."""
    try:
        written = json.loads(endpoints.read_bytes())
        port = int(written["aws_endpoint"].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return str(written["api_url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None

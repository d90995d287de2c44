"""Runs the programs in ``examples``, as their headings say. TypeScript runs in the Node of ``clients/setup.sh``."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

ROOT: Final = Path(__file__).parents[3]
CLIENTS: Final = ROOT / ".venv-clients"
MODULES: Final = CLIENTS / "npm" / "node_modules"
LANGUAGES: Final = ("py", "ts")


def example(name: str, folder: Path) -> list[str | Path]:
    """Return the command that runs an example by its name in ``examples``, such as ``consumer/consumer.ts``.

    A program in TypeScript runs as a copy in ``folder``, beside the packages that it imports.
    """
    source = ROOT / "examples" / name
    if source.suffix == ".py":
        return [sys.executable, source]
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(MODULES)
    copy = folder / source.name
    copy.write_bytes(source.read_bytes())
    return [CLIENTS / "node", "--disable-warning=ExperimentalWarning", copy]


@contextmanager
def running(command: list[str | Path], **variables: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a program for the ``with`` block, then end it. Fails if it has ended by itself, with an error."""
    process = subprocess.Popen(
        command, env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
        assert (process.poll() or 0) <= 0, process.communicate()[1]
    finally:
        process.kill()
        process.communicate()


def answers(address: str) -> bool:
    """Tell whether a receiver is there. It refuses an empty request."""
    try:
        return httpx.post(address).status_code == 401
    except httpx.TransportError:
        return False

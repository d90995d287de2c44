"""The part of a processor that Lambda gives a function: one at 1,769 MB, as much less as there is less memory.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
It takes a control group of our own, so root, as in most containers. A processor of AWS's x86_64 is a hyperthread.
"""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MEGABYTES_OF_A_PROCESSOR: Final = 1769
_GROUPS: Final = Path("/sys/fs/cgroup")
_PERIOD_MICROSECONDS: Final = 20_000
"""With the kernel's usual 100 ms a function would stand still for most of that at a time."""

_PATIENCE_SECONDS: Final = 10.0


def share_of(memory_mb: int) -> float:
    """Return the processors that Lambda gives a function of that memory size."""
    return memory_mb / MEGABYTES_OF_A_PROCESSOR


@dataclass(frozen=True, slots=True)
class Share:
    """A control group with a part of a processor."""

    group: Path

    def hold(self, process: int) -> None:
        """Keep a process with all its threads, and what it starts from now on, within the share."""
        (self.group / "cgroup.procs").write_text(str(process))


@contextmanager
def processor_share(processors: float) -> Iterator[Share | None]:
    """Make a group for the ``with`` block; None where this machine lets us make none."""
    quota = round(processors * _PERIOD_MICROSECONDS)
    limits = {
        "cpu": {"cpu.cfs_period_us": f"{_PERIOD_MICROSECONDS}", "cpu.cfs_quota_us": f"{quota}"},
        "": {"cpu.max": f"{quota} {_PERIOD_MICROSECONDS}"},
    }
    version_1 = (_GROUPS / "cpu" / "cpu.cfs_quota_us").exists()
    controller = "cpu" if version_1 else ""
    group = _GROUPS / controller / f"permit-ocr-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        group.mkdir()
    except OSError:
        yield None
        return
    try:
        yield Share(group) if _limited(group, limits[controller]) else None
    finally:
        _remove(group)


def _limited(group: Path, limits: dict[str, str]) -> bool:
    try:
        for name, value in limits.items():
            (group / name).write_text(value)
    except OSError:  # the controller is not ours to give
        return False
    return True


def _remove(group: Path) -> None:
    """Remove a group once what was in it has ended; the kernel takes a moment for that."""
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            group.rmdir()
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return

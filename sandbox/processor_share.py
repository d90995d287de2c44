"""The part of a processor that Lambda gives a function: one at 1,769 MB, as much less as there is less memory.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
It takes a control group of our own, so root, as in most containers. A processor of AWS's x86_64 is a hyperthread.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox import guardian
from sandbox.processes import SandboxError

MEGABYTES_OF_A_PROCESSOR: Final = 1769
PERIOD_SECONDS: Final = 0.02
"""A share is handed out in. With the kernel's usual 100 ms a function would stand still for most of that at a time."""


def share_of(memory_mb: int) -> float:
    """Return the processors that Lambda gives a function of that memory size."""
    return memory_mb / MEGABYTES_OF_A_PROCESSOR


def make_group(mark: str, name: str, processors: float) -> Path:
    """Make a control group with so much of a processor; ``guardian.remove_groups`` knows it by mark and name.

    Raises ``SandboxError`` where the machine lets us make none.
    """
    version_1, version_2 = guardian.GROUPS
    period = round(1_000_000 * PERIOD_SECONDS)  # the kernel counts microseconds
    quota = round(processors * period)
    if (version_1 / "cpu.cfs_quota_us").exists():
        groups = version_1
        limits = {"cpu.cfs_period_us": f"{period}", "cpu.cfs_quota_us": f"{quota}"}
    else:
        groups = version_2
        limits = {"cpu.max": f"{quota} {period}"}
    group = groups / guardian.group_name(mark, name)
    try:
        group.mkdir()
        for file, limit in limits.items():
            (group / file).write_text(limit)
    except OSError as error:
        guardian.remove_groups(mark, name)
        raise SandboxError(
            f"a share of a processor takes a control group, and this machine lets us make none ({error.strerror}): "
            "it takes root, and cgroup's cpu controller"
        ) from error
    return group


def require_groups() -> None:
    """Raise ``SandboxError`` where the machine lets us make no control group with a share of a processor."""
    mark = secrets.token_hex(8)
    make_group(mark, "try", 1.0)
    guardian.remove_groups(mark)


@dataclass(frozen=True, slots=True)
class Share:
    """A control group with a part of a processor."""

    group: Path

    def hold(self, process: int) -> None:
        """Keep a process with all its threads, and what it starts from now on, within the share."""
        (self.group / "cgroup.procs").write_text(str(process))


@contextmanager
def processor_share(processors: float) -> Iterator[Share | None]:
    """Make a group for the ``with`` block, which ends with all that is in it; None where the machine makes none."""
    mark = secrets.token_hex(8)
    try:
        share = Share(make_group(mark, "held", processors))
    except SandboxError:
        share = None
    try:
        yield share
    finally:
        guardian.remove_groups(mark)

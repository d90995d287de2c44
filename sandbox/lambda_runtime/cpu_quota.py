"""Limits a function to the CPU that Lambda gives it: one vCPU at 1,769 MB of memory, proportionally less below.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
A vCPU on x86_64 is a hyperthread. The limit is a control group, so it needs root, which most containers have.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox import watchdog
from sandbox.errors import SandboxError

MEMORY_MB_PER_CPU: Final = 1769
PERIOD_SECONDS: Final = 0.02
"""Over which the quota is enforced. With the kernel's default of 100 ms a function would pause for most of that."""


def cpus_for(memory_mb: int) -> float:
    """Return the number of vCPUs that Lambda gives a function of that memory size."""
    return memory_mb / MEMORY_MB_PER_CPU


def create_cgroup(sandbox_id: str, name: str, cpus: float) -> Path:
    """Create a control group with a CPU quota; ``watchdog.remove_cgroups`` finds it by sandbox id and name.

    Raises ``SandboxError`` where this machine does not allow it.
    """
    version_1, version_2 = watchdog.CGROUP_ROOTS
    period = round(1_000_000 * PERIOD_SECONDS)  # microseconds
    quota = round(cpus * period)
    if (version_1 / "cpu.cfs_quota_us").exists():
        root = version_1
        limits = {"cpu.cfs_period_us": f"{period}", "cpu.cfs_quota_us": f"{quota}"}
    else:
        root = version_2
        limits = {"cpu.max": f"{quota} {period}"}
    group = root / watchdog.cgroup_name(sandbox_id, name)
    try:
        group.mkdir()
        for file, limit in limits.items():
            (group / file).write_text(limit)
    except OSError as error:
        watchdog.remove_cgroups(sandbox_id, name)
        raise SandboxError(
            f"a CPU quota needs a control group, and this machine does not allow one ({error.strerror}): "
            "it needs root and cgroup's cpu controller"
        ) from error
    return group


def require_cgroups() -> None:
    """Raise ``SandboxError`` where this machine does not allow a control group with a CPU quota."""
    sandbox_id = secrets.token_hex(8)
    create_cgroup(sandbox_id, "try", 1.0)
    watchdog.remove_cgroups(sandbox_id)


@dataclass(frozen=True, slots=True)
class CpuQuota:
    """A control group with a CPU quota."""

    group: Path

    def apply_to(self, process: int) -> None:
        """Limit a process with all its threads, and every process it starts from now on."""
        (self.group / "cgroup.procs").write_text(str(process))


@contextmanager
def cpu_quota(cpus: float) -> Iterator[CpuQuota | None]:
    """Create a quota for the ``with`` block and kill everything in it at the end; None if this machine allows none."""
    sandbox_id = secrets.token_hex(8)
    try:
        quota = CpuQuota(create_cgroup(sandbox_id, "quota", cpus))
    except SandboxError:
        quota = None
    try:
        yield quota
    finally:
        watchdog.remove_cgroups(sandbox_id)

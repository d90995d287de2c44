"""How many CPUs this process may use."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_CGROUP_ROOT: Final = Path("/sys/fs/cgroup")
_MEMBERSHIP: Final = Path("/proc/self/cgroup")


def available_cpus(root: Path = _CGROUP_ROOT, membership: Path = _MEMBERSHIP) -> int:
    """Return the smallest of the CPU affinity and the quotas of the process's cgroups (version 2), at least 1.

    Neither Python nor the models take cgroup quotas into account.
    """
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([cpus, *_quotas(root, membership)]))


def _quotas(root: Path, membership: Path) -> Iterator[int]:
    for cgroup in _cgroups(root, membership):
        try:
            quota, period = (cgroup / "cpu.max").read_text().split()
            yield int(quota) // int(period)
        except (OSError, ValueError, ZeroDivisionError):  # no such file, or "max"
            continue


def _cgroups(root: Path, membership: Path) -> Iterator[Path]:
    """Yield every cgroup from the root (which in a container is the process's own) down to the process's own."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        lines = []
    own = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    cgroup = root
    yield cgroup
    for name in Path(own).parts:
        cgroup /= name
        yield cgroup

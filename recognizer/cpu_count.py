"""How many processors this process may use."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_GROUPS: Final = Path("/sys/fs/cgroup")
_MEMBERSHIP: Final = Path("/proc/self/cgroup")


def available_cpus(groups: Path = _GROUPS, membership: Path = _MEMBERSHIP) -> int:
    """Return it, at least 1.

    The smallest of its affinity and the quotas of its control group and those around it (version 2, in ``groups``),
    which neither Python nor the models would see.
    """
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([cpus, *_quotas(groups, membership)]))


def _quotas(groups: Path, membership: Path) -> Iterator[int]:
    for directory in _own_groups(groups, membership):
        try:
            quota, period = (directory / "cpu.max").read_text().split()
            yield int(quota) // int(period)
        except (OSError, ValueError, ZeroDivisionError):  # no such file, or "max"
            continue


def _own_groups(groups: Path, membership: Path) -> Iterator[Path]:
    """Yield the root, which in a container is its own group, and all on the way down to the process's group."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        lines = []
    own = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    group = groups
    yield group
    for name in Path(own).parts:
        group /= name
        yield group

"""How many processors this process may use."""

import os
from pathlib import Path


def processors() -> int:
    """Return it, at least 1.

    The smaller of its affinity and its control group's quota, which neither Python nor the models would see.
    """
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(cpus, int(quota) // int(period)))
    except (OSError, ValueError):  # no control group of version 2, or "max"
        return max(1, cpus)

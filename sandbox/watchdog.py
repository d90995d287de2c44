"""Kills what a sandbox started once the sandbox itself has ended, however it ended. Runs as a separate program.

    python -I -S watchdog.py SANDBOX_ID ENDPOINTS_FILE <pipe

Only the sandbox holds the writing end of the pipe on standard input, so the kernel closes the pipe when the sandbox
ends, even by SIGKILL. The watchdog then kills every process that has SANDBOX_ID in its environment. Descendants inherit
the environment across new sessions and process groups, and a program has it from the moment it starts. Nothing needs to
be registered, so nothing can be missed. Control groups have the id in their names.
"""

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Final

SANDBOX_ID_VARIABLE: Final = "PERMIT_OCR_SANDBOX_ID"
# A child that was being forked when the sandbox ended gets its environment a moment later: one scan is not enough.
EMPTY_SCANS: Final = 3
SECONDS_BETWEEN_SCANS: Final = 0.1
CLEAN_UP_SECONDS: Final = 10.0
CGROUP_ROOTS: Final = (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup"))
"""Where control groups with a CPU quota are created: cgroup v1, then v2."""
_CGROUP_POLL_SECONDS: Final = 0.01


def cgroup_name(sandbox_id: str, name: str) -> str:
    """Return the name of the control group of process ``name`` in a sandbox."""
    return f"permit-ocr-{sandbox_id}-{name}"


def sandbox_processes(sandbox_id: str) -> list[int]:
    """Return the ids of the sandbox's running processes. A zombie has no environment."""
    wanted = f"{SANDBOX_ID_VARIABLE}={sandbox_id}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:  # it has ended, or belongs to another user
            continue
        if wanted in environment.split(b"\0"):
            found.append(int(entry.name))
    return found


def kill_processes(sandbox_id: str) -> bool:
    """Kill all of the sandbox's processes; return whether none is left."""
    empty_scans = 0
    deadline = time.monotonic() + CLEAN_UP_SECONDS
    while time.monotonic() < deadline:
        processes = sandbox_processes(sandbox_id)
        for process in processes:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        empty_scans = 0 if processes else empty_scans + 1
        if empty_scans == EMPTY_SCANS:
            return True
        time.sleep(SECONDS_BETWEEN_SCANS)
    return False


def remove_cgroups(sandbox_id: str, name: str = "*") -> bool:
    """Kill what runs in the control group of process ``name``, and remove the group; return whether it is gone.

    The default is all of the sandbox's groups. The kernel keeps a group until its processes have ended, which takes a
    moment.
    """
    deadline = time.monotonic() + CLEAN_UP_SECONDS
    while groups := [group for root in CGROUP_ROOTS for group in root.glob(cgroup_name(sandbox_id, name))]:
        if time.monotonic() > deadline:
            return False
        for group in groups:
            for process in _processes_in(group):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            with contextlib.suppress(OSError):
                group.rmdir()
        time.sleep(_CGROUP_POLL_SECONDS)
    return True


def _processes_in(group: Path) -> list[int]:
    """Return the processes in a group. One in another PID namespace reads as 0, and killing 0 would kill ourselves."""
    with contextlib.suppress(OSError):
        return [int(process) for process in (group / "cgroup.procs").read_text().split() if process != "0"]
    return []


def clean_up(sandbox_id: str) -> bool:
    """Kill the sandbox's processes and remove its control groups; return whether nothing is left."""
    return kill_processes(sandbox_id) and remove_cgroups(sandbox_id)


def remove_endpoints(path: Path, sandbox_id: str) -> None:
    """Remove the endpoints file, unless another sandbox has written it since."""
    try:
        if json.loads(path.read_bytes()).get("sandbox_id") == sandbox_id:
            path.unlink()
    except (OSError, ValueError):
        return


def main() -> None:
    """Wait until standard input ends, then clean up."""
    sandbox_id, endpoints = sys.argv[1], Path(sys.argv[2])
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    print("watching", flush=True)  # noqa: T201  the sandbox waits for this line before it starts anything
    while os.read(0, 4096):
        pass
    remove_endpoints(endpoints, sandbox_id)
    sys.exit(0 if clean_up(sandbox_id) else 1)


if __name__ == "__main__":
    main()

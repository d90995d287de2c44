"""Ends what a sandbox started once the sandbox itself is gone, however it went: a program of its own, run beside it.

    python -I -S guardian.py MARK ENDPOINTS_FILE <pipe

Only the sandbox holds the writing end of the pipe on standard input, so the kernel closes it with the sandbox, on
SIGKILL too. The guardian then kills every process whose environment carries MARK. An environment is inherited by
children of children, across new sessions and process groups, and is in place from the instant a program is started:
nothing has to be registered, so nothing can be missed. Control groups carry it in their names.
"""

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Final

MARK_VARIABLE: Final = "PERMIT_OCR_SANDBOX_MARK"
# A child that was being forked when the sandbox died gets its marked environment a moment later: one look is too few.
QUIET_LOOKS: Final = 3
SECONDS_BETWEEN_LOOKS: Final = 0.1
GIVE_UP_SECONDS: Final = 10.0
GROUPS: Final = (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup"))
"""Where control groups with a share of a processor are made: in the kernel's first version of them, and its second."""
_SECONDS_UNTIL_EMPTY: Final = 0.01


def group_name(mark: str, name: str) -> str:
    """Return what the control group is called that ``name`` has in the sandbox of that mark."""
    return f"permit-ocr-{mark}-{name}"


def marked_processes(mark: str) -> list[int]:
    """Return the ids of this user's running processes that carry ``mark``. A zombie has no environment."""
    wanted = f"{MARK_VARIABLE}={mark}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:  # ended meanwhile, or another user's
            continue
        if wanted in environment.split(b"\0"):
            found.append(int(entry.name))
    return found


def kill_marked(mark: str) -> bool:
    """Kill everything that carries ``mark``; return whether nothing of it is left."""
    quiet = 0
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < deadline:
        processes = marked_processes(mark)
        for process in processes:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        quiet = 0 if processes else quiet + 1
        if quiet == QUIET_LOOKS:
            return True
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return False


def remove_groups(mark: str, name: str = "*") -> bool:
    """Kill what is in the control group of that name, or in all of ``mark``, and remove it; return whether it is gone.

    The kernel keeps a group until what was in it has ended, which takes a moment.
    """
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while groups := [group for directory in GROUPS for group in directory.glob(group_name(mark, name))]:
        if time.monotonic() > deadline:
            return False
        for group in groups:
            for process in _processes_in(group):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            with contextlib.suppress(OSError):
                group.rmdir()
        time.sleep(_SECONDS_UNTIL_EMPTY)
    return True


def _processes_in(group: Path) -> list[int]:
    """Return what is in a group. One of another namespace is 0, which would be our own group of processes to kill."""
    with contextlib.suppress(OSError):
        return [int(process) for process in (group / "cgroup.procs").read_text().split() if process != "0"]
    return []


def clean_up(mark: str) -> bool:
    """End everything that carries ``mark``; return whether nothing of it is left."""
    return kill_marked(mark) and remove_groups(mark)


def remove_endpoints(path: Path, mark: str) -> None:
    """Remove the endpoints file, unless another sandbox has written it since."""
    try:
        if json.loads(path.read_bytes()).get("mark") == mark:
            path.unlink()
    except (OSError, ValueError):
        return


def main() -> None:
    """Wait until standard input ends, then clean up."""
    mark, endpoints = sys.argv[1], Path(sys.argv[2])
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    print("watching", flush=True)  # noqa: T201  tells the sandbox that it may start others
    while os.read(0, 4096):
        pass
    remove_endpoints(endpoints, mark)
    sys.exit(0 if clean_up(mark) else 1)


if __name__ == "__main__":
    main()

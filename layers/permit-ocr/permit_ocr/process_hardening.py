"""Keeps what a process has in memory private: no core dump, and no access for other processes of the same user."""

import ctypes
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def disable_dumps() -> None:
    """Forbid core dumps, and on Linux close ``/proc/<id>/`` (environment, memory, files) and debuggers to its user.

    Root and holders of ``CAP_SYS_PTRACE`` still have access. Raises ``OSError``.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    # The core limit does not bind a crash handler that the kernel pipes cores to; this does.
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")

"""What a process holds stays in it: no core file, and no other process of the same user may look inside."""

import ctypes
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def disable_dumps() -> None:
    """Close this process to debuggers and to ``/proc/<id>/environ`` and ``mem``, and have it leave no core file.

    On Linux. Root, and whoever has root's right to trace, can look all the same. Raises ``OSError``.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a program that the kernel hands cores to does not ask for it:
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:  # that is what this is for
        raise OSError(ctypes.get_errno(), "prctl")

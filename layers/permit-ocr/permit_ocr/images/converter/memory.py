"""The memory that the process may use, and whether there was too little of it.

Most decoders report a failed allocation like any other error ("broken data stream", "decoding failed"), and PDFium
leaves out the picture. But ``malloc`` and ``mmap`` have then set ``errno``, which nothing sets back.
"""

import ctypes
import errno
import resource

_errno_of_this_thread = getattr(ctypes.CDLL(None), "__errno_location")
_errno_of_this_thread.restype = ctypes.POINTER(ctypes.c_int)


def limit_memory(megabytes: int) -> None:
    """Make allocations fail that exceed ``megabytes`` in total."""
    limit = megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def forget_failures() -> None:
    """Start anew: only later failures count."""
    _errno_of_this_thread()[0] = 0


def has_failed() -> bool:
    """Tell whether this thread's last failure was an allocation."""
    return bool(_errno_of_this_thread()[0] == errno.ENOMEM)

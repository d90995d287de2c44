"""Settings of the C library's allocator, so that memory of large images is returned to the system."""

import ctypes
from contextlib import suppress
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_LARGE: Final = 1024 * 1024


def mmap_large_buffers() -> None:
    """Allocate every buffer of a megabyte or more with mmap, so that freeing it returns it to the system.

    Otherwise glibc keeps freed buffers, fragmented and per thread: after peak load the server kept 270 MB instead of
    46, with a peak of 370 instead of 270. C libraries other than glibc are left unchanged.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)

"""Start the converter process (``images.converter``) and read its results."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from permit_ocr.domain.errors import RetryableError
from permit_ocr.images.rejections import DECODING_MEGABYTES, DECODING_SECONDS
from permit_ocr.process_hardening import disable_dumps

_MODULE: Final = "permit_ocr.images.converter"
_MEMORY_OF_A_DAMAGED_FILE: Final = DECODING_MEGABYTES * 1_000_000 // 2
"""Bytes. A decoder that crashes with more than this has found no memory: PDFium, for one, ends the process then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedPage:
    """One converted page: a file with its image, or the code of a rejection.

    ``number`` and ``pages`` are None for a format without pages; ``number`` also if the whole file is rejected.
    """

    number: int | None = None
    pages: int | None = None
    image: Path | None = None
    rejection: str | None = None


def decode(
    file: Path, directory: Path, *, base64_limit: int, seconds: float = DECODING_SECONDS
) -> Iterator[DecodedPage]:
    """Yield the pages of ``file`` as they are converted; the images are written into ``directory``.

    A file that exceeds the limits on time or memory, or crashes a decoder, ends with a rejection of the whole file.
    Raises ``RetryableError`` for an internal error.

    From the first call on, this process is closed to others of its user: a decoder that a file has taken over must not
    read the function's credentials from ``/proc``.
    """
    disable_dumps()
    command = [sys.executable, "-S", "-P", "-m", _MODULE, str(file), str(directory), str(base64_limit)]
    process = subprocess.Popen(
        command,
        env=_environment(),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    timeout = threading.Timer(seconds, process.kill)
    timeout.start()
    has_output = False
    try:
        for page in _read_pages(process, directory):
            has_output = True
            yield page
        exit_code, peak_memory = _wait(process)
    finally:
        timeout.cancel()
        process.kill()
        process.wait()
    if exit_code > 0 or not (exit_code or has_output):
        raise _internal_error("Exit" if exit_code else "NoOutput")
    if exit_code:
        is_too_costly = exit_code == -signal.SIGKILL or peak_memory > _MEMORY_OF_A_DAMAGED_FILE
        yield DecodedPage(rejection="Document.TooCostly" if is_too_costly else "Document.Damaged")


def _read_pages(process: "subprocess.Popen[str]", directory: Path) -> Iterator[DecodedPage]:
    pages = None
    for line in process.stdout or ():
        result = json.loads(line)
        if "failed" in result:
            raise _internal_error(result["failed"])
        if "pages" in result:
            pages = result["pages"]
            continue
        yield DecodedPage(
            number=result.get("page") if pages else None,
            pages=pages,
            image=directory / result["image"] if "image" in result else None,
            rejection=result.get("rejection"),
        )


def _wait(process: "subprocess.Popen[str]") -> tuple[int, int]:
    """Return the exit code of a process, negative for a signal, and the most bytes of memory that it used.

    Linux counts a process's memory from that of its parent, so less than the parent's is unknown, and returned as 0.
    """
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except ChildProcessError:  # the timeout's thread was faster
        return process.wait(), 0
    process.returncode = os.waitstatus_to_exitcode(status)
    own = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    is_known = own is not None and usage.ru_maxrss > int(own[1])
    return process.returncode, usage.ru_maxrss * 1024 if is_known else 0


def _internal_error(kind: str) -> RetryableError:
    return RetryableError(
        f"Decoding.{kind}", "Decoding failed with an internal error.", "Fix the error and redrive the document."
    )


def _environment() -> dict[str, str]:
    """Return the process's environment: where the packages are, but not the function's credentials."""
    linker = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}  # Lambda's Python needs it
    return {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "1",  # a single heap: memory is limited
        **linker,
    }

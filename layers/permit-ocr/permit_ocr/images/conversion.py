"""Starts the process that decodes (``imaging``) and hears what becomes of a file."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from permit_ocr.domain.errors import RetryableError
from permit_ocr.images.rejections import DECODING_SECONDS

_MODULE: Final = "permit_ocr.images.converter"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedPage:
    """What became of one page: a file with its image, or a rejection's code.

    A format without pages has none to count; what is rejected as a whole has no number either.
    """

    number: int | None = None
    pages: int | None = None
    image: Path | None = None
    rejection: str | None = None


def decode(
    file: Path, directory: Path, *, base64_limit: int, seconds: float = DECODING_SECONDS
) -> Iterator[DecodedPage]:
    """Yield the pages of ``file`` as they are decoded; their images lie in ``directory``.

    A file that takes more time or memory than it may, or that crashes a decoder, ends with a rejection of the whole.
    Raises ``RetryableError`` for an error of ours.
    """
    command = [sys.executable, "-S", "-P", "-m", _MODULE, str(file), str(directory), str(base64_limit)]
    process = subprocess.Popen(
        command, env=_environment(), cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    overdue = threading.Timer(seconds, process.kill)
    overdue.start()
    heard = False
    try:
        for page in _heard(process, directory):
            heard = True
            yield page
        ended = process.wait()
    finally:
        overdue.cancel()
        process.kill()
        process.wait()
    if ended > 0 or not (ended or heard):
        raise _fault("Exit" if ended else "Silence")
    if ended:
        code = "Document.TooCostly" if ended == -signal.SIGKILL else "Document.Damaged"
        yield DecodedPage(rejection=code)


def _heard(process: "subprocess.Popen[str]", directory: Path) -> Iterator[DecodedPage]:
    pages = None
    for line in process.stdout or ():
        said = json.loads(line)
        if "failed" in said:
            raise _fault(said["failed"])
        if "pages" in said:
            pages = said["pages"]
            continue
        yield DecodedPage(
            number=said.get("page") if pages else None,
            pages=pages,
            image=directory / said["image"] if "image" in said else None,
            rejection=said.get("rejection"),
        )


def _fault(kind: str) -> RetryableError:
    return RetryableError(f"Decoding.{kind}", "Decoding failed by a fault of ours.", "Mend it and replay the document.")


def _environment() -> dict[str, str]:
    """Return what the process needs to know: where the packages are, and none of the function's credentials."""
    linker = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}  # Lambda's Python needs it
    return {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "1",  # one heap: memory is counted
        **linker,
    }

"""A process that reads cards: one request at a time on standard input, one answer each on standard output.

Started by ``process_workers`` as ``python -m recognizer.service.worker_process``. It exits when its standard input
closes, so no worker outlives the server: the kernel closes the pipe even if the server was killed.

A request is two lengths, a JSON object and the image; an answer is one length and a JSON object:

- ``{"ready": true}`` once, when the models are loaded;
- ``{"answer": {…}, "confidences": {…}}``;
- ``{"refused": "<error code>"}``;
- ``{"failed": "<name of an exception's class>"}``: its text may say what is on a card and stays here.

It decodes what strangers send, so it is given little to lose: see ``_bound`` here and ``reading_processes``.
"""

import json
import os
import resource
import signal
import struct
import sys
import threading
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO, Final

from permit_ocr.domain.permits import Kind, Side
from permit_ocr.tencent.answer_format import answer_fields
from recognizer.cpu_count import available_cpus
from recognizer.service.process_hardening import disable_dumps
from recognizer.wire.api_error import ApiError

REQUEST_LENGTHS: Final = struct.Struct("!II")
"""Bytes of the JSON object, bytes of the image."""
ANSWER_LENGTH: Final = struct.Struct("!I")
_SACRIFICE: Final = "500"
"""Where memory runs out, the kernel ends a process that reads, which is replaced, rather than the server."""

_MOST_DATA: Final = 1200 * 1024 * 1024
"""Bytes of memory, touched or not, after which there is no more: twice what reading the costliest image takes. Who
asks for more gets an error, before the kernel has to end anything."""
_DATA_FOR_EACH_PROCESSOR: Final = 32 * 1024 * 1024
"""As many bytes more: the stacks of the threads that a processor has in the models, in OpenCV and here."""

type Request = tuple[dict[str, Any], bytes]


def request_head(image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool, threads: int) -> bytes:
    """Return what goes before the image. The reading may use so many ``threads``."""
    said = {"kind": kind, "side": side, "return_portrait": return_portrait, "threads": threads}
    text = json.dumps(said).encode()
    return REQUEST_LENGTHS.pack(len(text), len(image)) + text


def main() -> None:
    """Load the models, then read until standard input ends."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they are the server's, which lets a card begun be finished
    _limit_resources()
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not get between the answers
        requests: SimpleQueue[Request] = SimpleQueue()
        threading.Thread(target=_receive_requests, args=(sys.stdin.fileno(), requests), daemon=True).start()
        from recognizer.service import card_reader  # noqa: PLC0415  loads slowly, and the end of input must be noticed meanwhile

        card_reader.load()
        _silence_output()
        _send(answers, {"ready": True})
        while True:
            _send(answers, _answer(*requests.get()))


def _limit_resources() -> None:
    """Give the process up first where memory runs out, bound what it can take, and keep what it holds inside."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_SACRIFICE)
    with suppress(OSError, ValueError):  # a bound that is lower already stays
        most = _MOST_DATA + _DATA_FOR_EACH_PROCESSOR * available_cpus()
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    disable_dumps()


def _receive_requests(source: int, requests: "SimpleQueue[Request]") -> None:
    """Pass requests on until there are no more; then nobody waits for an answer, and the process ends at once."""
    try:
        while True:
            text, image = REQUEST_LENGTHS.unpack(_read_exactly(source, REQUEST_LENGTHS.size))
            requests.put((json.loads(_read_exactly(source, text)), _read_exactly(source, image)))
    except EOFError:
        os._exit(0)


def _read_exactly(source: int, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        piece = os.read(source, size - len(received))
        if not piece:
            raise EOFError
        received += piece
    return bytes(received)


def _silence_output() -> None:
    """Send what is printed from now on nowhere: nothing of a card gets into a log by way of a library."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())


def _answer(asked: dict[str, Any], image: bytes) -> dict[str, Any]:
    from recognizer.service.card_reader import read_card, use_threads  # noqa: PLC0415  loaded by ``main``

    try:
        use_threads(asked["threads"])
        side = Side(asked["side"]) if asked["side"] else None
        reading = read_card(image, kind=Kind(asked["kind"]), side=side, return_portrait=asked["return_portrait"])
    except ApiError as refusal:
        return {"refused": refusal.code}
    except Exception as error:  # noqa: BLE001  one odd image must not cost the process
        return {"failed": type(error).__name__}
    return {"answer": answer_fields(reading.answer), "confidences": dict(reading.confidences)}


def _send(answers: BinaryIO, said: dict[str, Any]) -> None:
    text = json.dumps(said).encode()
    answers.write(ANSWER_LENGTH.pack(len(text)) + text)
    answers.flush()


if __name__ == "__main__":
    main()

"""A process that reads cards: takes one request at a time from standard input and answers on standard output.

Started by ``process_workers`` as ``python -m recognizer.service.worker_process``. It exits when its standard input
closes, so no worker outlives the server: the kernel closes the pipe even if the server was killed.

A request is two lengths, a JSON object and the image; a response is one length and a JSON object:

- ``{"ready": true}`` once, when the models are loaded;
- ``{"answer": {…}, "report": {…}}``;
- ``{"refused": "<error code>"}``;
- ``{"failed": "<name of an exception's class>"}``: the message is not sent, because it may contain text from a card.

It decodes untrusted images, so it runs with few privileges: see ``_limit_resources`` and ``process_workers``.
"""

import json
import os
import resource
import signal
import struct
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO, Final

from permit_ocr.domain.permits import Kind, Side
from permit_ocr.process_hardening import disable_dumps
from permit_ocr.tencent.report_format import report_as_json
from recognizer.cpu_count import available_cpus
from recognizer.wire.api_error import ApiError

REQUEST_LENGTHS: Final = struct.Struct("!II")
"""Bytes of the JSON object, bytes of the image."""
RESPONSE_LENGTH: Final = struct.Struct("!I")
_OOM_SCORE_ADJ: Final = "500"
"""If memory runs out, the kernel should kill a worker, which is replaced, rather than the server."""
_DATA_LIMIT: Final = 1200 * 1024 * 1024
"""Bytes of memory, touched or not: twice what reading the costliest image takes. Allocating more fails, before the
kernel has to kill anything."""
_DATA_LIMIT_PER_CPU: Final = 32 * 1024 * 1024
"""Additional bytes for each CPU: the stacks of its threads in the models, in OpenCV and here."""

type Request = tuple[dict[str, Any], bytes]


def request_header(image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool, threads: int) -> bytes:
    """Return what precedes the image in a request. ``threads``: how many threads reading the card may use."""
    fields = {"kind": kind, "side": side, "return_portrait": return_portrait, "threads": threads}
    text = json.dumps(fields).encode()
    return REQUEST_LENGTHS.pack(len(text), len(image)) + text


def main() -> None:
    """Load the models, then read until standard input ends."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # only the server handles them; it lets cards in progress finish
    _limit_resources()
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as output:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not mix with responses
        requests: SimpleQueue[Request] = SimpleQueue()
        threading.Thread(target=_receive_requests, args=(sys.stdin.fileno(), requests), daemon=True).start()
        # Slow imports: the end of input must be noticed meanwhile, and the models are loaded beside the second one.
        from recognizer.reading.ocr import model_threads  # noqa: PLC0415

        model_threads.start_loading()
        from recognizer.service import card_reader  # noqa: PLC0415

        card_reader.load()
        _silence_output()
        _send(output, {"ready": True})
        while True:
            _send(output, _read_card(*requests.get()))


def _limit_resources() -> None:
    """Make this process the first to be killed when memory runs out, limit its memory, and disable dumps."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE_ADJ)
    with suppress(OSError, ValueError):  # a lower limit that is already set stays
        limit = _DATA_LIMIT + _DATA_LIMIT_PER_CPU * available_cpus()
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    disable_dumps()


def _receive_requests(source: int, requests: "SimpleQueue[Request]") -> None:
    """Queue requests until the input ends. Then nobody waits for a response, and the process exits immediately."""
    try:
        while True:
            text, image = REQUEST_LENGTHS.unpack(_read_exactly(source, REQUEST_LENGTHS.size))
            requests.put((json.loads(_read_exactly(source, text)), _read_exactly(source, image)))
    except EOFError:
        os._exit(0)


def _read_exactly(source: int, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        chunk = os.read(source, size - len(received))
        if not chunk:
            raise EOFError
        received += chunk
    return bytes(received)


def _silence_output() -> None:
    """Discard everything printed from now on, so that no library can log text from a card."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.dup2(devnull, sys.stderr.fileno())


def _read_card(fields: dict[str, Any], image: bytes) -> dict[str, Any]:
    from recognizer.service.card_reader import read_card, use_threads  # noqa: PLC0415  loaded by ``main``

    try:
        use_threads(fields["threads"])
        side = Side(fields["side"]) if fields["side"] else None
        reading = read_card(image, kind=Kind(fields["kind"]), side=side, return_portrait=fields["return_portrait"])
    except ApiError as error:
        return {"refused": error.code}
    except Exception as error:  # noqa: BLE001  one bad image must not end the process
        return {"failed": type(error).__name__}
    return {"answer": asdict(reading.answer), "report": report_as_json(reading.report)}


def _send(output: BinaryIO, message: dict[str, Any]) -> None:
    text = json.dumps(message).encode()
    output.write(RESPONSE_LENGTH.pack(len(text)) + text)
    output.flush()


if __name__ == "__main__":
    main()

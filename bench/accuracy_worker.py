"""A process that reads photographs and nothing else, so that its memory is the reader's own.

    python -m bench.accuracy_worker {recognizer|bare|bare-defaults}

Each line of standard input is a request as JSON: the path, the kind, the side and whether the portrait is asked for.
Each line of standard output is its answer: the seconds from the file's bytes to the answer, the resident size in MB,
and what was read.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from subprocess import PIPE, Popen
from types import TracebackType
from typing import Any, Final, Self

from permit_ocr.domain.permits import Kind, Side

RECOGNIZER: Final = "recognizer"
BARE: Final = "bare"
"""RapidOCR's own pipeline, with the settings that the recogniser uses and as many threads as it has processors."""
BARE_DEFAULTS: Final = "bare-defaults"
"""RapidOCR as it is delivered."""

type Read = Callable[[bytes, Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a worker says of one photograph."""

    seconds: float
    processor_seconds: float
    """Of all threads together: what other work on the machine changes little."""
    resident: float
    """MB, at this moment."""
    largest: float
    """MB, the most since the process began."""
    refused: str = ""
    """The code of a refusal; then there is no answer."""
    answer: dict[str, Any] = field(default_factory=dict)
    confidences: dict[str, float] | None = None


class Worker:
    """One such process, asked one photograph at a time."""

    def __init__(self, reader: str) -> None:
        command = [sys.executable, "-m", "bench.accuracy_worker", reader]
        self._process = Popen(command, stdin=PIPE, stdout=PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()

    def read(self, path: Path, *, kind: str, side: str, portrait: bool = False) -> Outcome:
        """Let it read one photograph, as the card that the caller says it is."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("a worker has no pipes")
        request = {"path": str(path), "kind": kind, "side": side, "portrait": portrait}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a worker ended early")
        return Outcome(**json.loads(line))


def main() -> int:
    """Answer requests until there are no more."""
    read = {RECOGNIZER: _recognizer, BARE: _bare, BARE_DEFAULTS: _bare_defaults}[sys.argv[1]]()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is no answer
    for line in sys.stdin:
        request = json.loads(line)
        image = Path(request["path"]).read_bytes()
        started, spent = time.perf_counter(), time.process_time()
        said = read(image, request)
        seconds, processor_seconds = time.perf_counter() - started, time.process_time() - spent
        resident, largest = _memory()
        costs = {"seconds": seconds, "processor_seconds": processor_seconds, "resident": resident, "largest": largest}
        answers.write(json.dumps(costs | said) + "\n")
        answers.flush()
    return 0


def _recognizer() -> Read:
    from recognizer.reading.reader import ReadingError, load_models, read  # noqa: PLC0415  a bare worker must not load it

    load_models()

    def answer(image: bytes, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            kind, side = Kind(request["kind"]), Side(request["side"])
            reading = read(image, kind=kind, side=side, return_portrait=request["portrait"])
        except ReadingError as error:
            return {"refused": error.code}
        return {"answer": asdict(reading.answer), "confidences": dict(reading.confidences)}

    return answer


def _bare() -> Read:
    from recognizer.reading.ocr.engine import DETECTION_SIDE, MAX_CONCURRENT_CALLS  # noqa: PLC0415

    return _rapidocr(
        {
            "EngineConfig.onnxruntime.intra_op_num_threads": MAX_CONCURRENT_CALLS,
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTION_SIDE,
            "Rec.rec_batch_num": 1,
        }
    )


def _bare_defaults() -> Read:
    return _rapidocr({})


def _rapidocr(settings: dict[str, Any]) -> Read:
    from rapidocr import RapidOCR  # noqa: PLC0415

    engine = RapidOCR(params={"Global.log_level": "critical", **settings})

    def answer(image: bytes, _request: Mapping[str, Any]) -> dict[str, Any]:
        engine(image)
        return {}

    return answer


def _memory() -> tuple[float, float]:
    """Return the resident size and the largest one so far, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    sizes = dict(line.split(":", 1) for line in status.splitlines() if line.startswith(("VmRSS", "VmHWM")))
    resident, largest = (int(sizes[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return resident, largest


if __name__ == "__main__":
    sys.exit(main())

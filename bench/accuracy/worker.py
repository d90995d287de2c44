"""A process that only reads photos, with the service's allocator, so that its memory use is the reader's.

    python -m bench.accuracy.worker {recognizer|rapidocr|rapidocr-defaults}

Each line of standard input is a JSON request: path, kind, side, and whether to return the portrait. Each line of
standard output is an ``Outcome`` as JSON.
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
from recognizer.service.process_workers import ENVIRONMENT

RECOGNIZER: Final = "recognizer"
RAPIDOCR: Final = "rapidocr"
"""RapidOCR's own pipeline with the recogniser's settings and one thread per processor."""
RAPIDOCR_DEFAULTS: Final = "rapidocr-defaults"
"""RapidOCR with its default settings."""

type Read = Callable[[bytes, Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of reading one photo, and what it took."""

    seconds: float
    """From the file's bytes to the answer."""
    cpu_seconds: float
    """Of all threads together; barely affected by other work on the machine."""
    resident_mb: float
    peak_mb: float
    """Since the process started."""
    error_code: str = ""
    """If set, there is no answer."""
    answer: dict[str, Any] = field(default_factory=dict)
    confidences: dict[str, float] | None = None
    document_confidence: float = 0.0


class Worker:
    """A reader process that handles one photo at a time."""

    def __init__(self, reader: str) -> None:
        command = [sys.executable, "-m", "bench.accuracy.worker", reader]
        environment = os.environ | (ENVIRONMENT if reader == RECOGNIZER else {})
        self._process = Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()

    def read(self, path: Path, *, kind: str, side: str, portrait: bool = False) -> Outcome:
        """Read one photo as the given kind and side. Raises ``RuntimeError`` if the process has ended."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the worker has no pipes")
        request = {"path": str(path), "kind": kind, "side": side, "portrait": portrait}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the worker ended early")
        return Outcome(**json.loads(line))


def main() -> int:
    """Answer requests until standard input ends."""
    read = {RECOGNIZER: _recognizer, RAPIDOCR: _rapidocr_same_settings, RAPIDOCR_DEFAULTS: _rapidocr}[sys.argv[1]]()
    outcomes = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries that print must not write between the outcomes
    for line in sys.stdin:
        request = json.loads(line)
        image = Path(request["path"]).read_bytes()
        started, cpu_started = time.perf_counter(), time.process_time()
        result = read(image, request)
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
        resident_mb, peak_mb = _memory()
        cost = {"seconds": seconds, "cpu_seconds": cpu_seconds, "resident_mb": resident_mb, "peak_mb": peak_mb}
        outcomes.write(json.dumps(cost | result) + "\n")
        outcomes.flush()
    return 0


def _recognizer() -> Read:
    from recognizer.reading.reader import ReadingError, load_models, read  # noqa: PLC0415  not loaded for RapidOCR

    load_models()

    def answer(image: bytes, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            kind, side = Kind(request["kind"]), Side(request["side"])
            reading = read(image, kind=kind, side=side, return_portrait=request["portrait"])
        except ReadingError as error:
            return {"error_code": error.code}
        return {
            "answer": asdict(reading.answer),
            "confidences": dict(reading.confidences),
            "document_confidence": reading.report.document_confidence,
        }

    return answer


def _rapidocr_same_settings() -> Read:
    from recognizer.reading.ocr.engine import DETECTION_SIDE  # noqa: PLC0415
    from recognizer.reading.ocr.model_threads import MAX_CONCURRENT_CALLS  # noqa: PLC0415

    return _rapidocr(
        {
            "EngineConfig.onnxruntime.intra_op_num_threads": MAX_CONCURRENT_CALLS,
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTION_SIDE,
            "Rec.rec_batch_num": 1,
        }
    )


def _rapidocr(settings: Mapping[str, Any] | None = None) -> Read:
    from rapidocr import RapidOCR  # noqa: PLC0415

    engine = RapidOCR(params={"Global.log_level": "critical", **(settings or {})})

    def answer(image: bytes, _request: Mapping[str, Any]) -> dict[str, Any]:
        engine(image)
        return {}

    return answer


def _memory() -> tuple[float, float]:
    """Return the resident size and its peak in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    sizes = dict(line.split(":", 1) for line in status.splitlines() if line.startswith(("VmRSS", "VmHWM")))
    resident, peak = (int(sizes[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return resident, peak


if __name__ == "__main__":
    sys.exit(main())

"""The models: text detection, orientation and text recognition.

Only RapidOCR's models are used, not its pipeline: we need the position of each character, and to read strips that the
detector missed. The models are part of RapidOCR's wheel; with its default model names nothing is ever downloaded.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import cache
from math import ceil
from threading import Condition
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions
from rapidocr import RapidOCR
from rapidocr.inference_engine.onnxruntime.main import ONNXRuntimeError

from recognizer.cpu_count import available_cpus

type Pixels = NDArray[Any]
"""Height by width by blue, green, red; 8 bits each."""
type Quad = NDArray[np.float32]
"""Four corners (x, y) in pixels: upper left, upper right, lower right, lower left of the text as it is read."""

_STRIP_HEIGHT: Final = 48
"""The recognition model's input height in pixels."""
_MIN_STRIP_WIDTH: Final = 160
_ORIENTATION_WIDTH: Final = 192
"""Input width in pixels of the model that detects upside-down text; longer lines are compressed to fit."""
_SAMPLE_STEP: Final = 4
_PAPER_PERCENTILE: Final = 97
"""Percentile of brightness that is the paper's, in a photo as in a strip of text."""
_PAPER_BRIGHTNESS: Final = 235.0
_MAX_GAIN: Final = 3.0
_VOTE_BOUND: Final = 1e-4
"""Bounds the vote of a single line."""
DETECTION_SIDE: Final = 960
"""Longest side in pixels for text detection: text smaller than 8 pixels gets lost, and time grows with its square."""


ENGINE_ERRORS: Final = (ONNXRuntimeError, cv2.error, MemoryError)
"""What the libraries raise if they cannot process an image, mostly because memory runs out."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character. ``at`` is its centre along the strip, from 0 (left) to 1 (right); ``confidence`` is 0 to 1."""

    text: str
    at: float
    confidence: float


MAX_CONCURRENT_CALLS: Final = available_cpus()
"""How many model calls run at a time, with one thread each; others wait.

Two calls with one thread each read 1.5 times as many cards as one call with two threads, and suffer less from other
load on the machine.
"""


class _CallLimit:
    """Limits the model calls that run at a time, initially to the number of CPUs."""

    def __init__(self) -> None:
        self.limit = MAX_CONCURRENT_CALLS
        self._taken = 0
        self._released = Condition()

    def __enter__(self) -> None:
        """Wait until a call may run."""
        with self._released:
            self._released.wait_for(lambda: self._taken < self.limit)
            self._taken += 1

    def __exit__(self, *_: object) -> None:
        """Let the next call run."""
        self._release(1)

    @contextmanager
    def remaining(self) -> Iterator[bool]:
        """Within a call, also reserve all other slots if this process has all CPUs and no other call runs.

        Yields whether they were reserved. Detection is one long call: without this, a lone caller would wait for one
        CPU while the others are idle.
        """
        with self._released:
            is_alone = self.limit == MAX_CONCURRENT_CALLS and self._taken == 1
            others = MAX_CONCURRENT_CALLS - 1 if is_alone else 0
            self._taken += others
        try:
            yield is_alone
        finally:
            self._release(others)

    def _release(self, count: int) -> None:
        with self._released:
            self._taken -= count
            self._released.notify_all()


_call_limit: Final = _CallLimit()


def use_threads(count: int) -> None:
    """Limit the concurrent model calls from now on, because other processes read as well."""
    limit = max(1, min(count, MAX_CONCURRENT_CALLS))
    if limit != _call_limit.limit:
        _call_limit.limit = limit
        cv2.setNumThreads(limit)


@dataclass(frozen=True, slots=True)
class _Models:
    """RapidOCR's detector, the sessions of its other two models, and the recognition model's characters (0: blank).

    ``multithreaded_detector`` is the same detector with one thread for each CPU.
    """

    detector: Any
    multithreaded_detector: Any
    orientation: Any
    recogniser: Any
    characters: list[str]


@cache
def _models() -> _Models:
    rapidocr: Any = RapidOCR(
        params={
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTION_SIDE,
            "Rec.rec_batch_num": 1,
        }
    )
    blank = np.full((64, 320, 3), 255, np.uint8)
    rapidocr(blank, use_det=True, use_cls=False, use_rec=False)
    rapidocr(blank, use_det=False, use_cls=True, use_rec=True)
    return _Models(
        rapidocr.text_det,
        _multithreaded(rapidocr.text_det),
        rapidocr.text_cls.session,
        rapidocr.text_rec.session,
        rapidocr.text_rec.postprocess_op.character,
    )


def _multithreaded(detector: Any) -> Any:  # noqa: ANN401  RapidOCR has no types
    """Return the same detector with one thread for each CPU. They do not spin, because other calls need the CPUs."""
    options = SessionOptions()
    options.intra_op_num_threads = MAX_CONCURRENT_CALLS
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    copied = copy(detector)
    copied.session = copy(detector.session)
    path = detector.session.session._model_path  # noqa: SLF001  there is no public attribute
    copied.session.session = InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return copied


def warm_up() -> None:
    """Load the models and run each once. Takes about two seconds; later calls return immediately."""
    _models()


@cache
def _strip_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MAX_CONCURRENT_CALLS, thread_name_prefix="strips")


def find_text(image: Pixels) -> list[Quad]:
    """Return the quadrilaterals that contain text, in arbitrary order."""
    scale = max(1.0, max(image.shape[:2]) / DETECTION_SIDE)
    size = (max(1, round(image.shape[1] / scale)), max(1, round(image.shape[0] / scale)))
    smaller = _brightened(cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale > 1 else image)
    with _call_limit, _call_limit.remaining() as is_alone:
        boxes = (_models().multithreaded_detector if is_alone else _models().detector)(smaller).boxes
    return [] if boxes is None else [_ordered_along_text(np.asarray(box, np.float32) * scale) for box in boxes]


def _ordered_along_text(box: Quad) -> Quad:
    """Return the corners, starting with the one that makes the first edge most horizontal (tilts up to 45 degrees).

    The detector's choice of the first corner is unstable for boxes that are nearly vertical.
    """
    edges = [(box[(first + 1) % 4] - box[first]) for first in range(4)]
    level = [edge[0] / max(1e-6, float(np.linalg.norm(edge))) for edge in edges]
    return np.roll(box, -int(np.argmax(level)), axis=0)


def crop(image: Pixels, quad: Quad) -> Pixels:
    """Return the content of a quadrilateral as an upright rectangle."""
    width = max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2]), 1)
    height = max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]), 1)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    orientation = cv2.getPerspectiveTransform(quad, corners)
    size = (ceil(width), ceil(height))
    return cv2.warpPerspective(image, orientation, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def read_strips(strips: Iterable[Pixels]) -> list[list[Glyph]]:
    """Return the characters of each strip. Strips are read in parallel, so a single card uses all CPUs."""
    return list(_strip_threads().map(read_strip, strips))


def read_strip(strip: Pixels, alphabet: str | None = None) -> list[Glyph]:
    """Return the characters of one line of text, from left to right; only those of ``alphabet``, if given."""
    models = _models()
    height, width = strip.shape[:2]
    scaled_width = max(1, ceil(width * _STRIP_HEIGHT / height))
    padded_width = max(scaled_width, _MIN_STRIP_WIDTH)
    padded = _model_input(strip, scaled_width, padded_width)
    with _call_limit:
        likelihood = models.recogniser(padded)[0]
    if alphabet is not None:
        likelihood = likelihood * _alphabet_mask(alphabet)
    return _decode(likelihood, models.characters, padded_width / scaled_width)


def is_upside_down(strips: Iterable[Pixels]) -> bool:
    """Tell whether the lines of one card are upside down, by majority vote."""
    return sum(_strip_threads().map(_upside_down, strips)) > 0


def _upside_down(strip: Pixels) -> float:
    """Return the log odds of a strip being upside down."""
    height, width = strip.shape[:2]
    scaled_width = min(_ORIENTATION_WIDTH, max(1, ceil(width * _STRIP_HEIGHT / height)))
    with _call_limit:
        upright, reversed_ = np.ravel(_models().orientation(_model_input(strip, scaled_width, _ORIENTATION_WIDTH)))
    return float(np.log(reversed_ + _VOTE_BOUND) - np.log(upright + _VOTE_BOUND))


def _brightened(image: Pixels) -> Pixels:
    """Brighten the image until paper is white: the models were trained on few dark images."""
    paper = float(np.percentile(image[::_SAMPLE_STEP, ::_SAMPLE_STEP], _PAPER_PERCENTILE))
    gain = min(_MAX_GAIN, _PAPER_BRIGHTNESS / max(paper, 1.0))
    return cv2.convertScaleAbs(image, alpha=gain) if gain > 1 else image


def _model_input(strip: Pixels, width: int, padded_width: int) -> NDArray[np.float32]:
    """Return a strip as model input: scaled to the model's height and the given width, then padded."""
    scaled = _brightened(cv2.resize(strip, (width, _STRIP_HEIGHT))).astype(np.float32) / 127.5 - 1
    padded = np.zeros((1, 3, _STRIP_HEIGHT, padded_width), np.float32)
    padded[0, :, :, :width] = scaled.transpose(2, 0, 1)
    return padded


@cache
def _alphabet_mask(alphabet: str) -> NDArray[np.float32]:
    characters = _models().characters
    return np.array([index == 0 or character in alphabet for index, character in enumerate(characters)], np.float32)


def _decode(likelihood: NDArray[np.float32], characters: list[str], stretch: float) -> list[Glyph]:
    """Decode CTC output greedily: take the likeliest character of each column and merge repeats."""
    best = likelihood.argmax(axis=1)
    columns = len(best)
    glyphs: list[Glyph] = []
    start = 0
    for end in range(1, columns + 1):
        if end < columns and best[end] == best[start]:
            continue
        if best[start] != 0:
            at = (start + end) / 2 / columns * stretch
            glyphs.append(Glyph(characters[best[start]], min(at, 1.0), float(likelihood[start:end, best[start]].max())))
        start = end
    return glyphs

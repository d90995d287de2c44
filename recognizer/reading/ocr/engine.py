"""The models: where text is in an image, and what a strip of it says.

RapidOCR's own pipeline is not used, only its detector and its recogniser: we need where each character stands, and to
read a strip the detector passed over. The models come in RapidOCR's wheel; with the names of its configuration left
alone nothing is ever downloaded.
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
"""The recogniser's input height in pixels; the model was trained at it."""
_LEAST_STRIP_WIDTH: Final = 160
_TURN_WIDTH: Final = 192
"""Width in pixels of what the model that tells upright from upside down takes; longer lines are squeezed into it."""
_EVERY: Final = 4
_PAPER: Final = 97
"""Percentile of brightness at which there is paper, in a photograph as in a strip of text."""
_WHITE: Final = 235.0
_MOST_GAIN: Final = 3.0
_UNSURE: Final = 1e-4
"""Bounds one line's vote."""
DETECTION_SIDE: Final = 960
"""Longest side in pixels at which text is looked for: text smaller than 8 pixels there gets lost, and time grows with
its square."""


ENGINE_ERRORS: Final = (ONNXRuntimeError, cv2.error, MemoryError)
"""What the libraries raise where they cannot go on with an image: out of memory, above all."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character.

    ``at`` is its centre along the strip, 0 at the left edge and 1 at the right; ``confidence`` from 0 to 1.
    """

    text: str
    at: float
    confidence: float


MAX_CONCURRENT_CALLS: Final = available_cpus()
"""Calls of the models that run at the same time at most, one thread each; others wait.

Two calls with one thread each read half as many cards again as one with two threads, and suffer less beside other work.
"""


class _CallLimit:
    """Who may call a model now: ``most`` at a time, at first as many as there are processors."""

    def __init__(self) -> None:
        self.most = MAX_CONCURRENT_CALLS
        self._taken = 0
        self._given_back = Condition()

    def __enter__(self) -> None:
        """Wait for a turn."""
        with self._given_back:
            self._given_back.wait_for(lambda: self._taken < self.most)
            self._taken += 1

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        self._give_back(1)

    @contextmanager
    def remaining(self) -> Iterator[bool]:
        """Having a turn, take all the others if all processors are ours and nobody else has one; tell whether it is so.

        Looking for text is one long call: a lone caller would wait for one processor while the others idle.
        """
        with self._given_back:
            alone = self.most == MAX_CONCURRENT_CALLS and self._taken == 1
            others = MAX_CONCURRENT_CALLS - 1 if alone else 0
            self._taken += others
        try:
            yield alone
        finally:
            self._give_back(others)

    def _give_back(self, turns: int) -> None:
        with self._given_back:
            self._taken -= turns
            self._given_back.notify_all()


_call_limit: Final = _CallLimit()


def use_threads(count: int) -> None:
    """Have ``count`` calls of the models run at a time from now on, at most ``AT_ONCE``: other processes read too."""
    most = max(1, min(count, MAX_CONCURRENT_CALLS))
    if most != _call_limit.most:
        _call_limit.most = most
        cv2.setNumThreads(most)


@dataclass(frozen=True, slots=True)
class _Models:
    """RapidOCR's detector, the sessions of its other two models, and the recogniser's characters (0: none).

    ``wide_detector`` is the detector with a thread for every processor.
    """

    detector: Any
    wide_detector: Any
    turn: Any
    recogniser: Any
    characters: list[str]


@cache
def _models() -> _Models:
    both: Any = RapidOCR(
        params={
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTION_SIDE,
            "Rec.rec_batch_num": 1,
        }
    )
    blank = np.full((64, 320, 3), 255, np.uint8)
    both(blank, use_det=True, use_cls=False, use_rec=False)
    both(blank, use_det=False, use_cls=True, use_rec=True)
    return _Models(
        both.text_det,
        _widened(both.text_det),
        both.text_cls.session,
        both.text_rec.session,
        both.text_rec.postprocess_op.character,
    )


def _widened(detector: Any) -> Any:  # noqa: ANN401  RapidOCR has no types
    """Return the same detector with a thread for every processor; they do not spin, others have work for them."""
    options = SessionOptions()
    options.intra_op_num_threads = MAX_CONCURRENT_CALLS
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    wide = copy(detector)
    wide.session = copy(detector.session)
    path = detector.session.session._model_path  # noqa: SLF001  nothing else tells it
    wide.session.session = InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return wide


def warm_up() -> None:
    """Load the models and run each once. About two seconds; later calls return at once."""
    _models()


@cache
def _strip_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MAX_CONCURRENT_CALLS, thread_name_prefix="strips")


def find_text(image: Pixels) -> list[Quad]:
    """Return the places of text, in no order to rely on."""
    scale = max(1.0, max(image.shape[:2]) / DETECTION_SIDE)
    size = (max(1, round(image.shape[1] / scale)), max(1, round(image.shape[0] / scale)))
    smaller = _brightened(cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale > 1 else image)
    with _call_limit, _call_limit.remaining() as alone:
        boxes = (_models().wide_detector if alone else _models().detector)(smaller).boxes
    return [] if boxes is None else [_along_text(np.asarray(box, np.float32) * scale) for box in boxes]


def _along_text(box: Quad) -> Quad:
    """Return the corners from the one on that leaves the first edge most level, for tilts up to 45 degrees either way.

    Of a box that stands nearly upright, the detector takes now one and now another corner for the upper left one.
    """
    edges = [(box[(first + 1) % 4] - box[first]) for first in range(4)]
    level = [edge[0] / max(1e-6, float(np.linalg.norm(edge))) for edge in edges]
    return np.roll(box, -int(np.argmax(level)), axis=0)


def cut(image: Pixels, quad: Quad) -> Pixels:
    """Return the quadrilateral as an upright rectangle."""
    width = max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2]), 1)
    height = max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]), 1)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getPerspectiveTransform(quad, corners)
    size = (ceil(width), ceil(height))
    return cv2.warpPerspective(image, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def read_strips(strips: Iterable[Pixels]) -> list[list[Glyph]]:
    """Return the characters of each strip; strips are independent of each other, so a single card uses every CPU."""
    return list(_strip_threads().map(read_strip, strips))


def read_strip(strip: Pixels, alphabet: str | None = None) -> list[Glyph]:
    """Return the characters of one line of text, from left to right.

    Only characters of ``alphabet``, if one is given.
    """
    models = _models()
    height, width = strip.shape[:2]
    scaled_width = max(1, ceil(width * _STRIP_HEIGHT / height))
    padded_width = max(scaled_width, _LEAST_STRIP_WIDTH)
    padded = _prepared(strip, scaled_width, padded_width)
    with _call_limit:
        likelihood = models.recogniser(padded)[0]
    if alphabet is not None:
        likelihood = likelihood * _only(alphabet)
    return _decode(likelihood, models.characters, padded_width / scaled_width)


def is_upside_down(strips: Iterable[Pixels]) -> bool:
    """Tell whether lines of one card stand on their heads, by the votes of them all."""
    return sum(_strip_threads().map(_upside_down, strips)) > 0


def _upside_down(strip: Pixels) -> float:
    """Return the logarithm of how much likelier a strip is upside down than upright."""
    height, width = strip.shape[:2]
    scaled_width = min(_TURN_WIDTH, max(1, ceil(width * _STRIP_HEIGHT / height)))
    with _call_limit:
        upright, reversed_ = np.ravel(_models().turn(_prepared(strip, scaled_width, _TURN_WIDTH)))
    return float(np.log(reversed_ + _UNSURE) - np.log(upright + _UNSURE))


def _brightened(image: Pixels) -> Pixels:
    """Return the image so bright that paper is white: the models learned little from pictures in the dark."""
    paper = float(np.percentile(image[::_EVERY, ::_EVERY], _PAPER))
    gain = min(_MOST_GAIN, _WHITE / max(paper, 1.0))
    return cv2.convertScaleAbs(image, alpha=gain) if gain > 1 else image


def _prepared(strip: Pixels, width: int, padded_width: int) -> NDArray[np.float32]:
    """Return a strip as the models take it: scaled to their height and so wide, then padded."""
    scaled = _brightened(cv2.resize(strip, (width, _STRIP_HEIGHT))).astype(np.float32) / 127.5 - 1
    padded = np.zeros((1, 3, _STRIP_HEIGHT, padded_width), np.float32)
    padded[0, :, :, :width] = scaled.transpose(2, 0, 1)
    return padded


@cache
def _only(alphabet: str) -> NDArray[np.float32]:
    characters = _models().characters
    return np.array([index == 0 or character in alphabet for index, character in enumerate(characters)], np.float32)


def _decode(likelihood: NDArray[np.float32], characters: list[str], stretch: float) -> list[Glyph]:
    """Take the likeliest character of each column and merge repeats: the greedy decoding of a CTC output."""
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

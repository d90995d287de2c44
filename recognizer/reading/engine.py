"""The models: where text is in an image, and what a strip of it says.

RapidOCR's own pipeline is not used, only its detector and its recogniser: we need where each character stands, and to
read a strip the detector passed over. The models come in RapidOCR's wheel; with the names of its configuration left
alone nothing is ever downloaded.
"""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidocr import RapidOCR
from rapidocr.inference_engine.onnxruntime.main import ONNXRuntimeError

type Pixels = NDArray[Any]
"""Height by width by blue, green, red; 8 bits each."""
type Quad = NDArray[np.float32]
"""Four corners (x, y) in pixels: upper left, upper right, lower right, lower left of the text as it is read."""

_STRIP_HEIGHT: Final = 48
"""The recogniser's input height in pixels; the model was trained at it."""
_LEAST_STRIP_WIDTH: Final = 160
DETECTION_SIDE: Final = 960
"""Longest side in pixels at which text is looked for: text smaller than 8 pixels there gets lost, and time grows with
its square."""


FAILURES: Final = (ONNXRuntimeError, cv2.error)
"""What the libraries raise where they cannot go on with an image: out of memory, above all."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character.

    ``at`` is its centre along the strip, 0 at the left edge and 1 at the right; ``confidence`` from 0 to 1.
    """

    text: str
    at: float
    confidence: float


def cpu_quota() -> int:
    """CPUs this process may use, at least 1.

    The smaller of its affinity and its control group's quota, which the models would not see.
    """
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(cpus, int(quota) // int(period)))
    except (OSError, ValueError):  # no control group of version 2, or "max"
        return max(1, cpus)


AT_ONCE: Final = cpu_quota()
"""Calls of the models that run at the same time, one thread each; others wait.

Two calls with one thread each read half as many cards again as one with two threads, and suffer less beside other work.
"""
_turn: Final = BoundedSemaphore(AT_ONCE)


@cache
def _models() -> tuple[Any, Any, list[str]]:
    """Return detector, recogniser and the recogniser's characters (index 0 stands for *no character*)."""
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
    both(blank, use_det=False, use_cls=False, use_rec=True)
    return both.text_det, both.text_rec.session, both.text_rec.postprocess_op.character


def warm_up() -> None:
    """Load the models and run each once. About two seconds; later calls return at once."""
    _models()


@cache
def _strip_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="strips")


def find_text(image: Pixels) -> list[Quad]:
    """Return the places of text, in no order to rely on."""
    detector, _, _ = _models()
    scale = max(1.0, max(image.shape[:2]) / DETECTION_SIDE)
    size = (max(1, round(image.shape[1] / scale)), max(1, round(image.shape[0] / scale)))
    smaller = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale > 1 else image
    with _turn:
        boxes = detector(smaller).boxes
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
    _, session, characters = _models()
    height, width = strip.shape[:2]
    scaled_width = max(1, ceil(width * _STRIP_HEIGHT / height))
    scaled = cv2.resize(strip, (scaled_width, _STRIP_HEIGHT)).astype(np.float32) / 127.5 - 1
    padded = np.zeros((1, 3, _STRIP_HEIGHT, max(scaled_width, _LEAST_STRIP_WIDTH)), np.float32)
    padded[0, :, :, :scaled_width] = scaled.transpose(2, 0, 1)
    with _turn:
        likelihood = session(padded)[0]
    if alphabet is not None:
        likelihood = likelihood * _only(alphabet)
    return _decode(likelihood, characters, padded.shape[3] / scaled_width)


@cache
def _only(alphabet: str) -> NDArray[np.float32]:
    characters = _models()[2]
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

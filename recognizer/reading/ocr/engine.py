"""Calls of the models: text detection, orientation and text recognition."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import batched
from math import ceil, sqrt
from threading import Condition
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.ocr.brightness import percentile
from recognizer.reading.ocr.model_threads import MAX_CONCURRENT_CALLS, model_threads
from recognizer.reading.ocr.models import Model, ModelError, load_models
from recognizer.reading.ocr.text_boxes import text_boxes

# OpenCV's own threads wait actively: they took 5 % of the processor time of a card, and saved no time.
cv2.setNumThreads(1)

type Pixels = NDArray[Any]
"""Height by width by blue, green, red; 8 bits each."""
type Quad = NDArray[np.float32]
"""Four corners (x, y) in pixels: upper left, upper right, lower right, lower left of the text as it is read."""

_SHARPENING: Final = 2.0
"""Pixels of blur, at the model's height, that sharpening takes away."""
_STRIP_HEIGHT: Final = 48
"""The recognition model's input height in pixels."""
_MIN_STRIP_WIDTH: Final = 128
_LONG_STRIP: Final = 480
_LONG_STRIP_SCALE: Final = 0.6
"""Longer strips are compressed: each further pixel counts as 0.6 of one. They are captions, titles and machine-readable
lines, whose characters are far apart. On 1,080 cards of three levels, one more field was right than with strips of more
than 720 pixels 0.75 times as wide."""
_ORIENTATION_WIDTH: Final = 192
"""Input width in pixels of the model that detects upside-down text; longer lines are compressed to fit."""
_SAMPLE_STEP: Final = 4
_PAPER_PERCENTILE: Final = 97
"""Percentile of brightness that is the paper's, in a photo as in a strip of text."""
_PAPER_BRIGHTNESS: Final = 235.0
_MAX_GAIN: Final = 3.0
_VOTE_BOUND: Final = 1e-4
"""Bounds the vote of a single line, to log odds of 9.2."""
_VOTES_AT_A_TIME: Final = 2
_CLEAR_VOTE: Final = 10.0
"""Log odds that end the vote, more than those of a single line."""

DETECTION_SIDE: Final = 960
"""Longest side in pixels for text detection: text smaller than 8 pixels gets lost, and time grows with its square."""
COARSE_SIDE: Final = 640
"""The same for the first attempt, which takes 0.45 times as long and suffices for a card that fills the photo."""
_LONG_PHOTO: Final = 1.6
"""A photo with a greater ratio of its sides is detected in as many pixels as one with this ratio: a card fills only its
shorter side."""
_LARGE_TEXT: Final = 15.0
"""Median height in pixels at that size from which on the first attempt suffices: labels may be half as high."""
_FEW_QUADS: Final = 5
_MULTIPLE: Final = 32
"""The sides of the detection model's input are multiples of this."""

ENGINE_ERRORS: Final = (ModelError, cv2.error, MemoryError)
"""What the libraries raise if they cannot process an image, mostly because memory runs out."""
SHAPE_ERRORS: Final = (*ENGINE_ERRORS, ValueError, ArithmeticError, LookupError)
"""What unusual shapes may raise in the search for outlines, portraits and copies, after the card was read."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character. ``at`` is its centre along the strip, from 0 (left) to 1 (right); ``confidence`` is 0 to 1."""

    text: str
    at: float
    confidence: float


class _CallLimit:
    """Limits the model calls that run at a time, initially to the number of CPUs."""

    def __init__(self) -> None:
        self.limit = MAX_CONCURRENT_CALLS
        self._running = 0
        self._finished = Condition()

    def __enter__(self) -> None:
        """Wait until a call may run."""
        with self._finished:
            self._finished.wait_for(lambda: self._running < self.limit)
            self._running += 1

    def __exit__(self, *_: object) -> None:
        """Let the next call run."""
        with self._finished:
            self._running -= 1
            self._finished.notify_all()


_call_limit: Final = _CallLimit()


def use_threads(count: int) -> None:
    """Limit the concurrent model calls from now on, because other processes read as well."""
    _call_limit.limit = max(1, min(count, MAX_CONCURRENT_CALLS))


def _call(model: Model, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Call a model from one of the threads."""
    with _call_limit:
        return model(batch)


def find_text(image: Pixels, *, thorough: bool) -> list[Quad]:
    """Return the quadrilaterals that contain text, in arbitrary order.

    Unless ``thorough``, large text is detected in a smaller image.
    """
    if not thorough:
        quads = _detect(image, COARSE_SIDE)
        scale = detection_scale(image, COARSE_SIDE)
        if scale == 1 or _is_large(quads, min_height=_LARGE_TEXT / scale):
            return quads
    return _detect(image, DETECTION_SIDE)


def detection_scale(image: Pixels, longest_side: int) -> float:
    """Return by how much the image is downscaled: to at most so long a side, or if it is long, to as many pixels."""
    shortest, longest = sorted(map(float, image.shape[:2]))
    return min(1.0, longest_side / longest * sqrt(max(1.0, longest / shortest / _LONG_PHOTO)))


def _detect(image: Pixels, longest_side: int) -> list[Quad]:
    """Detect text in the image, downscaled if its longest side is longer."""
    scale = detection_scale(image, longest_side)
    size = [max(_MULTIPLE, round(length * scale / _MULTIPLE) * _MULTIPLE) for length in image.shape[1::-1]]
    smaller = _brightened(cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))
    probability = model_threads().submit(_call, load_models().detector, _normalised(smaller)).result()[0, 0]
    enlargement = np.divide(image.shape[1::-1], size, dtype=np.float32)
    return [_ordered_along_text(box * enlargement) for box in text_boxes(probability)]


def _is_large(quads: list[Quad], *, min_height: float) -> bool:
    """Tell whether there is enough text, and most of it is so high that none was overlooked."""
    heights = [min(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[1])) for quad in quads]
    return len(quads) >= _FEW_QUADS and bool(np.median(heights) >= min_height)


def _ordered_along_text(box: Quad) -> Quad:
    """Return the corners, starting with the one that makes the first edge most horizontal (tilts up to 45 degrees).

    The detector's choice of the first corner is unstable for boxes that are nearly vertical.
    """
    edges = [(box[(first + 1) % 4] - box[first]) for first in range(4)]
    level = [edge[0] / max(1e-6, float(np.linalg.norm(edge))) for edge in edges]
    return np.roll(box, -int(np.argmax(level)), axis=0)


def crop(image: Pixels, quad: Quad, *, interpolation: int = cv2.INTER_CUBIC) -> Pixels:
    """Return the content of a quadrilateral as an upright rectangle. Cubic interpolation keeps strokes sharp."""
    width = max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2]), 1)
    height = max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]), 1)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    orientation = cv2.getPerspectiveTransform(quad, corners)
    size = (ceil(width), ceil(height))
    return cv2.warpPerspective(image, orientation, size, flags=interpolation, borderMode=cv2.BORDER_REPLICATE)


def sharpened(strip: Pixels) -> Pixels:
    """Return a strip, at least as high as the model's input, with stronger edges: a second view of blurred text."""
    scale = max(1.0, _STRIP_HEIGHT / strip.shape[0])
    larger = cv2.resize(strip, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return cv2.addWeighted(larger, 2, cv2.GaussianBlur(larger, (0, 0), _SHARPENING), -1, 0)


def read_strips(strips: Iterable[Pixels]) -> list[list[Glyph]]:
    """Return the characters of each strip. Strips are read in parallel, so a single card uses all CPUs."""
    return list(model_threads().map(_read, strips))


def read_strip(strip: Pixels, alphabet: str | None = None) -> list[Glyph]:
    """Return the characters of one line of text, from left to right; only those of ``alphabet``, if given."""
    return model_threads().submit(_read, strip, alphabet).result()


def _read(strip: Pixels, alphabet: str | None = None) -> list[Glyph]:
    models = load_models()
    height, width = strip.shape[:2]
    scaled_width = max(1, ceil(width * _STRIP_HEIGHT / height))
    if scaled_width > _LONG_STRIP:
        scaled_width = _LONG_STRIP + round(_LONG_STRIP_SCALE * (scaled_width - _LONG_STRIP))
    padded_width = max(scaled_width, _MIN_STRIP_WIDTH)
    likelihood = _call(models.recogniser, _strip_input(strip, scaled_width, padded_width))[0]
    if alphabet is not None:
        likelihood = likelihood * _alphabet_mask(alphabet)
    return _decode(likelihood, models.characters, padded_width / scaled_width)


def is_upside_down(strips: Iterable[Pixels]) -> bool:
    """Tell whether the lines of one card are upside down, by majority vote; clear votes end it early."""
    log_odds = 0.0
    for pair in batched(strips, _VOTES_AT_A_TIME, strict=False):
        log_odds += sum(model_threads().map(_upside_down, pair))
        if abs(log_odds) > _CLEAR_VOTE:
            break
    return log_odds > 0


def _upside_down(strip: Pixels) -> float:
    """Return the log odds of a strip being upside down."""
    height, width = strip.shape[:2]
    scaled_width = min(_ORIENTATION_WIDTH, max(1, ceil(width * _STRIP_HEIGHT / height)))
    upright, reversed_ = _call(load_models().orientation, _strip_input(strip, scaled_width, _ORIENTATION_WIDTH))[0]
    return float(np.log(reversed_ + _VOTE_BOUND) - np.log(upright + _VOTE_BOUND))


def _brightened(image: Pixels) -> Pixels:
    """Brighten the image until paper is white: the models were trained on few dark images."""
    paper = percentile(image[::_SAMPLE_STEP, ::_SAMPLE_STEP], _PAPER_PERCENTILE)
    gain = min(_MAX_GAIN, _PAPER_BRIGHTNESS / max(paper, 1.0))
    return cv2.convertScaleAbs(image, alpha=gain) if gain > 1 else image


def _strip_input(strip: Pixels, width: int, padded_width: int) -> NDArray[np.float32]:
    """Return a strip as model input: scaled to the model's height and the given width, then padded."""
    padded = np.zeros((1, 3, _STRIP_HEIGHT, padded_width), np.float32)
    padded[..., :width] = _normalised(_brightened(cv2.resize(strip, (width, _STRIP_HEIGHT))))
    return padded


def _normalised(image: Pixels) -> NDArray[np.float32]:
    """Return an image as a model's batch of one, with values from -1 to 1."""
    return np.asarray(cv2.dnn.blobFromImage(image, 1 / 127.5, mean=(127.5, 127.5, 127.5)), np.float32)


@cache
def _alphabet_mask(alphabet: str) -> NDArray[np.float32]:
    characters = load_models().characters
    return np.array([index == 0 or character in alphabet for index, character in enumerate(characters)], np.float32)


def _decode(likelihood: NDArray[np.float32], characters: Sequence[str], stretch: float) -> list[Glyph]:
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

"""Detects photos of printed copies by the halftone dots or grain of toner, and by the lack of colour.

The print of a card is finer than a photo resolves. That of a copier or an office printer is not, at least close up. Its
dots form a square halftone screen, rotated by 45 degrees for black (15 and 75 for cyan and magenta) and the same all
over the page: in the spectra of small tiles it makes two peaks at right angles, at the same position in nearly every
tile. No pattern of a card does that: guilloches curve, text is irregular, an engraved portrait is small and upright.

A print without a screen is grainy all over, much more than any camera sensor. That counts only if there is no colour
and the rest of the photo has little noise, because poor light makes noise everywhere and takes colour away.

There is no warning without visible evidence: a small, blurred or strongly compressed photo of a copy passes. See
``docs/recognizer.md`` for figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Pixels, Quad
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine
from recognizer.reading.result import NOT_ENABLED

type Grid = NDArray[Any]

COPY: Final = -9102
"""Photocopy warning. Source: the API page of ``MainlandPermitOCR``."""
_SCREEN_THRESHOLD: Final = 1.0
"""A stronger screen means a print, whatever its colours. Genuine cards reach at most half of this."""
_GRAIN_THRESHOLD: Final = 3.0
_GRAIN_RATIO: Final = 3.0
"""How many times grainier a print is than the smooth areas of its photo; sensor noise is the same everywhere."""
_COLOUR_THRESHOLD: Final = 0.8

_TILE: Final = 64
"""Side of a tile in pixels."""
_MAX_TILES: Final = 96
_MIN_TILES: Final = 24
"""Fewer tiles are too small a sample."""
_SCREEN_ANGLES: Final = (15.0, 45.0, 75.0)
"""Rotation of halftone screens in degrees. 0 is left out, because a display's pixels have no rotation either."""
_SCREEN_TOLERANCE: Final = 8.0
_MIN_CYCLES: Final = 0.15
"""Lowest frequency of a screen in cycles per pixel; coarser patterns may be anything."""
_NEIGHBOUR_OFFSETS: Final = tuple(
    (row, column) for row in range(-5, 6) for column in range(-5, 6) if row**2 + column**2 in range(13, 26)
)
"""Positions in the spectrum around a peak, outside the blur of the peak itself."""
_NEIGHBOURS_BELOW: Final = 0.9
"""The part of these positions that must be lower than a peak: curved lines make ridges instead of peaks."""
_NOISE_FLOOR: Final = 1.6e-5
"""Power of an unevenness of 0.4 hundredths; anything weaker is rounding in a drawn or denoised image."""
_HALF: Final = _TILE // 2
_ROW, _COLUMN = np.mgrid[-_HALF:_HALF, -_HALF:_HALF]
_CYCLES: Final = np.hypot(_ROW, _COLUMN) / _TILE
_AXES: Final = np.minimum(np.abs(_ROW), np.abs(_COLUMN)) <= 2  # noqa: PLR2004
"""Every photo has peaks there, from vertical and horizontal edges and from JPEG blocks."""
_JPEG_BLOCKS: Final = (np.maximum((_ROW + 1) % 8, (_COLUMN + 1) % 8) <= 2) & (  # noqa: PLR2004
    np.abs(np.minimum(np.abs(_ROW), np.abs(_COLUMN)) - 8) <= 1
)
"""One eighth of a cycle in one direction, multiples of it in the other: JPEG's 8-pixel blocks make peaks there."""
_ENLARGED_BY_HALF: Final = np.maximum(np.abs(np.abs(_ROW) - _TILE / 3), np.abs(np.abs(_COLUMN) - _TILE / 3)) < 1.7  # noqa: PLR2004
"""A photo enlarged by 1.5 has peaks at thirds of a cycle, where a fine black screen could have them, too."""
_SEARCHED: Final = ~(_AXES | _JPEG_BLOCKS | _ENLARGED_BY_HALF) & (_CYCLES >= _MIN_CYCLES)
_GRAIN_BAND: Final = (_CYCLES >= 0.2) & (_CYCLES < 0.3)  # noqa: PLR2004
"""Frequencies in cycles per pixel at which grain is measured: above most print, and not fully removed by JPEG."""
_GRAIN_BAND_HALF: Final = np.fft.ifftshift(_GRAIN_BAND)[:, : _HALF + 1]


@dataclass(frozen=True, slots=True)
class PrintTraits:
    """Visible traits of how a card is printed.

    ``screen``: how far the lower of a screen's two peaks rises above the spectrum, as a natural logarithm. ``grain``
    and ``frame_grain``: unevenness of the smoothest areas of the card and of the photo, in hundredths of their
    brightness; that of the photo is only measured for a grainy card. ``colour``: how far colours differ, in hundredths
    of their brightness.
    """

    screen: float
    grain: float
    frame_grain: float
    colour: float

    @property
    def is_copy(self) -> bool:
        """Whether this is certainly a print and not the card."""
        grainy = self.grain > max(_GRAIN_THRESHOLD, _GRAIN_RATIO * self.frame_grain)
        return self.screen > _SCREEN_THRESHOLD or (grainy and self.colour < _COLOUR_THRESHOLD)


def warnings(photo: Pixels, text: CardText, lines: Sequence[TextLine]) -> tuple[int, ...]:
    """Return the warning codes for the card whose ``lines`` are in ``text``, which was read from ``photo``.

    They always include *not enabled*, because recaptured and edited photos are not detected.
    """
    traits = examine_print(photo, text, lines)
    return (COPY, *NOT_ENABLED) if traits is not None and traits.is_copy else NOT_ENABLED


def examine_print(photo: Pixels, text: CardText, lines: Sequence[TextLine]) -> PrintTraits | None:
    """Return the traits of the print around the card's ``lines``; None if too little of it is visible."""
    box = BoundingBox(
        min(line.left for line in lines),
        min(line.top for line in lines),
        max(line.right for line in lines),
        max(line.bottom for line in lines),
    )
    return print_traits(photo, text.in_photo(text.quad(box)))


def print_traits(photo: Pixels, quad: Quad) -> PrintTraits | None:
    """Return the traits of the print in a quadrilateral with its corners in reading order."""
    grey = cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY)
    card = _tiles(grey.shape, quad, _MAX_TILES)
    if len(card) < _MIN_TILES:
        return None
    spectra = _spectra(grey, card)
    along, grain = quad[1] - quad[0], _grain(spectra)
    return PrintTraits(
        screen=_screen(spectra, float(np.degrees(np.arctan2(along[1], along[0])))),
        grain=grain,
        frame_grain=_frame_grain(grey) if grain > _GRAIN_THRESHOLD else grain,
        colour=_colour(photo, quad),
    )


def _frame_grain(grey: Grid) -> float:
    height, width = grey.shape
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return _grain(_spectra(grey, _tiles(grey.shape, frame, _MIN_TILES * 2)))


def _tiles(shape: tuple[int, ...], quad: Quad, count: int) -> Grid:
    """Return the upper left corners (x, y) of about ``count`` tiles, evenly spread inside a quadrilateral."""
    if cv2.contourArea(quad) < _TILE**2:
        return np.empty((0, 2), int)
    step = max(_HALF, int(np.sqrt(abs(cv2.contourArea(quad)) / count)))
    y, x = np.mgrid[0 : shape[0] - _TILE + 1 : step, 0 : shape[1] - _TILE + 1 : step]
    corners = np.stack([x.ravel(), y.ravel()], axis=1)
    inside = np.ones(len(corners), bool)
    for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        for offset in ((0, 0), (_TILE, 0), (0, _TILE), (_TILE, _TILE)):
            ahead, aside = end - start, corners + offset - start
            inside &= ahead[0] * aside[:, 1] - ahead[1] * aside[:, 0] >= 0
    return corners[inside]


def _spectra(grey: Grid, corners: Grid) -> Grid:
    """Return the power spectra of tiles relative to their brightness, columns from 0 cycles on."""
    window = np.outer(np.hanning(_TILE), np.hanning(_TILE)).astype(np.float32)
    tiles = np.stack([grey[y : y + _TILE, x : x + _TILE] for x, y in corners]).astype(np.float32)
    brightness = tiles.mean(axis=(1, 2), keepdims=True)
    power = np.abs(np.fft.rfft2((tiles - brightness) * window)) ** 2
    return np.asarray(power / (brightness**2 + 100) / (window**2).sum(), np.float32)


def _screen(spectra: Grid, degrees: float) -> float:
    """Return how far two peaks at right angles rise, at the screen angles of a page rotated by ``degrees``.

    Resampling makes a grid of peaks. It also has peaks on the axes, which a screen does not have.
    """
    ordered = np.sort(spectra, axis=0)  # NumPy's median would take six times as long
    usual = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    log_power = np.log(_full_spectrum(usual) + np.float32(_NOISE_FLOOR))
    around = np.sort([np.roll(log_power, offset, (0, 1)) for offset in _NEIGHBOUR_OFFSETS], axis=0)
    rank, part = divmod(_NEIGHBOURS_BELOW * (len(around) - 1), 1)  # NumPy's percentile would take three times as long
    peaks = log_power - around[int(rank)] - part * (around[int(rank) + 1] - around[int(rank)])
    crosswise = np.full_like(peaks, -np.inf)
    crosswise[1:, 1:] = np.rot90(peaks[1:, 1:])
    grid = np.maximum(peaks[_HALF, :][None, :], peaks[:, _HALF][:, None])
    screen = np.minimum(peaks, crosswise) - np.maximum(grid, 0)
    turned = (np.degrees(np.arctan2(_ROW, _COLUMN)) - degrees) % 90
    at_screen_angle = np.min([np.abs(turned - angle) for angle in _SCREEN_ANGLES], axis=0) <= _SCREEN_TOLERANCE
    return float(screen[at_screen_angle & _SEARCHED].max())


def _full_spectrum(half: Grid) -> Grid:
    """Return the full spectrum with 0 cycles in the middle. Its halves are symmetric."""
    shifted = np.fft.fftshift(half, axes=0)
    opposite = np.roll(shifted[::-1, ::-1], 1, axis=0)
    return np.hstack([opposite[:, :_HALF], shifted[:, :_HALF]])


def _grain(spectra: Grid) -> float:
    """Return the unevenness of the smoothest tenth of the tiles."""
    return float(100 * np.sqrt(np.percentile(np.median(spectra[:, _GRAIN_BAND_HALF], axis=1), 10)))


def _colour(photo: Pixels, quad: Quad) -> float:
    """Return the largest deviation of the proportions of blue, green and red from their medians."""
    size = (80, 50)
    corners = np.array([[0, 0], [4 * size[0], 0], [4 * size[0], 4 * size[1]], [0, 4 * size[1]]], np.float32)
    rectified = cv2.warpPerspective(photo, cv2.getPerspectiveTransform(quad, corners), (4 * size[0], 4 * size[1]))
    small = cv2.resize(rectified, size, interpolation=cv2.INTER_AREA).astype(np.float32).reshape(-1, 3)
    sums = small.sum(axis=1, keepdims=True)
    shares = small / np.maximum(sums, 1)
    deviation = np.abs(shares - np.median(shares, axis=0)) * sums / max(1.0, float(sums.max()))
    return float(100 * np.percentile(np.linalg.norm(deviation, axis=1), 98))

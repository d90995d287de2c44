"""Whether a photograph shows a print of a card: by the dots or the grain that toner is set in, and by its colour.

A card's own print is finer than a photograph resolves; a copier's or an office printer's is not, at least near by. Its
dots stand in a square screen, turned by 45 degrees for black (15 and 75 for cyan and magenta), the same all over the
page: in the spectra of small tiles they are two peaks at right angles, in the same place in nearly every tile. No
pattern of a card is like that: guilloches wind, text is uneven, an engraved portrait is small and stands straight.

A print that is not set in a screen is grainy all over, much more than any sensor; that counts only where there is no
colour and the rest of the photograph is calm, since poor light makes noise everywhere, and takes colour away.

What cannot be seen is not warned of: a small, blurred or strongly compressed photograph of a copy passes. Figures in
``docs/recognizer.md``.
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
_SURE_SCREEN: Final = 1.0
"""Above it a screen is a print's, whatever its colours; of cards themselves it comes to half of that at most."""
_SURE_GRAIN: Final = 3.0
_GRAIN_AGAINST_FRAME: Final = 3.0
"""How many times grainier a print is than the calm places of its photograph; noise is the same everywhere."""
_NO_COLOUR: Final = 0.8

_TILE: Final = 64
"""Side of a tile in pixels."""
_MOST_TILES: Final = 96
_LEAST_TILES: Final = 24
"""Fewer tiles are no sample."""
_SCREEN_ANGLES: Final = (15.0, 45.0, 75.0)
"""Degrees by which screens are turned against the page; straight ones are left out, for so are a display's pixels."""
_SCREEN_TOLERANCE: Final = 8.0
_LEAST_CYCLES: Final = 0.15
"""Cycles a pixel from which on a screen is looked for; slower patterns may be anything."""
_AROUND: Final = tuple((row, column) for row in range(-5, 6) for column in range(-5, 6) if 12 < row**2 + column**2 < 26)  # noqa: PLR2004
"""Places in the spectrum beside a peak, farther off than a tile blurs it."""
_RIDGE: Final = 90
"""Per cent of these places must be lower: lines that wind make ridges, which go on to either side."""
_FAINT: Final = 1.6e-5
"""Power of unevenness by 0.4 hundredths; what stands out of less is the rounding of a drawn or cleaned picture."""
_HALF: Final = _TILE // 2
_ROW, _COLUMN = np.mgrid[-_HALF:_HALF, -_HALF:_HALF]
_CYCLES: Final = np.hypot(_ROW, _COLUMN) / _TILE
_AXES: Final = np.minimum(np.abs(_ROW), np.abs(_COLUMN)) <= 2  # noqa: PLR2004
"""There every photograph has peaks: upright and level edges, and the blocks of JPEG."""
_JPEG_BLOCKS: Final = (np.maximum((_ROW + 1) % 8, (_COLUMN + 1) % 8) <= 2) & (  # noqa: PLR2004
    np.abs(np.minimum(np.abs(_ROW), np.abs(_COLUMN)) - 8) <= 1
)
"""An eighth of a cycle one way and eighths the other: there the blocks of eight pixels make peaks of any pattern."""
_ENLARGED_BY_HALF: Final = np.maximum(np.abs(np.abs(_ROW) - _TILE / 3), np.abs(np.abs(_COLUMN) - _TILE / 3)) < 1.7  # noqa: PLR2004
"""A photograph enlarged by half has peaks at thirds of a cycle, just where a fine screen of black could have them."""
_LOOKED_AT: Final = ~(_AXES | _JPEG_BLOCKS | _ENLARGED_BY_HALF) & (_CYCLES >= _LEAST_CYCLES)
_MIDDLE: Final = (_CYCLES >= 0.2) & (_CYCLES < 0.3)  # noqa: PLR2004
"""Cycles a pixel at which grain is measured: faster than most print, and JPEG leaves something of it."""
_MIDDLE_HALF: Final = np.fft.ifftshift(_MIDDLE)[:, : _HALF + 1]


@dataclass(frozen=True, slots=True)
class PrintTraits:
    """What can be seen of how a card is printed.

    ``screen``: by how many times, as a natural logarithm, the lower one of a screen's two peaks stands out of the
    spectrum. ``grain`` and ``frame_grain``: unevenness of the calmest places of the card and of the photograph, in
    hundredths of their brightness. ``colour``: how far colours differ, in hundredths of their brightness.
    """

    screen: float
    grain: float
    frame_grain: float
    colour: float

    @property
    def is_copy(self) -> bool:
        """Whether it is surely a print and not the card."""
        grainy = self.grain > max(_SURE_GRAIN, _GRAIN_AGAINST_FRAME * self.frame_grain)
        return self.screen > _SURE_SCREEN or (grainy and self.colour < _NO_COLOUR)


def warnings(photo: Pixels, text: CardText, lines: Sequence[TextLine]) -> tuple[int, ...]:
    """Return the warning codes for the card whose ``lines`` are in ``text``, which was read in ``photograph``.

    *Not enabled* stands in any case: nobody looks for recaptured or edited photographs.
    """
    seen = examine_print(photo, text, lines)
    return (COPY, *NOT_ENABLED) if seen is not None and seen.is_copy else NOT_ENABLED


def examine_print(photo: Pixels, text: CardText, lines: Sequence[TextLine]) -> PrintTraits | None:
    """Return what can be seen of the print around ``lines`` of the card; None where too little of it is there."""
    place = BoundingBox(
        min(line.left for line in lines),
        min(line.top for line in lines),
        max(line.right for line in lines),
        max(line.bottom for line in lines),
    )
    return print_in(photo, text.in_photo(text.quad(place)))


def print_in(photo: Pixels, quad: Quad) -> PrintTraits | None:
    """Return what can be seen of the print in a quadrilateral, its corners in reading order."""
    light = cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY)
    card = _tiles(light.shape, quad, _MOST_TILES)
    if len(card) < _LEAST_TILES:
        return None
    height, width = light.shape
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    spectra = _spectra(light, card)
    along = quad[1] - quad[0]
    return PrintTraits(
        screen=_screen(spectra, float(np.degrees(np.arctan2(along[1], along[0])))),
        grain=_grain(spectra),
        frame_grain=_grain(_spectra(light, _tiles(light.shape, frame, _LEAST_TILES * 2))),
        colour=_colour(photo, quad),
    )


def _tiles(shape: tuple[int, ...], quad: Quad, most: int) -> Grid:
    """Return the upper left corners (x, y) of about ``most`` tiles, evenly spread inside a quadrilateral."""
    if cv2.contourArea(quad) < _TILE**2:
        return np.empty((0, 2), int)
    step = max(_HALF, int(np.sqrt(abs(cv2.contourArea(quad)) / most)))
    y, x = np.mgrid[0 : shape[0] - _TILE + 1 : step, 0 : shape[1] - _TILE + 1 : step]
    corners = np.stack([x.ravel(), y.ravel()], axis=1)
    inside = np.ones(len(corners), bool)
    for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        for offset in ((0, 0), (_TILE, 0), (0, _TILE), (_TILE, _TILE)):
            ahead, aside = end - start, corners + offset - start
            inside &= ahead[0] * aside[:, 1] - ahead[1] * aside[:, 0] >= 0
    return corners[inside]


def _spectra(light: Grid, corners: Grid) -> Grid:
    """Return the power spectra of tiles, columns from 0 cycles on, each against its tile's brightness."""
    window = np.outer(np.hanning(_TILE), np.hanning(_TILE)).astype(np.float32)
    tiles = np.stack([light[y : y + _TILE, x : x + _TILE] for x, y in corners]).astype(np.float32)
    brightness = tiles.mean(axis=(1, 2), keepdims=True)
    power = np.abs(np.fft.rfft2((tiles - brightness) * window)) ** 2
    return np.asarray(power / (brightness**2 + 100) / (window**2).sum(), np.float32)


def _screen(spectra: Grid, degrees: float) -> float:
    """Return how far two peaks at right angles stand out, at the angles of a page turned by ``degrees``.

    Pixels that were computed from others make a grid: its peaks have company on the axes, which a screen's have not.
    """
    typical = np.log(_whole(np.median(spectra, axis=0)) + np.float32(_FAINT))
    around = np.stack([np.roll(typical, offset, (0, 1)) for offset in _AROUND])
    peaks = typical - np.percentile(around, _RIDGE, axis=0).astype(np.float32)
    crosswise = np.full_like(peaks, -np.inf)
    crosswise[1:, 1:] = np.rot90(peaks[1:, 1:])
    grid = np.maximum(peaks[_HALF, :][None, :], peaks[:, _HALF][:, None])
    screen = np.minimum(peaks, crosswise) - np.maximum(grid, 0)
    turned = (np.degrees(np.arctan2(_ROW, _COLUMN)) - degrees) % 90
    usual = np.min([np.abs(turned - angle) for angle in _SCREEN_ANGLES], axis=0) <= _SCREEN_TOLERANCE
    return float(screen[usual & _LOOKED_AT].max())


def _whole(half: Grid) -> Grid:
    """Return a spectrum with 0 cycles in the middle, of its half: it is the same on opposite sides."""
    shifted = np.fft.fftshift(half, axes=0)
    opposite = np.roll(shifted[::-1, ::-1], 1, axis=0)
    return np.hstack([opposite[:, :_HALF], shifted[:, :_HALF]])


def _grain(spectra: Grid) -> float:
    """Return the unevenness of the tiles that are calmer than nine in ten."""
    return float(100 * np.sqrt(np.percentile(np.median(spectra[:, _MIDDLE_HALF], axis=1), 10)))


def _colour(photo: Pixels, quad: Quad) -> float:
    """Return how far the shares of blue, green and red are from the usual ones, where they are farthest."""
    size = (80, 50)
    corners = np.array([[0, 0], [4 * size[0], 0], [4 * size[0], 4 * size[1]], [0, 4 * size[1]]], np.float32)
    flat = cv2.warpPerspective(photo, cv2.getPerspectiveTransform(quad, corners), (4 * size[0], 4 * size[1]))
    small = cv2.resize(flat, size, interpolation=cv2.INTER_AREA).astype(np.float32).reshape(-1, 3)
    sums = small.sum(axis=1, keepdims=True)
    shares = small / np.maximum(sums, 1)
    off = np.abs(shares - np.median(shares, axis=0)) * sums / max(1.0, float(sums.max()))
    return float(100 * np.percentile(np.linalg.norm(off, axis=1), 98))

"""HEIC photos, as phones take them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pi_heif
from PIL import Image

from permit_ocr.images.converter.pixels import reduction, to_basic_mode, without_empty_alpha
from permit_ocr.images.formats import check_size
from permit_ocr.images.rejections import rejection

_SEQUENCES: Final = frozenset((b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"))
"""Major brands of image sequences (ISO/IEC 23008-12, annex B)."""
_STRIP_ROWS: Final = 256
_ERRORS: Final = (OSError, ValueError, SyntaxError, RuntimeError, EOFError)
"""What pi-heif raises for damaged files."""

pi_heif.options.DECODE_THREADS = 1
pi_heif.options.THUMBNAILS = pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False


class HeicPicture:
    """The primary image of a file. Further images in it are ignored: they are not pages."""

    count = None

    def __init__(self, file: Path) -> None:
        """Open ``file``. Raises ``RejectDocument``."""
        content = file.read_bytes()
        if content[8:12] in _SEQUENCES:
            raise rejection("Document.Animated")
        try:
            self._heif = pi_heif.open_heif(content)
        except _ERRORS as error:
            raise rejection("Document.Damaged") from error
        check_size(*self._heif.size)

    def picture(self, number: int) -> Image.Image:  # noqa: ARG002  there is only one
        """See ``Pages``. The container defines the orientation; the one in the Exif data must be ignored."""
        try:
            picture = _in_strips(self._heif)
        except _ERRORS as error:
            raise rejection("Document.Damaged") from error
        picture.info = {"icc_profile": self._heif.info.get("icc_profile")}
        del self._heif  # its pixels take the other half of the memory
        return to_basic_mode(picture)


def _in_strips(heif: Any) -> Image.Image:  # noqa: ANN401  pi-heif has no types
    """Return the decoded picture. It is copied strip by strip, since Pillow needs four bytes per pixel."""
    width, height = heif.size
    factor = reduction(width, height)
    has_colours_only = all(without_empty_alpha(strip).mode != heif.mode for strip in _strips(heif, factor))
    picture = Image.new("RGB" if has_colours_only else heif.mode, (width // factor, height // factor))
    for number, strip in enumerate(_strips(heif, factor)):
        part = strip.convert("RGB") if has_colours_only else strip
        picture.paste(part if factor == 1 else part.reduce(factor), (0, number * _STRIP_ROWS))
    return picture


def _strips(heif: Any, factor: int) -> Iterator[Image.Image]:  # noqa: ANN401  pi-heif has no types
    data, stride, (width, height) = heif.data, heif.stride, heif.size
    for top in range(0, height, _STRIP_ROWS * factor):
        rows = min(_STRIP_ROWS * factor, height - top)
        part = data[top * stride : (top + rows) * stride]
        yield Image.frombuffer(heif.mode, (width, rows), part, "raw", heif.mode, stride, 1)

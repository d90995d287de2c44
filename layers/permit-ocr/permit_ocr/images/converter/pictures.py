"""Whatever Pillow decodes: photographs, and the pages of a TIFF."""

import struct
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from PIL import Image

from permit_ocr.images.converter.bounds import WHOLE_PIXELS, reduction
from permit_ocr.images.converter.colours import plain_colours
from permit_ocr.images.converter.webp import refuse_webp
from permit_ocr.images.formats import Format, refuse_broken, refuse_size
from permit_ocr.images.metadata import orientation
from permit_ocr.images.rejections import MOST_PAGES, rejection

_PLUGINS: Final = {
    Format.JPEG: ("Jpeg", "JPEG"),
    Format.PNG: ("Png", "PNG"),
    Format.AVIF: ("Avif", "AVIF"),
    Format.WEBP: ("WebP", "WEBP"),
    Format.TIFF: ("Tiff", "TIFF"),
    Format.BMP: ("Bmp", "BMP"),
    Format.GIF: ("Gif", "GIF"),
}
"""One plugin for each format: a file is never tried as something else."""
_BROKEN: Final = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, struct.error)
"""What Pillow raises for one broken file or another."""
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture of each of Exif's orientations upright."""
_REDUCIBLE: Final = frozenset(("L", "LA", "RGB", "RGBA", "CMYK"))
_NEW_SUBFILE_TYPE: Final = 254
_REDUCED: Final = 1  # of a TIFF's pictures: a smaller version of another

Image.MAX_IMAGE_PIXELS = None  # ``refuse_size`` is asked before anything is decoded


class PillowPictures:
    """The picture in a file, or those of a TIFF."""

    def __init__(self, file: Path, form: Format) -> None:
        """Open ``file``. Raises ``RejectDocument``."""
        if form in {Format.JPEG, Format.PNG}:
            refuse_broken(file.read_bytes())
        if form is Format.WEBP:
            with file.open("rb") as opened:
                refuse_webp(opened.read(30))
        plugin, name = _PLUGINS[form]
        import_module(f"PIL.{plugin}ImagePlugin")
        try:
            self._file: Any = Image.open(file, formats=[name])
            self._frames = _pages(self._file) if form is Format.TIFF else [0]
            animated = form not in {Format.TIFF, Format.JPEG} and getattr(self._file, "is_animated", False)
        except _BROKEN as error:
            raise rejection("Document.Damaged") from error
        if animated:
            raise rejection("Document.Animated")
        self.count = len(self._frames) if form is Format.TIFF else None

    def picture(self, number: int) -> Image.Image:
        """See ``Pages``."""
        try:
            self._file.seek(self._frames[number - 1])
            refuse_size(*self._file.size)
            picture = _upright(self._file)
        except _BROKEN as error:
            raise rejection("Document.Damaged") from error
        if self.count is None and picture is not self._file:
            self._file.close()  # its pixels are the other half of the memory
        return picture


def _pages(file: Any) -> list[int]:  # noqa: ANN401  Pillow types no plugin
    """Return the places of a TIFF's pictures, without smaller versions of them; no more than are too many."""
    pages: list[int] = []
    place = 0
    while len(pages) <= MOST_PAGES:
        try:
            file.seek(place)
        except EOFError:
            break
        if not file.tag_v2.get(_NEW_SUBFILE_TYPE, 0) & _REDUCED:
            pages.append(place)
        place += 1
    return pages


def _upright(file: Image.Image) -> Image.Image:
    """Return the picture as its Exif data says it is to be seen; Pillow has turned a TIFF's itself."""
    picture = _within_bounds(file)
    exif = file.info.get("exif", b"") if file.format != "TIFF" else b""
    turn = _TURNS.get(orientation(exif.removeprefix(b"Exif\0\0")))
    return picture if turn is None else picture.transpose(turn)


def _within_bounds(file: Image.Image) -> Image.Image:
    """Return the picture in plain colours, smaller where it is too large to be worked on."""
    if file.width * file.height > WHOLE_PIXELS:
        file.draft(None, (file.width // 2, file.height // 2))  # JPEG alone leaves out the finer half while it decodes
    file.load()
    factor = reduction(*file.size)
    if factor == 1:
        return plain_colours(file)
    # First the step that needs less memory. Colours of a palette have no mean, though.
    if file.mode in _REDUCIBLE:
        return plain_colours(file.reduce(factor))
    return plain_colours(file).convert("RGB" if file.mode != "1" else "L").reduce(factor)

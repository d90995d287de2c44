"""The formats that Pillow decodes: photos, and the pages of a TIFF."""

import struct
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from PIL import Image

from permit_ocr.images.converter.pixels import WHOLE_PIXELS, reduction, to_basic_mode
from permit_ocr.images.formats import Format, check_intact, check_size
from permit_ocr.images.metadata import orientation
from permit_ocr.images.rejections import DECODING_MEGABYTES, MAX_PAGES, rejection

_ERRORS: Final = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, struct.error)
"""What Pillow raises for damaged files."""
_TRANSPOSITIONS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How to make a picture upright, by Exif orientation."""
_REDUCIBLE: Final = frozenset(("L", "LA", "RGB", "RGBA", "CMYK"))
_NEW_SUBFILE_TYPE: Final = 254
_REDUCED: Final = 1  # a picture in a TIFF that is a smaller version of another
_WEBP_BYTES_PER_PIXEL: Final = 12
"""For two frames, since it may be animated, and for the resulting picture."""

Image.MAX_IMAGE_PIXELS = None  # ``check_size`` runs before anything is decoded


class PillowPictures:
    """The picture in a file, or the pages of a TIFF."""

    def __init__(self, file: Path, file_format: Format) -> None:
        """Open ``file``. Raises ``RejectDocument``."""
        if file_format in {Format.JPEG, Format.PNG}:
            check_intact(file.read_bytes())
        if file_format is Format.WEBP:
            with file.open("rb") as stream:
                _check_webp_size(stream.read(30))
        # Only the plugin of this format is loaded: a file is never tried as another format.
        plugin = "WebP" if file_format is Format.WEBP else file_format.capitalize()
        import_module(f"PIL.{plugin}ImagePlugin")
        try:
            self._file: Any = Image.open(file, formats=[file_format.upper()])
            self._frames = _pages(self._file) if file_format is Format.TIFF else [0]
            animated = file_format not in {Format.TIFF, Format.JPEG} and getattr(self._file, "is_animated", False)
        except _ERRORS as error:
            raise rejection("Document.Damaged") from error
        if animated:
            raise rejection("Document.Animated")
        self.count = len(self._frames) if file_format is Format.TIFF else None

    def picture(self, number: int) -> Image.Image:
        """See ``Pages``."""
        try:
            self._file.seek(self._frames[number - 1])
            check_size(*self._file.size)
            picture = _upright(self._file)
        except _ERRORS as error:
            raise rejection("Document.Damaged") from error
        if self.count is None and picture is not self._file:
            self._file.close()  # its pixels take the other half of the memory
        return picture


def _check_webp_size(beginning: bytes) -> None:
    """Check a WebP file by its first 30 bytes (RFC 9649): Pillow's decoder first allocates memory for all pixels."""
    width, height = _webp_size(beginning)
    check_size(width, height)
    if width * height * _WEBP_BYTES_PER_PIXEL > DECODING_MEGABYTES * 1_000_000:
        raise rejection("Document.TooCostly")


def _webp_size(beginning: bytes) -> tuple[int, int]:
    def number(start: int, end: int) -> int:
        return int.from_bytes(beginning[start:end], "little")

    match beginning[12:16]:
        case b"VP8X":
            return number(24, 27) + 1, number(27, 30) + 1
        case b"VP8L":
            bits = number(21, 25)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return number(26, 28) & 0x3FFF, number(28, 30) & 0x3FFF
    raise rejection("Document.Damaged")


def _pages(file: Any) -> list[int]:  # noqa: ANN401  Pillow types no plugin
    """Return the frame numbers of a TIFF's pages without their smaller versions; at most one more than is allowed."""
    pages: list[int] = []
    frame = 0
    while len(pages) <= MAX_PAGES:
        try:
            file.seek(frame)
        except EOFError:
            break
        if not file.tag_v2.get(_NEW_SUBFILE_TYPE, 0) & _REDUCED:
            pages.append(frame)
        frame += 1
    return pages


def _upright(file: Image.Image) -> Image.Image:
    """Return the picture upright by its Exif data; Pillow itself turns the pictures of a TIFF."""
    picture = _within_bounds(file)
    exif = file.info.get("exif", b"") if file.format != "TIFF" else b""
    transposition = _TRANSPOSITIONS.get(orientation(exif.removeprefix(b"Exif\0\0")))
    return picture if transposition is None else picture.transpose(transposition)


def _within_bounds(file: Image.Image) -> Image.Image:
    """Return the picture in a basic mode, reduced if it is too large to work on."""
    if file.width * file.height > WHOLE_PIXELS:
        file.draft(None, (file.width // 2, file.height // 2))  # only JPEG can skip details while it decodes
    file.load()
    factor = reduction(*file.size)
    if factor == 1:
        return to_basic_mode(file)
    # Reducing first needs less memory, but palette colours cannot be averaged.
    if file.mode in _REDUCIBLE:
        return to_basic_mode(file.reduce(factor))
    return to_basic_mode(file).convert("RGB" if file.mode != "1" else "L").reduce(factor)

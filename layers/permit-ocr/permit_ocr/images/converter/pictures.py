"""The formats with one picture that Pillow decodes."""

import tempfile
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final

from PIL import Image

from permit_ocr.images import png
from permit_ocr.images.converter.pixels import PILLOW_ERRORS, upright, within_bounds
from permit_ocr.images.converter.restoring import restored_jpeg, restored_png
from permit_ocr.images.formats import Format, check_size
from permit_ocr.images.metadata import orientation as orientation_in
from permit_ocr.images.metadata import orientation_of
from permit_ocr.images.rejections import DECODING_MEGABYTES, rejection

_WEBP_BYTES_PER_PIXEL: Final = 12
"""For two frames, since it may be animated, and for the resulting picture."""

Image.MAX_IMAGE_PIXELS = None  # ``check_size`` runs before anything is decoded


class PillowPicture:
    """The picture in a file."""

    count = None

    def __init__(self, file: Path, file_format: Format) -> None:
        """Open ``file``. Raises ``RejectDocument``."""
        self._format = file_format
        self._damage = "Document.Damaged"
        self._orientation: int | None = None
        source = self._source(file)
        # Only the plugin of this format is loaded: a file is never tried as another format.
        plugin = "WebP" if file_format is Format.WEBP else file_format.capitalize()
        import_module(f"PIL.{plugin}ImagePlugin")
        try:
            self._file: Any = Image.open(source, formats=[file_format.upper()])
            is_animated = getattr(self._file, "is_animated", False)
        except PILLOW_ERRORS as error:
            raise rejection(self._damage) from error
        if is_animated:
            raise rejection("Document.Animated")

    def picture(self, number: int) -> Image.Image:  # noqa: ARG002  there is only one
        """See ``Pages``."""
        try:
            check_size(*self._file.size)
            picture = within_bounds(self._file)
            orientation = self._orientation or _orientation(self._file)
            if picture is not self._file:
                self._file.close()  # its pixels take most of the memory
            return upright(picture, orientation)
        except PILLOW_ERRORS as error:
            raise rejection(self._damage) from error

    def _source(self, file: Path) -> Path | IO[bytes]:
        """Return what Pillow should open instead of ``file``. Raises ``RejectDocument``."""
        if self._format is Format.WEBP:
            with file.open("rb") as stream:
                _check_webp_size(stream.read(30))
        if self._format not in {Format.JPEG, Format.PNG}:
            return file
        content = file.read_bytes()
        if self._format is Format.JPEG:
            restored = restored_jpeg(content)
        else:
            restored = restored_png(content)
            if not png.has_end(content):
                self._damage = "Document.Truncated"
                content = png.with_end(content)
        self._orientation = orientation_of(content)
        source = tempfile.TemporaryFile()  # noqa: SIM115  open as long as this object
        source.write(restored)
        source.seek(0)
        return source


def _orientation(file: Image.Image) -> int:
    xmp = b"" if file.format == "AVIF" else file.info.get("xmp", b"")  # AVIF has its own, and Pillow puts it into Exif
    return orientation_in(file.info.get("exif", b""), xmp)


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

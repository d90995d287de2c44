"""The pages of a TIFF, as scanners, fax machines and laboratories write them."""

import io
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageOps, TiffImagePlugin

from permit_ocr.images.converter.deep_grey import to_8_bit_grey
from permit_ocr.images.converter.pixels import PILLOW_ERRORS, upright, within_bounds
from permit_ocr.images.formats import check_size
from permit_ocr.images.metadata import UPRIGHT
from permit_ocr.images.rejections import MAX_PAGES, rejection

_BITS_PER_SAMPLE: Final = 258
_PHOTOMETRIC: Final = 262
_WHITE_IS_ZERO: Final = 0
_BLACK_IS_ZERO: Final = 1
_ORIENTATION: Final = 274
_SAMPLE_FORMAT: Final = 339
_UNSIGNED: Final = 1
_NEW_SUBFILE_TYPE: Final = 254
_REDUCED: Final = 1  # a picture that is a smaller version of another
_NATIVE: Final = {"I;32B": "I;32N", "I;32BS": "I;32NS", "I;16BS": "I;16NS", "F;32BF": "F;32NF", "F;64BF": "F;64NF"}
"""What libtiff makes of numbers in the file's byte order. Pillow takes it into account only for 16 bits."""

_BIG_ENDIAN_BIG_TIFF: Final = b"MM\0+"
_READABLE_BIG_TIFF: Final = b"MM+\0"


def _add_layouts() -> None:
    """Let Pillow open grey pictures that it knows only in one byte order, or only with black as zero."""
    layouts: dict[Any, tuple[str, str]] = TiffImagePlugin.OPEN_INFO
    for order in (TiffImagePlugin.II, TiffImagePlugin.MM):
        suffix = "B" if order == TiffImagePlugin.MM else ""
        layouts[order, _BLACK_IS_ZERO, (3,), 1, (64,), ()] = ("F", f"F;64{suffix}F")
        layouts.setdefault((order, _BLACK_IS_ZERO, (1,), 1, (12,), ()), ("I;16", "I;12"))
        layouts.setdefault((order, _BLACK_IS_ZERO, (1,), 1, (32,), ()), ("I", f"I;32{suffix}"))
    for (order, photometric, *others), (mode, raw_mode) in list(layouts.items()):
        if photometric == _BLACK_IS_ZERO and mode.startswith(("I", "F")):
            layouts.setdefault((order, _WHITE_IS_ZERO, *others), (mode, raw_mode))


_add_layouts()


class _Directory(TiffImagePlugin.ImageFileDirectory_v2):
    """Directories also of big-endian BigTIFF files, whose version is not where Pillow looks for it."""

    def __init__(self, ifh: bytes = b"II*\0\0\0\0\0", *arguments: Any, **more: Any) -> None:  # noqa: ANN401
        super().__init__(_with_readable_version(ifh), *arguments, **more)


class _File(io.FileIO):
    """A file with a header that Pillow can read. libtiff reads the file itself."""

    def read(self, size: int | None = -1, /) -> bytes:
        is_beginning = self.tell() == 0
        content = super().read(size) or b""
        return _with_readable_version(content) if is_beginning else content


def _with_readable_version(header: bytes) -> bytes:
    return _READABLE_BIG_TIFF + header[4:] if header.startswith(_BIG_ENDIAN_BIG_TIFF) else header


TiffImagePlugin.PREFIXES.append(_READABLE_BIG_TIFF)
TiffImagePlugin.ImageFileDirectory_v2 = _Directory  # type: ignore[misc]


class TiffPages:
    """The pages of a TIFF, without smaller versions of them and without those that cannot be opened."""

    def __init__(self, file: Path) -> None:
        """Open ``file``. Raises ``RejectDocument``."""
        try:
            self._file: Any = Image.open(_File(file), formats=["TIFF"])
        except PILLOW_ERRORS as error:
            raise rejection("Document.Damaged") from error
        self._frames = _pages(self._file)
        self.count = len(self._frames)

    def picture(self, number: int) -> Image.Image:
        """See ``Pages``."""
        try:
            self._file.seek(self._frames[number - 1])
            check_size(*self._file.size)
            orientation = self._file.tag_v2.get(_ORIENTATION)
            picture = within_bounds(_decoded(self._file))
            # Pillow turns the picture itself, unless the orientation is stored as bytes.
            return upright(picture, orientation[0] if isinstance(orientation, bytes) else UPRIGHT)
        except PILLOW_ERRORS as error:
            raise rejection("Document.Damaged") from error


def _pages(file: Any) -> list[int]:  # noqa: ANN401  Pillow types no plugin
    """Return the frame numbers of the pages; at most one more than is allowed. Raises ``RejectDocument``."""
    pages: list[int] = []
    broken = frame = 0
    while len(pages) <= MAX_PAGES and broken <= MAX_PAGES:
        try:
            file.seek(frame)
        except EOFError:
            break
        except PILLOW_ERRORS:
            broken += 1
        else:
            if not file.tag_v2.get(_NEW_SUBFILE_TYPE, 0) & _REDUCED:
                pages.append(frame)
        frame += 1
    return pages


def _decoded(file: Any) -> Image.Image:  # noqa: ANN401  Pillow types no plugin
    """Return the picture of a frame; grey ones with more than 8 bits in 8."""
    tags = file.tag_v2
    bits, sample_format = tags.get(_BITS_PER_SAMPLE, (1,))[0], tags.get(_SAMPLE_FORMAT, (_UNSIGNED,))[0]
    white_is_zero = tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    _load(file)
    if not file.mode.startswith(("I", "F")):
        return file  # type: ignore[no-any-return]
    grey = to_8_bit_grey(file, bits=bits, is_unsigned=sample_format == _UNSIGNED)
    return ImageOps.invert(grey) if white_is_zero else grey


def _load(file: Any) -> None:  # noqa: ANN401  Pillow types no plugin
    """Decode a frame in libtiff's byte order, and with its colours where alpha is zero."""
    is_premultiplied = False
    for number, tile in enumerate(file.tile):
        raw_mode, *others = tile.args
        if tile.codec_name == "libtiff":
            raw_mode = _NATIVE.get(raw_mode, raw_mode)
        if raw_mode == "RGBa":
            is_premultiplied, raw_mode = True, "RGBA"
        file.tile[number] = tile._replace(args=(raw_mode, *others))
    file.load()
    if is_premultiplied and file.getchannel("A").getextrema() != (0, 0):
        file.im = Image.merge("RGBa", file.split()).convert("RGBA").im

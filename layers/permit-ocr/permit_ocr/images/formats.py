"""Checks of a file before the provider is paid, without decoding it."""

import re
from enum import StrEnum
from typing import Final

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.images import jpeg, png
from permit_ocr.images.metadata import UPRIGHT, orientation_of
from permit_ocr.images.rejections import MAX_PIXELS, MAX_UNSCALED_PIXELS, MIN_SIDES, rejection


class Format(StrEnum):
    """The accepted formats. The provider reads the first two; the others are converted to one of these."""

    JPEG = "jpeg"
    PNG = "png"
    HEIC = "heic"
    AVIF = "avif"
    WEBP = "webp"
    TIFF = "tiff"
    BMP = "bmp"
    GIF = "gif"
    PDF = "pdf"


_SIGNATURES: Final = (
    (jpeg.SIGNATURE, Format.JPEG),
    (png.SIGNATURE, Format.PNG),
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"II+\0", Format.TIFF),  # BigTIFF
    (b"MM\0+", Format.TIFF),
    (b"BM", Format.BMP),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
)
_HEIC_BRANDS: Final = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"))
_STRUCTURES: Final = frozenset((b"mif1", b"msf1", b"miaf"))
"""Brands that leave the codec open. The items of the file name it, within its first kilobyte."""
_PDF_HEADER_WITHIN: Final = 1024
"""Bytes within which a PDF has its header (ISO 32000-1, annex H, note 13): scanners write other data before it."""


def format_of(beginning: bytes) -> Format | None:
    """Return the format of a file by its first 1,024 bytes, not by its name; None if it is not accepted."""
    for signature, known in _SIGNATURES:
        if beginning.startswith(signature):
            return known
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return Format.WEBP
    if beginning[4:8] == b"ftyp":
        # An ISO/IEC 14496-12 file: its major brand comes first, then a version, then the compatible brands.
        box = beginning[8 : int.from_bytes(beginning[:4])]
        brands = {box[:4], *(box[start : start + 4] for start in range(8, len(box), 4))}
        if brands & {b"avif", b"avis"}:
            return Format.AVIF
        if brands & _STRUCTURES and b"av01" in beginning:
            return Format.AVIF
        return Format.HEIC if brands & (_HEIC_BRANDS | _STRUCTURES) else None
    return Format.PDF if re.search(rb"%PDF-", beginning[:_PDF_HEADER_WITHIN]) else None


def base64_length(size: int) -> int:
    """Return the length of ``size`` bytes in Base64."""
    return (size + 2) // 3 * 4


def is_provider_ready(content: bytes, *, base64_limit: int) -> bool:
    """Tell whether a file needs no conversion.

    That is an upright PNG or JPEG image within the limits, and also a file that can never be read (for which
    ``check_readable`` gives the reason). Everything else has to be converted first. So does an image without its end:
    only decoding shows whether more than that is missing.
    """
    file_format = format_of(content)
    if file_format is None:
        return True
    if file_format not in {Format.JPEG, Format.PNG} or base64_length(len(content)) > base64_limit:
        return False
    try:
        has_end = jpeg.has_end(content) if file_format is Format.JPEG else png.has_end(content)
        return has_end and orientation_of(content) == UPRIGHT and not is_reduced_first(content)
    except RejectDocument:
        return True


def is_reduced_first(content: bytes) -> bool:
    """Tell whether a PNG or JPEG image has too many pixels for the recogniser, but not for the conversion.

    Raises ``RejectDocument`` for a damaged one.
    """
    is_jpeg = format_of(content) is Format.JPEG
    width, height = jpeg.size(content) if is_jpeg else png.size(content)
    is_whole = not is_jpeg or jpeg.is_progressive(content)
    return is_whole and MAX_UNSCALED_PIXELS < width * height <= MAX_PIXELS


def check_readable(content: bytes) -> None:
    """Raise ``RejectDocument`` for a file that the provider would refuse, and perhaps bill.

    Such a file is empty, neither PNG nor JPEG, damaged or animated, or has too few or too many pixels. A file with too
    many bytes is not provider-ready and has been converted before.
    """
    if not content:
        raise rejection("Document.Empty")
    if format_of(content) not in {Format.JPEG, Format.PNG}:
        raise rejection("Document.UnsupportedFormat")
    check_intact(content)


def check_intact(content: bytes) -> None:
    """Raise ``RejectDocument`` for a PNG or JPEG image with a damaged structure, animation or a wrong size."""
    match format_of(content):
        case Format.JPEG:
            check_size(*jpeg.size(content))
            if not jpeg.has_end(content):
                raise rejection("Document.Truncated")
        case Format.PNG:
            check_size(*png.size(content))
            png.check_intact(content)


def check_size(width: int, height: int) -> None:
    """Raise ``RejectDocument`` for an image of too few or too many pixels."""
    if max(width, height) < MIN_SIDES[0] or min(width, height) < MIN_SIDES[1]:
        raise rejection("Document.TooSmall")
    if width * height > MAX_PIXELS:
        raise rejection("Document.TooManyPixels")

"""What can be told of a file before anyone is paid to look at it, without decoding it."""

import re
from enum import StrEnum
from typing import Final

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.images import jpeg, png
from permit_ocr.images.metadata import UPRIGHT, orientation
from permit_ocr.images.rejections import LEAST_SIDES, MOST_PIXELS, rejection


class Format(StrEnum):
    """A format that can be read: the first two by the provider, the others after they were made one of them."""

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
    (b"BM", Format.BMP),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
)
_HEIC_BRANDS: Final = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"))
_PDF_WITHIN: Final = 1024
"""Bytes within which a PDF begins: ISO 32000-1, annex H, note 13; scanners put things before it."""


def format_of(beginning: bytes) -> Format | None:
    """Return the format of a file by its first 1,024 bytes, whatever it is called; None for any other."""
    for signature, known in _SIGNATURES:
        if beginning.startswith(signature):
            return known
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return Format.WEBP
    if beginning[4:8] == b"ftyp":
        return _format_of_brands(beginning)
    return Format.PDF if re.search(rb"%PDF-", beginning[:_PDF_WITHIN]) else None


def _format_of_brands(beginning: bytes) -> Format | None:
    """Return the format of a file of boxes: ISO/IEC 14496-12 has its major brand first, then those it is like."""
    box = beginning[8 : int.from_bytes(beginning[:4])]
    brands = {box[:4], *(box[place : place + 4] for place in range(8, len(box), 4))}  # between them is a version
    if brands & {b"avif", b"avis"}:
        return Format.AVIF
    return Format.HEIC if brands & _HEIC_BRANDS else None


def base64_length(size: int) -> int:
    """Return how many bytes ``size`` bytes become as Base64."""
    return (size + 2) // 3 * 4


def is_provider_ready(content: bytes, *, base64_limit: int) -> bool:
    """Tell whether there is nothing to be made of a file before it is read.

    Plain is a PNG or JPEG image within the limit that is upright, and also what can never be read:
    ``refuse_what_cannot_be_read`` says why. Everything else has to be decoded and made a plain image first.
    """
    found = format_of(content)
    if found is None:
        return True
    if found not in {Format.JPEG, Format.PNG} or base64_length(len(content)) > base64_limit:
        return False
    try:
        exif = jpeg.exif(content) if found is Format.JPEG else png.exif(content)
    except RejectDocument:
        return True
    return orientation(exif) == UPRIGHT


def refuse_what_cannot_be_read(content: bytes) -> None:
    """Raise ``RejectDocument`` for a file that the provider would refuse, and perhaps bill.

    Empty, neither PNG nor JPEG, not whole, animated, or with too few or too many pixels. What is too large is no plain
    image, and was made smaller.
    """
    if not content:
        raise rejection("Document.Empty")
    if format_of(content) not in {Format.JPEG, Format.PNG}:
        raise rejection("Document.UnsupportedFormat")
    refuse_broken(content)


def refuse_broken(content: bytes) -> None:
    """Raise ``RejectDocument`` for a PNG or JPEG image that is not whole, is animated or has no such size.

    Whether what is compressed in it makes sense is not known before it is decoded.
    """
    match format_of(content):
        case Format.JPEG:
            refuse_size(*jpeg.size(content))
            for _ in jpeg.segments(content):
                pass
        case Format.PNG:
            refuse_size(*png.size(content))
            png.refuse_broken(content)


def refuse_size(width: int, height: int) -> None:
    """Raise ``RejectDocument`` for an image of too few or too many pixels."""
    if max(width, height) < LEAST_SIDES[0] or min(width, height) < LEAST_SIDES[1]:
        raise rejection("Document.TooSmall")
    if width * height > MOST_PIXELS:
        raise rejection("Document.TooManyPixels")

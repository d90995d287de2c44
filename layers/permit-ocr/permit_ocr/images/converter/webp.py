"""Check the size of a WebP file before it is opened: Pillow's decoder first allocates memory for all of its pixels."""

from typing import Final

from permit_ocr.images.formats import check_size
from permit_ocr.images.rejections import DECODING_MEGABYTES, rejection

_BYTES_PER_PIXEL: Final = 12
"""For two frames, since it may be animated, and for the resulting picture."""


def check_webp_size(beginning: bytes) -> None:
    """Raise ``RejectDocument`` for a WebP file that is too large or too small, by its first 30 bytes (RFC 9649)."""
    width, height = _size(beginning)
    check_size(width, height)
    if width * height * _BYTES_PER_PIXEL > DECODING_MEGABYTES * 1_000_000:
        raise rejection("Document.TooCostly")


def _size(beginning: bytes) -> tuple[int, int]:
    match beginning[12:16]:
        case b"VP8X":
            return _little(beginning[24:27]) + 1, _little(beginning[27:30]) + 1
        case b"VP8L":
            bits = _little(beginning[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return _little(beginning[26:28]) & 0x3FFF, _little(beginning[28:30]) & 0x3FFF
    raise rejection("Document.Damaged")


def _little(part: bytes) -> int:
    return int.from_bytes(part, "little")

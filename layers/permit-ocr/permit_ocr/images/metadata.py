"""Metadata of a photo: where, when and with what it was taken, and its orientation.

It is removed before the photo is sent anywhere. The parts of the file that hold it are cut out, so the image data stays
bit for bit the same.
"""

import re
import struct
from typing import Final

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.images import jpeg, png

UPRIGHT: Final = 1
_ORIENTATION_TAG: Final = 0x0112
_ORIENTATIONS: Final = range(1, 9)
_BYTE_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">", b"MM*\0": ">"}
"""By the first bytes; cameras that write the last of them are known."""
_INTEGERS: Final = {1: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q"}
_NUMBERS: Final = _INTEGERS | {5: "II", 10: "ii", 11: "f", 12: "d"}
"""How ``struct`` reads a number of each TIFF type. The specification allows only type 3 for the orientation; viewers
read the others, too."""
_INLINE_BYTES: Final = 4
_XMP_ORIENTATION: Final = re.compile(rb"""tiff:Orientation\s*(?:=\s*["']|>)\s*([1-8])\b""")


def without_metadata(content: bytes) -> bytes:
    """Return a PNG or JPEG image without metadata: ``content`` itself if it has none.

    Other formats and incomplete files are returned unchanged: they are rejected later and never sent.
    """
    try:
        if content.startswith(jpeg.SIGNATURE):
            cleaned = jpeg.without_metadata(content)
        elif content.startswith(png.SIGNATURE):
            cleaned = png.without_metadata(content)
        else:
            return content
    except RejectDocument:
        return content
    return content if cleaned == content else cleaned


def orientation_of(content: bytes) -> int:
    """Return the orientation of a PNG or JPEG image, from 1 (upright) to 8. Raises ``RejectDocument``."""
    file_format = jpeg if content.startswith(jpeg.SIGNATURE) else png
    return orientation(file_format.exif(content), file_format.xmp(content))


def orientation(exif: bytes, xmp: bytes = b"") -> int:
    """Return the orientation, from 1 (upright) to 8; upright if it is unreadable.

    The one in the XMP packet counts only if the Exif data has none.
    """
    try:
        value = _exif_orientation(exif)
    except struct.error:
        value = None
    if value is None:
        found = _XMP_ORIENTATION.search(xmp)
        value = int(found[1]) if found else UPRIGHT
    return int(value) if value in _ORIENTATIONS else UPRIGHT


def _exif_orientation(exif: bytes) -> float | None:
    """Return the number in Exif data, None if there is none. Raises ``struct.error`` if the data ends too early."""
    while exif.startswith(b"Exif\0\0"):  # some programs write the prefix of JPEG files into other files
        exif = exif[6:]
    order = _BYTE_ORDERS.get(exif[:4])
    if order is None:
        return None
    (directory,) = struct.unpack_from(f"{order}I", exif, 4)
    (count,) = struct.unpack_from(f"{order}H", exif, directory)
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        tag, number_type, values = struct.unpack_from(f"{order}HHI", exif, entry)
        if tag == _ORIENTATION_TAG:
            return _first_number(exif, entry + 8, number_type, values, order)
    return None


def _first_number(exif: bytes, place: int, number_type: int, values: int, order: str) -> float | None:
    """Return the first of a tag's values. It is in the four bytes at ``place``, or where they point to."""
    layout = order + _NUMBERS.get(number_type, "0s")
    if struct.calcsize(layout) * values > _INLINE_BYTES:
        (place,) = struct.unpack_from(f"{order}I", exif, place)
    match struct.unpack_from(layout, exif, place):
        case (numerator, denominator):
            return numerator / denominator if denominator else None
        case (int() | float() as number,) if values:
            return number
    return None

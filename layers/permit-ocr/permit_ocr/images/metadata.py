"""Metadata of a photo: where, when and with what it was taken, and its orientation.

It is removed before the photo is sent anywhere. The parts of the file that hold it are cut out, so the image data stays
bit for bit the same.
"""

import struct
from typing import Final

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.images import jpeg, png

UPRIGHT: Final = 1
_ORIENTATION_TAG: Final = 0x0112
_ORIENTATIONS: Final = range(1, 9)
_BYTE_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}


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


def orientation(exif: bytes) -> int:
    """Return the orientation in Exif data, from 1 (upright) to 8; upright if it is unreadable."""
    order = _BYTE_ORDERS.get(exif[:4])
    if order is None:
        return UPRIGHT
    try:
        (offset,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, offset)
        for number in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", exif, offset + 2 + 12 * number)
            if tag == _ORIENTATION_TAG:
                return value if value in _ORIENTATIONS else UPRIGHT
    except struct.error:
        pass
    return UPRIGHT

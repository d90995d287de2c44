"""What a photograph says beside its picture: where and when it was taken, with what, and which way is up.

None of it leaves. It is dropped part by part, so the picture itself stays what it was, bit for bit.
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

    Anything else, and what is not whole, is returned as it is: it is refused later, and not sent anywhere.
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
    """Return what Exif data says of the way up, from 1 (upright) to 8; what cannot be read says upright."""
    order = _BYTE_ORDERS.get(exif[:4])
    if order is None:
        return UPRIGHT
    try:
        (place,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, place)
        for number in range(count):
            tag, _, _, said = struct.unpack_from(f"{order}HHIH", exif, place + 2 + 12 * number)
            if tag == _ORIENTATION_TAG:
                return said if said in _ORIENTATIONS else UPRIGHT
    except struct.error:
        pass
    return UPRIGHT

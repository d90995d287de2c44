"""PNG and JPEG files that viewers show, although something is missing or damaged beside the image data.

Pillow refuses some of them: for the wrong checksum of a comment, or for a missing end of the file. So it gets only what
decoding needs.
"""

import io
import zlib
from typing import Final

from PIL import Image

from permit_ocr.images import jpeg, png
from permit_ocr.images.converter.pixels import PILLOW_ERRORS, WHOLE_PIXELS
from permit_ocr.images.formats import check_size
from permit_ocr.images.rejections import rejection

_END_OF_JPEG: Final = b"\xff\xd9"
_PADDING: Final = bytes(0xFFFF) + _END_OF_JPEG
"""A damaged marker may make decoders pass over so many bytes, the image's end among them."""
_FILLER: Final = b"\x5a" * 4096
_STRIP_ROWS: Final = 256


def restored_jpeg(content: bytes) -> bytes:
    """Return a JPEG image without metadata, and with an end. Raises ``RejectDocument`` if more than that is missing."""
    check_size(*jpeg.size(content))
    if jpeg.has_end(content):
        return jpeg.without_metadata(content) + _PADDING
    content = jpeg.without_metadata(jpeg.with_end(content))
    # Decoders ignore bytes after complete image data. If data is missing, they take them for it.
    if _pixels(content) != _pixels(content.removesuffix(_END_OF_JPEG) + _FILLER + _END_OF_JPEG):
        raise rejection("Document.Truncated")
    return content + _PADDING


def restored_png(content: bytes) -> bytes:
    """Return a PNG image without metadata, and with an end. Raises ``RejectDocument``.

    Decoding it fails if image data is missing.
    """
    if not png.has_end(content):
        content = png.with_end(content)
    check_size(*png.size(content))
    png.check_intact(content)
    return png.without_metadata(content)


def _pixels(content: bytes) -> int:
    """Return a checksum of a JPEG image's pixels. Raises ``RejectDocument``."""
    checksum = 0
    try:
        with Image.open(io.BytesIO(content + _PADDING), formats=["JPEG"]) as picture:
            if picture.width * picture.height > WHOLE_PIXELS:
                picture.draft(None, (picture.width // 2, picture.height // 2))
            picture.load()
            for top in range(0, picture.height, _STRIP_ROWS):
                strip = picture.crop((0, top, picture.width, min(top + _STRIP_ROWS, picture.height)))
                checksum = zlib.crc32(strip.tobytes(), checksum)
    except PILLOW_ERRORS as error:
        raise rejection("Document.Truncated") from error
    return checksum

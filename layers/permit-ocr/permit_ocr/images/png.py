"""What a PNG file is made of: chunks, as the W3C's recommendation has them."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from permit_ocr.images.rejections import rejection

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_OF_THE_IMAGE: Final = frozenset(
    (
        *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"),
        *(b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"bKGD", b"pHYs"),
    )
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk as it lies in the file, its length and check sum included."""

    name: bytes
    content: bytes

    @property
    def body(self) -> bytes:
        """What is between name and check sum."""
        return self.content[8:-4]

    @property
    def is_whole(self) -> bool:
        """Whether the check sum is right."""
        return zlib.crc32(memoryview(self.content)[4:-4]) == int.from_bytes(self.content[-4:])


def chunks(file: bytes) -> Iterator[Chunk]:
    """Yield the chunks from the first to the last; what lies after that is none.

    Raises ``RejectDocument`` where the file ends before its last chunk.
    """
    place = len(SIGNATURE)
    while place + 12 <= len(file):
        end = place + 12 + int.from_bytes(file[place : place + 4])
        if end > len(file):
            break
        chunk = Chunk(file[place + 4 : place + 8], file[place:end])
        yield chunk
        if chunk.name == b"IEND":
            return
        place = end
    raise rejection("Document.Truncated")


def size(file: bytes) -> tuple[int, int]:
    """Return width and height in pixels. Raises ``RejectDocument``."""
    header = next(chunks(file))
    if header.name != b"IHDR":
        raise rejection("Document.Damaged")
    return int.from_bytes(header.body[:4]), int.from_bytes(header.body[4:8])


def exif(file: bytes) -> bytes:
    """Return the Exif data, which has the form of a TIFF file; empty if there is none. Raises ``RejectDocument``."""
    return next((chunk.body for chunk in chunks(file) if chunk.name == b"eXIf"), b"")


def refuse_broken(file: bytes) -> None:
    """Raise ``RejectDocument`` for an image that is not whole, or that moves (APNG)."""
    for chunk in chunks(file):
        if chunk.name == b"acTL" and int.from_bytes(chunk.body[:4]) > 1:
            raise rejection("Document.Animated")
        if chunk.name in _OF_THE_IMAGE and not chunk.is_whole:
            raise rejection("Document.Damaged")


def without_metadata(file: bytes) -> bytes:
    """Return the file with what decodes the image, and nothing else: the very same bytes if that is all of it.

    Texts, times, Exif data and whatever applications put in go; colours and the size of a pixel stay. Raises
    ``RejectDocument``.
    """
    return SIGNATURE + b"".join(chunk.content for chunk in chunks(file) if chunk.name in _OF_THE_IMAGE)

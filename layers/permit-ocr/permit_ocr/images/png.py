"""PNG files as a sequence of chunks (W3C recommendation)."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from permit_ocr.images.rejections import rejection

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_NEEDED: Final = frozenset(
    (
        *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"),
        *(b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"bKGD", b"pHYs"),
    )
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk as it is in the file, including its length and checksum."""

    name: bytes
    content: bytes

    @property
    def body(self) -> bytes:
        """The data between name and checksum."""
        return self.content[8:-4]


def chunks(file: bytes) -> Iterator[Chunk]:
    """Yield all chunks, and ignore data after the last one. Raises ``RejectDocument`` if that is missing."""
    position = len(SIGNATURE)
    while position + 12 <= len(file):
        end = position + 12 + int.from_bytes(file[position : position + 4])
        if end > len(file):
            break
        chunk = Chunk(file[position + 4 : position + 8], file[position:end])
        yield chunk
        if chunk.name == b"IEND":
            return
        position = end
    raise rejection("Document.Truncated")


def size(file: bytes) -> tuple[int, int]:
    """Return width and height in pixels. Raises ``RejectDocument``."""
    header = next(chunks(file))
    if header.name != b"IHDR":
        raise rejection("Document.Damaged")
    return int.from_bytes(header.body[:4]), int.from_bytes(header.body[4:8])


def exif(file: bytes) -> bytes:
    """Return the Exif data (a TIFF structure); empty if there is none. Raises ``RejectDocument``."""
    return next((chunk.body for chunk in chunks(file) if chunk.name == b"eXIf"), b"")


def check_intact(file: bytes) -> None:
    """Raise ``RejectDocument`` for an image that is damaged or animated (APNG)."""
    for chunk in chunks(file):
        if chunk.name == b"acTL" and int.from_bytes(chunk.body[:4]) > 1:
            raise rejection("Document.Animated")
        checksum = int.from_bytes(chunk.content[-4:])
        if chunk.name in _NEEDED and zlib.crc32(memoryview(chunk.content)[4:-4]) != checksum:
            raise rejection("Document.Damaged")


def without_metadata(file: bytes) -> bytes:
    """Return the file with only what is needed to decode and to show the image. Raises ``RejectDocument``."""
    return SIGNATURE + b"".join(chunk.content for chunk in chunks(file) if chunk.name in _NEEDED)

"""JPEG files as a sequence of segments (ITU-T T.81, annex B)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from permit_ocr.images.rejections import rejection

SIGNATURE: Final = b"\xff\xd8\xff"
START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
_APPLICATION_DATA_1: Final = 0xE1
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH: Final = frozenset((0x01, 0xD8, _END_OF_IMAGE))
_MARKER: Final = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
"""In a scan's data, a byte FF is followed by 00 or is part of a restart marker. Anything else ends the scan."""
_EXIF: Final = b"Exif\0\0"
_JFIF_WITHOUT_THUMBNAIL: Final = 14  # bytes
_KEPT_APPLICATION_DATA: Final = (b"ICC_PROFILE\0", b"Adobe")
_APPLICATION_DATA_AND_COMMENTS: Final = frozenset((*range(0xE0, 0xF0), *range(0xF0, 0xFF)))


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker with its data, and with the scan's data if it starts a scan: the bytes from ``start`` to ``end``.

    They are copied only on access: most of a file is a scan, whose bytes nobody needs.
    """

    marker: int
    start: int
    end: int
    file: bytes = field(repr=False)

    @property
    def body(self) -> bytes:
        """The data after marker and length."""
        return self.file[self.start + 4 : self.end]


def segments(file: bytes) -> Iterator[Segment]:
    """Yield the segments of the first image; phones append more. Raises ``RejectDocument`` if it is incomplete."""
    position = 0
    while match := _MARKER.search(file, position):
        start, marker = match.start(), match[1][0]
        position = match.end()
        if marker not in _WITHOUT_LENGTH:
            position += int.from_bytes(file[position : position + 2])
        if marker == START_OF_SCAN and (following := _MARKER.search(file, position)):
            position = following.start()
        yield Segment(marker, start, position, file)
        if marker == _END_OF_IMAGE:
            return
    raise rejection("Document.Truncated")


def size(file: bytes) -> tuple[int, int]:
    """Return width and height in pixels. Raises ``RejectDocument``."""
    for segment in segments(file):
        if segment.marker in _FRAMES:
            return int.from_bytes(segment.body[3:5]), int.from_bytes(segment.body[1:3])
    raise rejection("Document.Damaged")


def exif(file: bytes) -> bytes:
    """Return the Exif data (a TIFF structure); empty if there is none. Raises ``RejectDocument``."""
    for segment in segments(file):
        if segment.marker == _APPLICATION_DATA_1 and segment.body.startswith(_EXIF):
            return segment.body.removeprefix(_EXIF)
        if segment.marker == START_OF_SCAN:
            break
    return b""


def without_metadata(file: bytes) -> bytes:
    """Return the file with only what is needed to decode its first image; ``file`` itself if nothing else is in it.

    Colour profiles stay, and so do the JFIF and Adobe markers, which define the colours. Raises ``RejectDocument``.
    """
    kept = [segment for segment in segments(file) if _is_needed(segment)]
    if sum(segment.end - segment.start for segment in kept) == len(file):
        return file
    return b"".join(file[segment.start : segment.end] for segment in kept)


def _is_needed(segment: Segment) -> bool:
    if segment.marker not in _APPLICATION_DATA_AND_COMMENTS:
        return True
    if segment.body.startswith(b"JFIF\0"):
        return len(segment.body) == _JFIF_WITHOUT_THUMBNAIL
    return segment.body.startswith(_KEPT_APPLICATION_DATA)

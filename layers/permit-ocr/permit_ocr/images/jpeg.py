"""JPEG files: a header of segments, then scans up to the end of the image (ITU-T T.81, annex B).

Scans are often slightly damaged, and decoders show them nevertheless. So their bytes are copied, never interpreted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from permit_ocr.images.rejections import rejection

SIGNATURE: Final = b"\xff\xd8\xff"
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
_APPLICATION_DATA: Final = range(0xE0, 0xF0)
_METADATA: Final = frozenset((*_APPLICATION_DATA, *range(0xF0, 0xFF)))
"""Application data, extensions and comments: decoders pass over them."""
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE_FRAMES: Final = frozenset((0xC2, 0xC6, 0xCA, 0xCE))
_WITHOUT_LENGTH: Final = frozenset((0x01, 0xD8, _END_OF_IMAGE))
_MARKER: Final = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
"""In a scan's data, a byte FF is followed by 00 or is part of a restart marker. Anything else ends the scan."""
_SEGMENTS: Final = frozenset((*range(0xC0, 0xD0), *range(0xDB, 0xF0), 0xFE))
"""Markers that decoders expect between scans, and pass over or read by their length."""
_NEXT_SEGMENT: Final = re.compile(rb"\xff{1,16}[\xc0-\xcf\xd8-\xef\xfe]")
"""Fill bytes may come before a marker; their number is limited because many markers may point to the same ones."""
_MAX_SEGMENTS: Final = 4096
"""Of a header: a colour profile has at most 255, and a file of nothing else would take half a minute."""
_EXIF: Final = b"Exif\0\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_JFIF_BYTES: Final = 14
"""Of JFIF data up to the size of the thumbnail, which is in its last two bytes."""
_ADOBE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker of the header with its data: the bytes from ``start`` to ``end``."""

    marker: int
    start: int
    end: int
    file: bytes = field(repr=False)

    @property
    def body(self) -> bytes:
        """The data after marker and length."""
        return self.file[self.start + 4 : self.end]


def header(file: bytes) -> Iterator[Segment]:
    """Yield the segments before the first scan, then the marker of the first scan.

    Bytes between segments are left out, as decoders do. Raises ``RejectDocument`` if there is no scan.
    """
    position = 0
    for _ in range(_MAX_SEGMENTS):
        match = _MARKER.search(file, position)
        if match is None:
            raise rejection("Document.Truncated")
        start, marker = match.start(), match[1][0]
        if marker == _END_OF_IMAGE:
            break
        position = match.end()
        if marker not in _WITHOUT_LENGTH:
            position += int.from_bytes(file[position : position + 2])
        yield Segment(marker, start, position, file)
        if marker == _START_OF_SCAN:
            return
    raise rejection("Document.Damaged")


def size(file: bytes) -> tuple[int, int]:
    """Return width and height in pixels. Raises ``RejectDocument``."""
    for segment in header(file):
        if segment.marker in _FRAMES:
            return int.from_bytes(segment.body[3:5]), int.from_bytes(segment.body[1:3])
    raise rejection("Document.Damaged")


def is_progressive(file: bytes) -> bool:
    """Tell whether every scan refines the whole image, so that a decoder keeps all of it. Raises ``RejectDocument``."""
    return any(segment.marker in _PROGRESSIVE_FRAMES for segment in header(file))


def exif(file: bytes) -> bytes:
    """Return the Exif data (a TIFF structure); empty if there is none. Raises ``RejectDocument``.

    Data of more than 64 KB is in several segments.
    """
    return b"".join(_application_data(file, _EXIF))


def xmp(file: bytes) -> bytes:
    """Return the XMP packet; empty if there is none. Raises ``RejectDocument``."""
    return next(_application_data(file, _XMP), b"")


def has_end(file: bytes) -> bool:
    """Tell whether the image's end is in the file. Raises ``RejectDocument`` if there is no scan."""
    (*_, first_scan) = header(file)
    return _scans(file, first_scan.start)[1]


def with_end(file: bytes) -> bytes:
    """Return a file without its image's end with one. A single byte FF at the end is half of a marker."""
    return file.removesuffix(b"\xff") + bytes((0xFF, _END_OF_IMAGE))


def without_metadata(file: bytes) -> bytes:
    """Return the file with only what is needed to decode its first image; phones append more.

    The scans stay byte for byte, even if they are damaged, and so do colour profiles. The JFIF and Adobe data, which
    define the colours, stay without thumbnail and additions. Raises ``RejectDocument`` if the image's end is missing.
    """
    (*segments, first_scan) = header(file)
    scans, is_complete = _scans(file, first_scan.start)
    if not is_complete:
        raise rejection("Document.Truncated")
    return b"".join((*map(_cleaned, segments), *(file[start:end] for start, end in scans)))


def _application_data(file: bytes, name: bytes) -> Iterator[bytes]:
    for segment in header(file):
        if segment.marker == _APPLICATION_DATA[1] and segment.body.startswith(name):
            yield segment.body.removeprefix(name)


def _cleaned(segment: Segment) -> bytes:
    """Return the part of a header's segment that decoding needs, with its marker."""
    body = segment.body
    if segment.marker not in _METADATA:
        return segment.file[segment.start : segment.end]
    if segment.marker == _APPLICATION_DATA[0] and body.startswith(b"JFIF\0") and len(body) >= _JFIF_BYTES:
        return _segment(segment.marker, body[: _JFIF_BYTES - 2] + bytes(2))
    if segment.marker == _APPLICATION_DATA[14] and body.startswith(b"Adobe") and len(body) >= _ADOBE_BYTES:
        return _segment(segment.marker, body[:_ADOBE_BYTES])
    if segment.marker == _APPLICATION_DATA[2] and body.startswith(b"ICC_PROFILE\0"):
        return segment.file[segment.start : segment.end]
    return b""


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body


def _scans(file: bytes, start: int) -> tuple[list[tuple[int, int]], bool]:
    """Return the ranges from the first scan at ``start`` to the image's end, and whether that end is in the file.

    Only metadata between scans is left out. A marker in a scan's data may be damage, with any length after it. So it
    counts as a segment only if another marker follows where it ends. Whether such metadata is there or not, decoders
    show the same: either marker ends the scan's data.
    """
    ranges: list[tuple[int, int]] = []
    position = start
    while match := _MARKER.search(file, position):
        marker, position = match[1][0], match.end()
        if marker == _END_OF_IMAGE:
            return [*ranges, (start, position)], True
        end = position + int.from_bytes(file[position : position + 2])
        if marker in _SEGMENTS and _NEXT_SEGMENT.match(file, end):
            if marker in _METADATA:
                ranges.append((start, match.start()))
                start = end
            position = end
    return [*ranges, (start, len(file))], False

"""PNG files as a sequence of chunks (W3C recommendation)."""

import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.images.rejections import rejection

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_LENGTHS: Final = {
    b"cHRM": {32},
    b"gAMA": {4},
    b"sRGB": {1},
    b"cICP": {4},
    b"mDCV": {24},
    b"cLLI": {8},
    b"pHYs": {9},
    b"sBIT": {1, 2, 3, 4},
    b"bKGD": {1, 2, 6},
}
"""Bytes in chunks of a fixed length."""
_COLOUR_TYPE: Final = 25
"""Its place in the file."""
_TRANSPARENCY_LENGTHS: Final = {0: {2}, 2: {6}, 3: range(1, 257)}
"""By colour type."""
_NEEDED: Final = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"iCCP", *_LENGTHS))
_TEXTS: Final = frozenset((b"tEXt", b"zTXt", b"iTXt"))
_XMP: Final = b"XML:com.adobe.xmp"
_EXIF_PROFILES: Final = (b"Raw profile type exif", b"Raw profile type APP1")
"""Keywords under which ImageMagick stores Exif data, in hexadecimal digits, in PNG files without an eXIf chunk."""
_MAX_TEXT_BYTES: Final = 1_000_000
"""Of a compressed text or colour profile: a few bytes may expand to gigabytes."""
_END: Final = b"\0\0\0\0IEND\xaeB`\x82"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk as it is in the file, including its length and checksum."""

    name: bytes
    content: bytes

    @property
    def body(self) -> bytes:
        """The data between name and checksum."""
        return self.content[8:-4]

    @property
    def is_intact(self) -> bool:
        """Whether the checksum is right. A chunk without it is ignored by decoders, unless it is critical."""
        return zlib.crc32(memoryview(self.content)[4:-4]) == int.from_bytes(self.content[-4:])

    @property
    def is_critical(self) -> bool:
        """Whether there is no picture without this chunk."""
        return self.name[:1].isupper()


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
    texts = {}
    for chunk in chunks(file):
        if chunk.name == b"eXIf" and chunk.is_intact:
            return chunk.body
        keyword, text = _text(chunk)
        texts[keyword] = text
    return next((_from_hexadecimal(texts[keyword]) for keyword in _EXIF_PROFILES if keyword in texts), b"")


def xmp(file: bytes) -> bytes:
    """Return the XMP packet; empty if there is none. Raises ``RejectDocument``."""
    return dict(map(_text, chunks(file))).get(_XMP, b"")


def has_end(file: bytes) -> bool:
    """Tell whether the last chunk is in the file."""
    try:
        for _ in chunks(file):
            pass
    except RejectDocument:
        return False
    return True


def with_end(file: bytes) -> bytes:
    """Return a file without its last chunk with one. Image data that the file ends in becomes a chunk of its own."""
    position = len(SIGNATURE)
    with suppress(RejectDocument):
        for chunk in chunks(file):
            position += len(chunk.content)
    length, name = int.from_bytes(file[position : position + 4]), file[position + 4 : position + 8]
    rest = _chunk(name, file[position + 8 : position + 8 + length]) if name == b"IDAT" else b""
    return file[:position] + rest + _END


def check_intact(file: bytes) -> None:
    """Raise ``RejectDocument`` for an image that is damaged or animated (APNG)."""
    for chunk in chunks(file):
        if chunk.name == b"acTL" and int.from_bytes(chunk.body[:4]) > 1:
            raise rejection("Document.Animated")
        if chunk.is_critical and chunk.name != b"IEND" and not chunk.is_intact:
            raise rejection("Document.Damaged")


def without_metadata(file: bytes) -> bytes:
    """Return the file with only what is needed to decode and to show the image. Raises ``RejectDocument``.

    Malformed chunks that decoders ignore are left out: other decoders refuse the whole file because of them.
    """
    colours = file[_COLOUR_TYPE]
    return SIGNATURE + b"".join(chunk.content for chunk in chunks(file) if _is_needed(chunk, colours))


def _is_needed(chunk: Chunk, colours: int) -> bool:
    if chunk.is_critical or chunk.name not in _NEEDED:
        return chunk.name in _NEEDED
    match chunk.name:
        case b"tRNS":
            lengths: Collection[int] = _TRANSPARENCY_LENGTHS.get(colours, ())
        case b"iCCP":
            _, _, profile = chunk.body.partition(b"\0")
            return chunk.is_intact and profile[:1] == b"\0" and 0 < len(_decompressed(profile[1:])) < _MAX_TEXT_BYTES
        case _:
            lengths = _LENGTHS[chunk.name]
    return chunk.is_intact and len(chunk.body) in lengths


def _chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)


def _text(chunk: Chunk) -> tuple[bytes, bytes]:
    """Return keyword and text of a text chunk; both are empty for other chunks and for unreadable ones."""
    if chunk.name not in _TEXTS or not chunk.is_intact:
        return b"", b""
    keyword, _, text = chunk.body.partition(b"\0")
    match chunk.name:
        case b"tEXt":
            return keyword, text
        case b"zTXt":
            return keyword, _decompressed(text[1:])
        case _:
            text_in_language = text[2:].split(b"\0", 2)[-1]
            return keyword, _decompressed(text_in_language) if text[:1] == b"\1" else text_in_language


def _decompressed(text: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(text, _MAX_TEXT_BYTES)
    except zlib.error:
        return b""


def _from_hexadecimal(profile: bytes) -> bytes:
    """Return a profile's bytes. Its lines are empty, its name, its length, then digits."""
    try:
        return bytes.fromhex(b"".join(profile.split(b"\n")[3:]).decode("ascii"))
    except ValueError:
        return b""

"""Builders of files that viewers show, although they are unusual or slightly damaged."""

import io
import re
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from PIL import Image, ImageCms

from tests.unit.images.converter.files import SECRET, exif_with_location, file_of, picture

TYPES: Final = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 7: "B", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d"}
"""How numbers of each TIFF type are stored."""


# --- Exif and JPEG ---


def exif(orientation: int, *, number_type: int = 3, count: int = 1, order: str = ">") -> bytes:
    """Return Exif data with an orientation of any TIFF type, repeated ``count`` times, in either byte order."""
    layout = TYPES[number_type]
    first, other = ([orientation, 1], [1, 1]) if len(layout) == 2 else ([orientation], [1])
    values = struct.pack(order + layout, *first) + struct.pack(order + layout, *other) * (count - 1)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IHHHI", 8, 1, 0x0112, number_type, count)
    if len(values) <= 4:
        return head + values.ljust(4, b"\0") + bytes(4)
    return head + struct.pack(f"{order}I", 26) + bytes(4) + values


def jpeg_segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body


def jpeg_with(*segments: bytes, image: Image.Image | None = None, **options: Any) -> bytes:
    """Return a JPEG with more segments at its beginning."""
    content = file_of("jpeg", image, **({"exif": b""} | options))
    return content[:2] + b"".join(segments) + content[2:]


def exif_segment(orientation: int = 6, **more: Any) -> bytes:
    return jpeg_segment(0xE1, b"Exif\0\0" + exif(orientation, **more))


def with_stray_marker(content: bytes, marker: int, *, part: float = 0.6, length: int | None = None) -> bytes:
    """Return a JPEG with a marker, and perhaps a length after it, instead of bytes of its first scan."""
    start = content.index(b"\xff\xda") + 14
    end = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]").search(content, start)
    assert end
    place = int(start + (end.start() - start) * part)
    while 0xFF in content[place - 1 : place + 5]:
        place += 1
    stray = bytes((0xFF, marker)) + (b"" if length is None else length.to_bytes(2))
    return content[:place] + stray + content[place + len(stray) :]


# --- PNG ---


def png_chunk(name: bytes, body: bytes, *, damage: int = 0) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body) ^ damage)


def png_with(*chunks: bytes, image: Image.Image | None = None, orientation: int = 1) -> bytes:
    """Return a PNG with more chunks after its header."""
    content = file_of("png", image, orientation=orientation, exif=b"")
    return content[:33] + b"".join(chunks) + content[33:]


# --- TIFF ---


def tiff(
    pixels: bytes,
    size: tuple[int, int],
    tags: Mapping[int, int | tuple[int, ...]],
    *,
    order: str = "<",
    big: bool = False,
    following: int | None = None,
) -> bytes:
    """Return an uncompressed TIFF, or with big a BigTIFF; ``following`` is where its second directory should be."""
    values: dict[int, int | tuple[int, ...]] = {256: size[0], 257: size[1], 259: 1, 277: 1, 278: size[1]}
    values |= {279: len(pixels), 273: 0} | dict(tags)
    entry, offset, number = (20, 8, "Q") if big else (12, 4, "I")
    head = (b"II" if order == "<" else b"MM") + (
        struct.pack(f"{order}HHHQ", 43, 8, 0, 16) if big else struct.pack(f"{order}HI", 42, 8)
    )
    end = len(head) + (8 if big else 2) + entry * len(values) + offset
    directory, outside = b"", b""
    for tag in sorted(values):
        several = values[tag]
        if isinstance(several, tuple) and len(several) * 2 > offset:
            field = struct.pack(order + number, end + len(outside))
            outside += struct.pack(f"{order}{len(several)}H", *several)
            directory += struct.pack(f"{order}HH{number}", tag, 3, len(several)) + field
        elif isinstance(several, tuple):
            field = struct.pack(f"{order}{len(several)}H", *several).ljust(offset, b"\0")
            directory += struct.pack(f"{order}HH{number}", tag, 3, len(several)) + field
        else:
            field = struct.pack(f"{order}I", several).ljust(offset, b"\0")
            directory += struct.pack(f"{order}HH{number}", tag, 4, 1) + field
    place = directory.index(struct.pack(f"{order}HH", 273, 4)) + entry - offset
    content = end + len(outside)
    directory = directory[:place] + struct.pack(f"{order}I", content).ljust(offset, b"\0") + directory[place + offset :]
    count = struct.pack(order + ("Q" if big else "H"), len(values))
    return head + count + directory + struct.pack(order + number, following or 0) + outside + pixels


def grey_tiff(
    layout: str, scale: Callable[[int], float], *, order: str = "<", sample_format: int = 1, white_is_zero: bool = False
) -> bytes:
    """Return a TIFF of a grey picture. ``scale`` gives the stored number for each of 256 greys."""
    image = picture((240, 150), "L")
    numbers = [scale(255 - value if white_is_zero else value) for value in image.tobytes()]
    pixels = struct.pack(f"{order}{len(numbers)}{layout}", *numbers)
    bits = struct.calcsize(f"<{layout}") * 8
    tags = {258: (bits,), 262: 0 if white_is_zero else 1, 339: (sample_format,)}
    return tiff(pixels, image.size, tags, order=order)


def rgb_tiff(
    *, alpha: int | None = None, extra_samples: int = 2, size: tuple[int, int] = (240, 150), **more: Any
) -> bytes:
    """Return a TIFF in colours; ``alpha`` is the value of that channel."""
    image = picture(size)
    if alpha is None:
        return tiff(image.tobytes(), size, {258: (8, 8, 8), 262: 2, 277: 3}, **more)
    image.putalpha(alpha)
    return tiff(image.tobytes(), size, {258: (8, 8, 8, 8), 262: 2, 277: 4, 338: extra_samples}, **more)


def tiff_with_orientation(orientation: int, *, number_type: int, count: int, order: str) -> bytes:
    """Return a TIFF that is upright if its orientation is applied, which may have any type."""
    image = Image.open(io.BytesIO(png_with(orientation=orientation)))
    content = tiff(image.tobytes(), image.size, {258: (8, 8, 8), 262: 2, 274: (1,), 277: 3}, order=order)
    data = exif(orientation, number_type=number_type, count=count, order=order)
    entry = content.index(struct.pack(f"{order}HHI", 274, 3, 1))
    field = data[18:22] if len(data) == 26 else struct.pack(f"{order}I", len(content))
    changed = struct.pack(f"{order}HHI", 274, number_type, count) + field
    return content[:entry] + changed + content[entry + 12 :] + data[26:]


def tiff_with_broken_directory(entries: list[tuple[int, int, int, int]], *, missing: int = 0) -> bytes:
    """Return a TIFF of one page whose last directory consists of ``entries``, less ``missing`` bytes at the end."""
    page = file_of("tiff", picture(mode="1"), compression="group4")
    page += bytes(len(page) % 2)
    (first,) = struct.unpack_from("<I", page, 4)
    (count,) = struct.unpack_from("<H", page, first)
    link = first + 2 + 12 * count
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    whole = page[:link] + struct.pack("<I", len(page)) + page[link + 4 :] + directory
    return whole[: len(whole) - missing]


# --- PDF ---


def pdf(*objects: bytes) -> bytes:
    """Return a PDF with these objects, the first of which is its catalogue."""
    content, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(content))
    return content + head + table + trailer


def pdf_stream(entries: bytes, data: bytes) -> bytes:
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (entries, len(data), data)


def pdf_photo(
    annotation: bytes, *, form: bytes = b"/AcroForm<</Fields[4 0 R]>>", page: bytes = b"", catalogue: bytes = b""
) -> bytes:
    """Return a PDF whose only photo is the appearance of an annotation."""
    photo = file_of("jpeg", exif=b"")
    image = b"/Type/XObject/Subtype/Image/Width 400/Height 250/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode"
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R" + form + catalogue + b">>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 250]/Annots[4 0 R]" + page + b">>",
        b"<</Type/Annot/Rect[0 0 400 250]/AP<</N 5 0 R>>" + annotation + b">>",
        pdf_stream(
            b"/Type/XObject/Subtype/Form/BBox[0 0 400 250]/Resources<</XObject<</I 6 0 R>>>>",
            b"q 400 0 0 250 0 0 cm /I Do Q",
        ),
        pdf_stream(image, photo),
    )


# --- other formats ---


def bmp_without_alpha_values(*, size: tuple[int, int] = (240, 150)) -> bytes:
    """Return a BMP with a header of version 4, which declares an alpha channel that is zero."""
    image = picture(size)
    image.putalpha(0)
    pixels = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).tobytes("raw", "BGRA")
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    header = struct.pack("<IiiHHIIiiII", 108, *size, 1, 32, 3, len(pixels), 2835, 2835, 0, 0) + masks
    header += b"BGRs" + bytes(48)
    return struct.pack("<2sIHHI", b"BM", 14 + len(header) + len(pixels), 0, 0, 14 + len(header)) + header + pixels


def with_brands(content: bytes, *brands: bytes) -> bytes:
    """Return an ISO/IEC 14496-12 file with these brands instead of its own; the first is the major one."""
    size = int.from_bytes(content[:4])
    compatible = (b"".join(brands) + brands[-1] * size)[: size - 16]
    return content[:8] + brands[0] + bytes(4) + compatible + content[size:]


def jfif_thumbnail_with_rgb_components() -> bytes:
    """Return a JPEG that is YCbCr only because of its JFIF segment: its components are named R, G and B."""
    content = file_of("jpeg", exif=b"")
    frame = content.index(b"\xff\xc0")
    names = {1: ord("R"), 2: ord("G"), 3: ord("B")}
    changed = bytearray(content)
    for component in range(3):
        place = frame + 10 + 3 * component
        changed[place] = names[changed[place]]
    scan = content.index(b"\xff\xda")
    for component in range(3):
        place = scan + 5 + 2 * component
        changed[place] = names[changed[place]]
    thumbnail = jpeg_segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\2\2" + SECRET[:12])
    end_of_jfif = 4 + int.from_bytes(content[4:6])
    return content[:2] + thumbnail + bytes(changed[end_of_jfif:])


def secret_segments() -> list[bytes]:
    """Return every kind of metadata with a secret text, and a colour profile."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return [
        jpeg_segment(0xE1, b"Exif\0\0" + exif_with_location().removeprefix(b"Exif\0\0")),
        jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>" + SECRET),
        jpeg_segment(0xE2, b"ICC_PROFILE\0\1\1" + profile),
        jpeg_segment(0xED, b"Photoshop 3.0\x008BIM" + SECRET),
        jpeg_segment(0xED, b"Adobe_CM\0" + SECRET),
        jpeg_segment(0xFE, SECRET),
    ]


def image_magick_profile(name: str, data: bytes) -> bytes:
    """Return Exif data as ImageMagick writes it into a PNG text."""
    digits = data.hex()
    lines = "\n".join(digits[start : start + 72] for start in range(0, len(digits), 72))
    return f"\n{name}\n{len(data):8d}\n{lines}\n".encode()

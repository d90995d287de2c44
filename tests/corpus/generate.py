"""Write the corpus: ``python -m tests.corpus.generate``.

Each file is of a kind that was once refused, blanked, leaked or paid for in vain. All of them show the same picture of
four quarters: red, green, blue and black.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image

from tests.unit.images.converter.broken import (
    bmp_without_alpha_values,
    exif,
    exif_segment,
    grey_tiff,
    image_magick_profile,
    jfif_thumbnail_with_rgb_components,
    jpeg_segment,
    jpeg_with,
    pdf_photo,
    png_chunk,
    png_with,
    rgb_tiff,
    secret_segments,
    tiff,
    tiff_with_broken_directory,
    with_brands,
    with_stray_marker,
)
from tests.unit.images.converter.files import SECRET, file_of, picture

DIRECTORY: Final = Path(__file__).parent
UNCHANGED: Final = "sent without metadata"
CONVERTED: Final = "converted"
_SMALL: Final = (240, 150)


@dataclass(frozen=True, slots=True)
class File:
    """A file's description, what happens to it, and how it is made."""

    description: str
    result: str
    content: Callable[[], bytes]


def _without_alpha_values(form: str, **options: Any) -> bytes:
    image = picture()
    image.putalpha(0)
    return file_of(form, image, **options)


def _twelve_bits() -> bytes:
    image = picture(_SMALL, "L")
    numbers = [value * 4095 // 255 for value in image.tobytes()]
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    pixels = b"".join((first << 12 | second).to_bytes(3) for first, second in pairs)
    return tiff(pixels, _SMALL, {258: (12,), 262: 1})


def _between_scans() -> bytes:
    content = file_of("jpeg", exif=b"", progressive=True)
    second = content.rindex(b"\xff\xda")
    return content[:second] + jpeg_segment(0xE1, b"Exif\0\0" + SECRET) + content[second:]


def _tiff_with_byte_orientation() -> bytes:
    image = picture(_SMALL).transpose(Image.Transpose.ROTATE_180)
    content = file_of("tiff", image, tiffinfo={274: 3})
    entry = content.index(struct.pack("<HHI", 274, 3, 1))
    return content[:entry] + struct.pack("<HHIB3x", 274, 1, 1, 3) + content[entry + 12 :]


FILES: Final = {
    # --- metadata is removed, and damaged scans stay as they are ---
    "jpeg_stray_marker.jpg": File(
        "a marker of application data in the scan of a baseline JPEG, with any length",
        UNCHANGED,
        lambda: with_stray_marker(jpeg_with(*secret_segments()), 0xE7, part=0.97, length=11),
    ),
    "jpeg_stray_marker_progressive.jpg": File(
        "a comment's marker in the first scan of a progressive JPEG, with a length that ends within the scan",
        UNCHANGED,
        lambda: with_stray_marker(jpeg_with(*secret_segments(), progressive=True), 0xFE, part=0.97, length=9),
    ),
    "jpeg_stray_marker_restart.jpg": File(
        "a reserved marker in a scan with restart markers",
        UNCHANGED,
        lambda: with_stray_marker(jpeg_with(*secret_segments(), restart_marker_blocks=1), 0x4F),
    ),
    "jpeg_metadata_between_scans.jpg": File("Exif data between the scans of a JPEG", UNCHANGED, _between_scans),
    "jpeg_rgb_components.jpg": File(
        "a JFIF segment with a thumbnail, on which the colours depend", UNCHANGED, jfif_thumbnail_with_rgb_components
    ),
    "jpeg_adobe_text.jpg": File(
        "segments of Adobe programs that do not define colours",
        UNCHANGED,
        lambda: jpeg_with(
            jpeg_segment(0xED, b"Adobe_CM\0" + SECRET), jpeg_segment(0xEE, b"Adobe\0\x64\0\0\0\0\1" + SECRET)
        ),
    ),
    "png_wrong_checksum_gamma.png": File(
        "a gAMA chunk with a wrong checksum",
        UNCHANGED,
        lambda: png_with(png_chunk(b"gAMA", struct.pack(">I", 45455), damage=1)),
    ),
    "png_wrong_checksum_profile.png": File(
        "an iCCP chunk with a wrong checksum",
        UNCHANGED,
        lambda: png_with(png_chunk(b"iCCP", b"P\0\0" + zlib.compress(bytes(200)), damage=7)),
    ),
    # --- orientation ---
    "jpeg_orientation_long_be.jpg": File(
        "an orientation of type LONG, big-endian",
        CONVERTED,
        lambda: jpeg_with(exif_segment(number_type=4), orientation=6),
    ),
    "jpeg_orientation_byte_be.jpg": File(
        "an orientation of type BYTE, big-endian",
        CONVERTED,
        lambda: jpeg_with(exif_segment(number_type=1), orientation=6),
    ),
    "jpeg_orientation_rational.jpg": File(
        "an orientation of type RATIONAL",
        CONVERTED,
        lambda: jpeg_with(exif_segment(number_type=5, order="<"), orientation=6),
    ),
    "jpeg_orientation_xmp.jpg": File(
        "an orientation in XMP only",
        CONVERTED,
        lambda: jpeg_with(
            jpeg_segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<rdf:Description tiff:Orientation="6"/>'), orientation=6
        ),
    ),
    "png_orientation_slong_be.png": File(
        "an orientation of type SLONG, big-endian",
        CONVERTED,
        lambda: png_with(png_chunk(b"eXIf", exif(6, number_type=9)), orientation=6),
    ),
    "png_orientation_profile.png": File(
        "an orientation in a text chunk, as ImageMagick writes it",
        CONVERTED,
        lambda: png_with(
            png_chunk(
                b"zTXt",
                b"Raw profile type exif\0\0" + zlib.compress(image_magick_profile("exif", b"Exif\0\0" + exif(6))),
            ),
            orientation=6,
        ),
    ),
    "webp_orientation_byte_be.webp": File(
        "an orientation of type BYTE, big-endian",
        CONVERTED,
        lambda: file_of("webp", orientation=6, exif=exif(6, number_type=1)),
    ),
    "tiff_orientation_byte.tif": File(
        "an orientation of type BYTE",
        CONVERTED,
        _tiff_with_byte_orientation,
    ),
    # --- PDF ---
    "pdf_photo_in_button.pdf": File(
        "a photo in a form's button", CONVERTED, lambda: pdf_photo(b"/Subtype/Widget/FT/Btn/Ff 65536/T(photo)/F 4")
    ),
    "pdf_photo_in_signature.pdf": File(
        "a photo as a signature's appearance, with JavaScript",
        CONVERTED,
        lambda: pdf_photo(
            b"/Subtype/Widget/FT/Sig/T(signature)/F 4",
            catalogue=b"/OpenAction<</S/JavaScript/JS(while\\(true\\){})>>",
        ),
    ),
    "pdf_photo_in_unlisted_field.pdf": File(
        "a photo in a field of a document without a form",
        CONVERTED,
        lambda: pdf_photo(b"/Subtype/Widget/FT/Btn/Ff 65536/T(photo)/F 0", form=b""),
    ),
    "pdf_photo_in_text_field.pdf": File(
        "a photo as the appearance of a text field, on a page with a unit of its own",
        CONVERTED,
        lambda: pdf_photo(b"/Subtype/Widget/FT/Tx/T(text)/F 4", page=b"/UserUnit 3"),
    ),
    # --- what viewers show ---
    "tiff_directory_without_size.tif": File(
        "a last directory without a size",
        CONVERTED,
        lambda: tiff_with_broken_directory([(259, 3, 1, 1), (262, 3, 1, 1)]),
    ),
    "tiff_directory_cut.tif": File(
        "a last directory that is cut",
        CONVERTED,
        lambda: tiff_with_broken_directory([(256, 4, 1, 400), (257, 4, 1, 250)], missing=20),
    ),
    "tiff_directory_unknown_compression.tif": File(
        "a last directory with an unknown compression",
        CONVERTED,
        lambda: tiff_with_broken_directory([(256, 4, 1, 400), (257, 4, 1, 250), (259, 3, 1, 999)]),
    ),
    "bigtiff_le.tif": File("a BigTIFF, little-endian", CONVERTED, lambda: rgb_tiff(big=True)),
    "bigtiff_be.tif": File("a BigTIFF, big-endian", CONVERTED, lambda: rgb_tiff(big=True, order=">")),
    "bigtiff_be_alpha_zero.tif": File(
        "a BigTIFF with an alpha channel that is zero", CONVERTED, lambda: rgb_tiff(big=True, order=">", alpha=0)
    ),
    "tiff_alpha_zero.tif": File("an alpha channel that is zero", CONVERTED, lambda: rgb_tiff(alpha=0)),
    "tiff_alpha_zero_premultiplied.tif": File(
        "a premultiplied alpha channel that is zero", CONVERTED, lambda: rgb_tiff(alpha=0, extra_samples=1)
    ),
    "bmp_alpha_zero.bmp": File("a header of version 4, and alpha that is zero", CONVERTED, bmp_without_alpha_values),
    "webp_alpha_zero.webp": File(
        "an alpha channel that is zero",
        CONVERTED,
        lambda: _without_alpha_values("webp", lossless=True, exact=True, exif=b""),
    ),
    "heic_alpha_zero.heic": File("an alpha channel that is zero", CONVERTED, lambda: _without_alpha_values("heic")),
    "png_wrong_checksum_text.png": File(
        "a text chunk with a wrong checksum, in an image that has to be turned",
        CONVERTED,
        lambda: png_with(png_chunk(b"tEXt", b"Comment\0text", damage=1), png_chunk(b"eXIf", exif(3)), orientation=3),
    ),
    "png_without_end.png": File("no IEND chunk", CONVERTED, lambda: file_of("png", exif=b"")[:-12]),
    "jpeg_without_end.jpg": File("no EOI marker", CONVERTED, lambda: file_of("jpeg")[:-2]),
    "jpeg_with_half_an_end.jpg": File("half an EOI marker", CONVERTED, lambda: file_of("jpeg")[:-1]),
    "jpeg_without_end_progressive.jpg": File(
        "a progressive JPEG without an EOI marker, turned",
        CONVERTED,
        lambda: file_of("jpeg", progressive=True, orientation=8)[:-2],
    ),
    "tiff_float.tif": File(
        "floating-point numbers from 0 to 1", CONVERTED, lambda: grey_tiff("f", lambda v: v / 255, sample_format=3)
    ),
    "tiff_float_be_white_is_zero.tif": File(
        "floating-point numbers, big-endian, 0 is white",
        CONVERTED,
        lambda: grey_tiff("f", lambda v: v / 255, sample_format=3, order=">", white_is_zero=True),
    ),
    "tiff_12_bits.tif": File("12 bits per pixel", CONVERTED, _twelve_bits),
    "tiff_16_bits_white_is_zero.tif": File(
        "16 bits per pixel, 0 is white", CONVERTED, lambda: grey_tiff("H", lambda v: v * 257, white_is_zero=True)
    ),
    "tiff_32_bits.tif": File("32 bits per pixel", CONVERTED, lambda: grey_tiff("I", lambda v: v * 0x1010101)),
    "heic_mif1.heic": File("only the brand mif1", CONVERTED, lambda: with_brands(file_of("heic"), b"mif1")),
    "heic_mif1_miaf.heic": File(
        "only the brands mif1 and miaf", CONVERTED, lambda: with_brands(file_of("heic"), b"mif1", b"miaf")
    ),
    "jpeg_truncated.jpg": File(
        "a JPEG that ends within its last scan", "Document.Truncated", lambda: file_of("jpeg", progressive=True)[:-200]
    ),
    "png_truncated.png": File("a PNG that ends within its data", "Document.Truncated", lambda: file_of("png")[:-60]),
}


def table() -> str:
    """Return the corpus's description."""
    rows = [f"| `{name}` | {file.description} | {file.result} |" for name, file in FILES.items()]
    return "\n".join(("| file | what it is | result |", "|---|---|---|", *rows, ""))


def main() -> None:
    """Write all files and the table in the README."""
    for name, file in FILES.items():
        (DIRECTORY / name).write_bytes(file.content())
    introduction, _, _ = (DIRECTORY / "README.md").read_text().partition("| file |")
    (DIRECTORY / "README.md").write_text(introduction + table())


if __name__ == "__main__":
    main()

"""Conversion by format × orientation × size × damage, in the test's own process."""

import io
import random
import struct
import tempfile
import zlib
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.images.converter.fitting import fitted
from permit_ocr.images.converter.pages import open_pages
from permit_ocr.images.formats import base64_length, check_readable, is_provider_ready
from permit_ocr.images.metadata import without_metadata
from tests.unit.images.converter.broken import (
    TYPES,
    exif,
    exif_segment,
    jpeg_segment,
    jpeg_with,
    pdf_photo,
    png_chunk,
    png_with,
    tiff,
    tiff_with_broken_directory,
    tiff_with_orientation,
    with_stray_marker,
)
from tests.unit.images.converter.files import (
    CORNERS,
    FORMATS,
    LIMIT,
    SECRET,
    WITH_ORIENTATION,
    corners_of,
    file_of,
    noise,
    picture,
    with_metadata,
)

pytestmark = pytest.mark.slow  # decodes every format


def convert(content: bytes, directory: Path, *, base64_limit: int = LIMIT) -> list[tuple[bytes, Image.Image]]:
    """Return the converted image of each page, as bytes and decoded."""
    file = directory / "named.wrongly"
    file.write_bytes(content)
    pages = open_pages(file)
    images = [fitted(pages.picture(n), base64_limit=base64_limit) for n in range(1, (pages.count or 1) + 1)]
    for image in images:
        check_readable(image.content)
        assert is_provider_ready(image.content, base64_limit=base64_limit)
        assert without_metadata(image.content) is image.content
    return [(image.content, Image.open(io.BytesIO(image.content))) for image in images]


def code_of(content: bytes, directory: Path) -> str:
    with pytest.raises(RejectDocument) as caught:
        convert(content, directory)
    return caught.value.code


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", WITH_ORIENTATION)
def test_every_orientation_becomes_upright(form: str, orientation: int, tmp_path: Path) -> None:
    ((_, image),) = convert(file_of(form, orientation=orientation), tmp_path)
    assert image.size == (400, 250)
    assert corners_of(image) == CORNERS


@pytest.mark.parametrize("size", [(200, 100), (401, 251), (1200, 800), (300, 4000)])
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_keeps_all_pixels_that_fit(form: str, size: tuple[int, int], tmp_path: Path) -> None:
    ((_, image),) = convert(file_of(form, picture(size)), tmp_path)
    assert corners_of(image) == CORNERS
    if form == "pdf":
        assert max(image.size) >= 2400, "a page has no fixed number of pixels"
    else:
        assert image.size == size


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_colour_mode_is_converted_to_a_supported_one(mode: str, tmp_path: Path) -> None:
    if mode == "I;16":
        deep = Image.linear_gradient("L").convert("I").point(lambda value: value * 257).convert("I;16")
        ((_, image),) = convert(file_of("tiff", deep), tmp_path)
        difference = ImageChops.difference(image, Image.linear_gradient("L"))
        assert max(difference.tobytes()) <= 6
    else:
        ((_, image),) = convert(file_of("tiff" if mode != "P" else "png", picture(mode=mode)), tmp_path)
        assert image.getpixel((350, 200)) in {0, (0, 0, 0)}
    assert image.mode in {"1", "L", "RGB"}


def test_transparent_parts_become_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    clear.paste("black", (0, 0, 100, 200))
    ((_, image),) = convert(file_of("webp", clear, lossless=True), tmp_path)
    assert image.getpixel((200, 100)) == (255, 255, 255)


@pytest.mark.parametrize("size", [(400, 250), (1200, 800)])
@pytest.mark.parametrize(
    ("form", "mode"),
    [("png", "RGBA"), ("png", "LA"), ("tiff", "RGBA"), ("tiff", "LA"), ("heic", "RGBA"), ("avif", "RGBA")],
)
def test_alpha_that_is_zero_everywhere_is_ignored(
    form: str, mode: str, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("permit_ocr.images.converter.pixels.WHOLE_PIXELS", 120_000)  # the larger ones are reduced
    image = picture(size)
    image.putalpha(0)
    ((_, converted),) = convert(file_of(form, image.convert(mode), orientation=3 if form == "png" else 1), tmp_path)
    right, left = (converted.convert("L").getpixel((converted.width * part // 4, 30)) for part in (3, 1))
    assert right == pytest.approx(150, abs=12)
    assert left == pytest.approx(76, abs=12)


@pytest.mark.parametrize(
    ("layout", "sample_format", "scale"),
    [
        ("f", 3, lambda value: value / 255),
        ("d", 3, lambda value: value / 255),
        ("f", 3, lambda value: value * 40 - 1000),
        ("H", 1, lambda value: value * 257),
        ("h", 2, lambda value: value * 257 - 32768),
        ("I", 1, lambda value: value * 0x1010101),
        ("I", 1, lambda value: value * 3),
        ("i", 2, lambda value: value * 0x1010101 - 2**31),
    ],
)
def test_deep_grey_keeps_its_shades(layout: str, sample_format: int, scale: Any, tmp_path: Path) -> None:
    image = Image.linear_gradient("L")
    for order, white_is_zero, compression in product("<>", (0, 1), (1, 8)):
        numbers = [scale(255 - value if white_is_zero else value) for value in image.tobytes()]
        pixels = struct.pack(f"{order}{len(numbers)}{layout}", *numbers)
        bits = struct.calcsize(f"<{layout}") * 8
        tags: dict[int, Any] = {258: (bits,), 259: compression, 262: 1 - white_is_zero, 339: (sample_format,)}
        content = tiff(zlib.compress(pixels) if compression == 8 else pixels, image.size, tags, order=order)
        ((_, converted),) = convert(content, tmp_path)
        assert max(ImageChops.difference(converted, image).tobytes()) <= 6, (order, white_is_zero, compression)


@given(
    st.sampled_from(["jpeg", "png", "webp", "tiff"]),
    st.integers(1, 8),
    st.fixed_dictionaries(
        {"number_type": st.sampled_from(sorted(TYPES)), "count": st.integers(1, 9), "order": st.sampled_from("<>")}
    ),
)
@settings(max_examples=200, deadline=None)
def test_an_orientation_of_any_type_is_applied(form: str, orientation: int, storage: dict[str, Any]) -> None:
    data = exif(orientation, **storage)
    match form:
        case "jpeg":
            content = jpeg_with(jpeg_segment(0xE1, b"Exif\0\0" + data), orientation=orientation)
        case "png":
            content = png_with(png_chunk(b"eXIf", data), orientation=orientation)
        case "webp":
            content = file_of("webp", orientation=orientation, exif=data)
        case _:
            content = tiff_with_orientation(orientation, **storage)
    with tempfile.TemporaryDirectory() as directory:
        ((_, image),) = convert(content, Path(directory))
    assert corners_of(image) == CORNERS


@pytest.mark.parametrize("form", FORMATS)
def test_no_metadata_is_left_in_any_format(form: str, tmp_path: Path) -> None:
    content = with_metadata(form)
    if form != "bmp":
        assert SECRET in content or SECRET.decode().encode("utf-16-be") in content
    ((made, image),) = convert(content, tmp_path)
    assert SECRET not in made
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "icc_profile"}


@pytest.mark.parametrize("form", ["jpeg", "png", "heic", "avif", "webp", "tiff"])
def test_the_colour_profile_is_kept(form: str, tmp_path: Path) -> None:
    ((_, image),) = convert(with_metadata(form), tmp_path)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_over_the_limit_is_made_to_fit(form: str, tmp_path: Path) -> None:
    limit = 100_000
    ((made, image),) = convert(file_of(form, noise((700, 500))), tmp_path, base64_limit=limit)
    assert limit * 0.5 < base64_length(len(made)) <= limit
    assert image.width / image.height == pytest.approx(7 / 5, rel=0.02)


def test_quality_is_reduced_before_pixels(tmp_path: Path) -> None:
    content = file_of("jpeg", noise((900, 600)), quality=100)
    smallest_with_all_pixels = len(file_of("jpeg", noise((900, 600)), quality=75, optimize=True))
    ((_, image),) = convert(content, tmp_path, base64_limit=base64_length(smallest_with_all_pixels + 3000))
    assert image.size == (900, 600)
    ((_, smaller),) = convert(content, tmp_path, base64_limit=base64_length(smallest_with_all_pixels // 2))
    assert 500 < smaller.width < 900


def test_an_encoder_without_memory_raises_a_memory_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def save(*_arguments: Any, **_more: Any) -> None:
        raise OSError("broken data stream when writing image file")

    monkeypatch.setattr(Image.Image, "save", save)
    with pytest.raises(MemoryError):
        fitted(picture(), base64_limit=LIMIT)


@pytest.mark.parametrize("size", [(199, 99), (199, 150), (300, 99), (1, 1)])
@pytest.mark.parametrize("form", [form for form in FORMATS if form != "pdf"])
def test_tiny_images_are_rejected(form: str, size: tuple[int, int], tmp_path: Path) -> None:
    image = picture((300, 200)).resize(size)
    assert code_of(file_of(form, image), tmp_path) == "Document.TooSmall"


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("form", FORMATS)
def test_a_truncated_file_is_rejected(form: str, kept: float, tmp_path: Path) -> None:
    content = file_of(form, noise((300, 200)))
    code = code_of(content[: max(40, int(len(content) * kept))], tmp_path)
    assert code == ("Document.Truncated" if form in {"jpeg", "png"} else "Document.Damaged")


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("form", FORMATS)
def test_a_corrupted_file_becomes_an_image_or_a_rejection(form: str, seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    content = bytearray(file_of(form, noise((220, 120))))
    for _ in range(chance.choice([1, 5, 40])):
        content[chance.randrange(len(content) if seed % 2 else min(400, len(content)))] = chance.randrange(256)
    with suppress(RejectDocument):
        convert(bytes(content), tmp_path)


@pytest.mark.parametrize("progressive", [0, 1])
@pytest.mark.parametrize("size", [(300, 200), (1200, 800)])
def test_a_jpeg_without_its_end_is_complete_or_truncated(
    size: tuple[int, int], progressive: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("pixels", "restoring"):
        monkeypatch.setattr(f"permit_ocr.images.converter.{module}.WHOLE_PIXELS", 120_000)
    content = file_of("jpeg", noise(size), progressive=progressive)
    convert(content[:-1], tmp_path)
    convert(content[:-2], tmp_path)
    for missing in (6, 40, 1000):
        assert code_of(content[:-missing], tmp_path) == "Document.Truncated"


@pytest.mark.parametrize("missing", [1, 4, 11, 12, 16])
def test_a_png_without_its_end_is_complete(missing: int, tmp_path: Path) -> None:
    ((_, image),) = convert(file_of("png")[:-missing], tmp_path)
    assert corners_of(image) == CORNERS


@pytest.mark.parametrize("name", [b"tEXt", b"iTXt", b"eXIf", b"gAMA", b"pHYs", b"tRNS", b"iCCP", b"prVt"])
def test_a_wrong_checksum_of_an_ancillary_chunk_is_ignored(name: bytes, tmp_path: Path) -> None:
    body = exif(6) if name == b"eXIf" else b"\0\0\0\1\0\0"
    content = png_with(png_chunk(name, body, damage=1), png_chunk(b"eXIf", exif(3)), orientation=3)
    ((_, image),) = convert(content, tmp_path)
    assert corners_of(image) == CORNERS


@pytest.mark.parametrize("marker", [0x02, 0xDC, 0xE1, 0xFE])
def test_a_damaged_scan_is_converted_as_far_as_it_can_be_decoded(marker: int, tmp_path: Path) -> None:
    photo = jpeg_with(exif_segment(3), orientation=3, restart_marker_blocks=1)
    ((_, image),) = convert(with_stray_marker(photo, marker, part=0.98, length=40_000), tmp_path)
    assert corners_of(image) == CORNERS


@pytest.mark.parametrize("form", ["gif", "webp", "png", "avif"])
def test_animated_images_are_rejected(form: str, tmp_path: Path) -> None:
    more: dict[str, Any] = {"save_all": True, "append_images": [noise((400, 250))]}
    assert code_of(file_of(form, **more), tmp_path) == "Document.Animated"


def test_an_image_sequence_in_a_heic_file_is_rejected(tmp_path: Path) -> None:
    content = file_of("heic")
    assert code_of(content[:8] + b"hevc" + content[12:], tmp_path) == "Document.Animated"


def test_further_pictures_in_a_jpeg_are_ignored(tmp_path: Path) -> None:
    ((_, image),) = convert(file_of("jpeg", format="MPO", save_all=True, append_images=[noise((400, 250))]), tmp_path)
    assert corners_of(image) == CORNERS


@pytest.mark.parametrize(
    ("options", "place", "sides"),
    [
        ({"exif": b"Exif\0\0II*\0"}, 24, lambda width, height: (width - 1 | height - 1 << 24).to_bytes(6, "little")),
        (
            {"exif": b"", "lossless": True},
            21,
            lambda width, height: (width - 1 | height - 1 << 14).to_bytes(4, "little"),
        ),
        ({"exif": b""}, 26, lambda width, height: (width | height << 16).to_bytes(4, "little")),
    ],
    ids=["extended", "lossless", "lossy"],
)
def test_the_size_of_a_webp_is_checked_before_it_is_opened(
    options: dict[str, Any], place: int, sides: Any, tmp_path: Path
) -> None:
    content = file_of("webp", **options)
    for width, height, code in ((16000, 4001, "TooManyPixels"), (7000, 5000, "TooCostly"), (199, 100, "TooSmall")):
        header = sides(width, height)
        assert code_of(content[:place] + header + content[place + len(header) :], tmp_path) == f"Document.{code}"


@pytest.mark.parametrize("form", ["png", "tiff", "bmp", "gif", "jpeg"])
def test_decompression_bombs_are_rejected_by_their_headers(form: str, tmp_path: Path) -> None:
    flat = Image.new("1" if form != "jpeg" else "L", (9000, 8000))
    content = file_of(form, flat, **({"quality": 1} if form == "jpeg" else {}))
    assert code_of(content, tmp_path) == "Document.TooManyPixels"


def test_a_very_large_picture_is_reduced_while_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("permit_ocr.images.converter.pixels.WHOLE_PIXELS", 120_000)
    for form in ("jpeg", "png", "heic", "webp", "gif", "tiff"):
        ((_, image),) = convert(file_of(form, picture((1200, 800))), tmp_path)
        assert corners_of(image) == CORNERS, form
        assert 60_000 <= image.width * image.height <= 120_000, form
        assert image.width / image.height == pytest.approx(1.5, rel=0.01)


def test_smaller_versions_in_a_tiff_are_not_pages(tmp_path: Path) -> None:
    thumbnail = picture((200, 125))
    thumbnail.encoderinfo = {"tiffinfo": {254: 1}}
    content = file_of("tiff", picture((400, 250)), save_all=True, append_images=[thumbnail, picture((800, 500))])
    made = convert(content, tmp_path)
    assert [image.size for _, image in made] == [(400, 250), (800, 500)]


@pytest.mark.parametrize(
    "annotation",
    [
        b"/Subtype/Widget/FT/Btn/Ff 65536/T(a)/F 4",
        b"/Subtype/Widget/FT/Sig/T(a)/F 132",
        b"/Subtype/Widget/FT/Tx/T(a)/F 0",
        b"/Subtype/Stamp/F 4",
        b"/Subtype/Stamp/F 0",
    ],
)
@pytest.mark.parametrize("form", [b"/AcroForm<</Fields[4 0 R]>>", b"/AcroForm<</Fields[]/XFA()>>", b""])
def test_fields_and_annotations_of_a_pdf_are_drawn(annotation: bytes, form: bytes, tmp_path: Path) -> None:
    ((_, image),) = convert(pdf_photo(annotation, form=form), tmp_path)
    assert corners_of(image) == CORNERS


@pytest.mark.parametrize("flags", [b"/F 2", b"/F 32", b"/F 34"])
@pytest.mark.parametrize("annotation", [b"/Subtype/Widget/FT/Btn/Ff 65536/T(a)", b"/Subtype/Stamp"])
def test_hidden_fields_and_annotations_are_not_drawn(annotation: bytes, flags: bytes, tmp_path: Path) -> None:
    ((_, image),) = convert(pdf_photo(annotation + flags), tmp_path)
    assert image.convert("L").getextrema() == (255, 255)


@pytest.mark.parametrize(
    ("page", "size"),
    [(b"/Rotate 180", (2400, 1500)), (b"/CropBox[100 50 300 200]", (2400, 1800)), (b"/UserUnit 9", None)],
)
def test_a_field_is_drawn_where_the_page_has_it(page: bytes, size: tuple[int, int] | None, tmp_path: Path) -> None:
    ((_, image),) = convert(pdf_photo(b"/Subtype/Widget/FT/Btn/Ff 65536/T(a)/F 4", page=page), tmp_path)
    assert image.size == (size or (2400, 1500))
    assert corners_of(image.rotate(180) if b"Rotate" in page else image) == CORNERS


def test_a_broken_directory_does_not_affect_other_pages_of_a_tiff(tmp_path: Path) -> None:
    for entries, missing in (([], 0), ([], 5), ([(256, 3, 1, 9)], 0), ([(256, 4, 1, 400), (257, 2, 99, 2**31)], 3)):
        ((_, image),) = convert(tiff_with_broken_directory(entries, missing=missing), tmp_path)
        assert image.size == (400, 250)


def test_each_page_of_a_pdf_becomes_a_picture(tmp_path: Path) -> None:
    content = file_of("pdf", save_all=True, append_images=[picture().rotate(180), picture((250, 400))], resolution=72)
    first, second, third = (image for _, image in convert(content, tmp_path))
    assert corners_of(first) == CORNERS
    assert corners_of(second)["top left"] == "black"
    assert third.width < third.height


def test_a_pdf_page_is_rendered_at_scan_resolution_within_bounds(tmp_path: Path) -> None:
    def rendered_size(points: tuple[int, int]) -> tuple[int, int]:
        ((_, image),) = convert(file_of("pdf", picture(points)), tmp_path)
        return image.size

    assert rendered_size((595, 842)) == (2480, 3509), "A4"
    assert rendered_size((243, 153)) == (2400, 1512), "a card"
    width, height = rendered_size((4032, 3024))
    assert 11_900_000 < width * height <= 12_100_000, "a photo at one pixel per point"


@pytest.mark.parametrize(("pages", "code"), [(20, None), (21, "Document.TooManyPages")])
@pytest.mark.parametrize("form", ["pdf", "tiff"])
def test_a_file_with_too_many_pages_is_rejected(form: str, pages: int, code: str | None, tmp_path: Path) -> None:
    content = file_of(form, picture((210, 110)), save_all=True, append_images=[picture((210, 110))] * (pages - 1))
    if code:
        assert code_of(content, tmp_path) == code
    else:
        (tmp_path / "file").write_bytes(content)
        assert open_pages(tmp_path / "file").count == pages


def test_a_pdf_with_a_password_is_rejected(tmp_path: Path) -> None:
    locked = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >> /ID [<00> <00>] /Root" % (
        b"00" * 32,
        b"11" * 32,  # the hash of the password
    )
    before, trailer, after = file_of("pdf").rpartition(b"trailer")
    assert code_of(before + trailer + after.replace(b"/Root", locked, 1), tmp_path) == "Document.Encrypted"


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "Document.Empty"), (b"PK\3\4 a document", "Document.UnsupportedFormat")]
)
def test_a_file_that_is_not_an_image_is_rejected(content: bytes, code: str, tmp_path: Path) -> None:
    assert code_of(content, tmp_path) == code

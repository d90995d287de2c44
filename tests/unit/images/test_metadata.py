"""Metadata is removed, and the picture stays bit for bit the same."""

import io
import re
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFile

from permit_ocr.images.formats import check_readable
from permit_ocr.images.metadata import orientation, orientation_of, without_metadata
from tests.unit.fakes.files import jpeg
from tests.unit.images.converter.broken import (
    TYPES,
    exif,
    image_magick_profile,
    jfif_thumbnail_with_rgb_components,
    jpeg_with,
    png_chunk,
    png_with,
    with_stray_marker,
)
from tests.unit.images.converter.broken import jpeg_segment as segment
from tests.unit.images.converter.files import SECRET, exif_with_location, file_of, noise, picture, with_metadata


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def with_segment(marker: int, body: bytes) -> bytes:
    content = file_of("jpeg", exif=b"")
    return content[:2] + segment(marker, body) + content[2:]


@pytest.mark.parametrize("form", ["jpeg", "png"])
def test_metadata_is_removed_and_the_picture_unchanged(form: str) -> None:
    content = with_metadata(form)
    cleaned = without_metadata(content)
    assert SECRET in content
    assert SECRET not in cleaned
    assert ImageChops.difference(opened(content), opened(cleaned)).getbbox() is None
    assert opened(cleaned).info["icc_profile"] == opened(content).info["icc_profile"]
    check_readable(cleaned)


@pytest.mark.parametrize(
    "content",
    [
        jpeg(),
        file_of("jpeg", exif=b""),
        file_of("jpeg", noise((300, 200)), exif=b"", progressive=True),
        file_of("png", exif=b""),
        file_of("png", picture(mode="P"), exif=b"", transparency=0),
    ],
)
def test_a_file_without_metadata_is_returned_unchanged(content: bytes) -> None:
    assert without_metadata(content) is content


@pytest.mark.parametrize(
    ("marker", "body"),
    [
        (0xE1, b"Exif\0\0II*\0" + SECRET),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET),
        (0xE0, b"JFXX\0\x10" + SECRET),
        (0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\1" + SECRET),
        (0xE2, b"MPF\0" + SECRET),
        (0xE2, b"FPXR\0" + SECRET),
        (0xED, b"Photoshop 3.0\x008BIM" + SECRET),
        (0xEB, b"JP" + SECRET),
        (0xEF, SECRET),
        (0xFE, SECRET),
    ],
)
def test_every_segment_with_metadata_is_removed_from_a_jpeg(marker: int, body: bytes) -> None:
    content = with_segment(marker, body)
    assert SECRET not in without_metadata(content)
    assert ImageChops.difference(opened(content), opened(without_metadata(content))).getbbox() is None


def test_markers_that_define_the_colours_are_kept() -> None:
    adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0\1")
    content = file_of("jpeg", exif=b"")
    content = content[:2] + adobe + content[2:]
    assert without_metadata(content) is content


@pytest.mark.parametrize("form", ["jpeg", "png"])
def test_data_after_the_picture_is_removed(form: str) -> None:
    content = file_of(form, exif=b"")
    assert without_metadata(content + SECRET) == content


def test_further_pictures_in_the_file_are_removed() -> None:
    content = file_of("jpeg", format="MPO", save_all=True, append_images=[opened(with_metadata("jpeg"))], exif=b"")
    assert getattr(opened(content), "n_frames", 1) == 2
    cleaned = without_metadata(content)
    assert getattr(opened(cleaned), "n_frames", 1) == 1
    assert SECRET not in cleaned


def test_comments_between_the_scans_of_a_jpeg_are_removed() -> None:
    content = file_of("jpeg", noise((300, 200)), exif=b"", progressive=True)
    second = content.rindex(b"\xff\xda")
    assert without_metadata(content[:second] + segment(0xFE, SECRET) + content[second:]) == content


def test_incomplete_files_and_other_formats_stay_unchanged() -> None:
    for content in (b"", b"a text", with_metadata("jpeg")[:-1], with_metadata("png")[:-1], with_metadata("webp")):
        assert without_metadata(content) is content


SCANS = [
    *(
        file_of("jpeg", noise((96, 64)).convert(mode), exif=exif_with_location(), progressive=progressive, **restarts)
        for mode in ("L", "RGB", "CMYK")
        for progressive in (False, True)
        for restarts in ({}, {"restart_marker_blocks": 1}, {"restart_marker_blocks": 5})
    ),
    file_of("jpeg", picture(), exif=exif_with_location(), quality=30),
]
"""JPEG files of less than Pillow's buffer: its decoder goes another way near the end of that."""
FLIPS = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=4)
        | st.builds(lambda marker, rest: bytes((0xFF, marker)) + rest, st.integers(0, 255), st.binary(max_size=2)),
    ),
    min_size=1,
    max_size=5,
)


def pixels(content: bytes) -> bytes | None:
    """Return what Pillow shows of a JPEG, also if it ends early; None if nothing."""
    try:
        with opened(content) as image:
            return image.tobytes()
    except (OSError, SyntaxError):
        return None


def entropy_coded_data(content: bytes) -> list[int]:
    """Return the places of a JPEG that are data of a scan, not of a segment."""
    places: list[int] = []
    for scan in re.finditer(rb"\xff\xda", content):
        start = scan.end() + int.from_bytes(content[scan.end() : scan.end() + 2])
        end = re.compile(rb"\xff[^\x00\xd0-\xd7]").search(content, start)
        assert end
        places += range(start, end.start())
    return places


def damaged(content: bytes, flips: list[tuple[float, bytes]]) -> bytes:
    changed, places = bytearray(content), entropy_coded_data(content)
    for part, other in flips:
        for place, byte in zip(places[int(part * len(places)) :], other, strict=False):
            changed[place] = byte
    return bytes(changed)


@given(st.sampled_from(SCANS), FLIPS, st.booleans())
@settings(max_examples=600, deadline=None)
def test_a_damaged_scan_shows_the_same_after_metadata_is_removed(
    content: bytes,
    flips: list[tuple[float, bytes]],
    lenient: bool,  # noqa: FBT001
) -> None:
    received = damaged(content, flips)
    sent = without_metadata(received)
    assert SECRET not in sent
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", lenient)
        assert pixels(sent) == pixels(received)


@given(st.sampled_from(SCANS), FLIPS)
@settings(max_examples=300, deadline=None)
def test_scans_stay_byte_for_byte_and_a_further_picture_is_cut_off(
    content: bytes, flips: list[tuple[float, bytes]]
) -> None:
    received = damaged(content, flips)
    sent = without_metadata(received + content)
    assert SECRET not in sent
    scans = sent[sent.index(b"\xff\xda") :]
    assert received[received.index(b"\xff\xda") :].startswith(scans)
    assert scans.endswith(b"\xff\xd9")


@pytest.mark.parametrize(
    "tables",
    [
        segment(0xDB, b"\0" + bytes((0xFF, 0xD9)) * 32),
        segment(0xC4, b"\x1f" + bytes(15) + b"\2\xff\xd9"),
        b"\xff\xff" + segment(0xDD, b"\xff\xd9"),
    ],
)
def test_an_end_marker_within_a_table_between_scans_is_not_the_end(tables: bytes) -> None:
    content = file_of("jpeg", noise((300, 200)), exif=b"", progressive=True)
    last = content.rindex(b"\xff\xda")
    content = content[:last] + tables + content[last:]
    assert without_metadata(content + SECRET) == content


def test_a_segment_that_ends_nowhere_is_no_metadata() -> None:
    content = file_of("jpeg", noise((300, 200)), exif=b"")
    for marker in (0xE1, 0xEF, 0xFE, 0xC4, 0xDA, 0x03):
        damage = with_stray_marker(content, marker, length=500)
        assert without_metadata(damage) is damage


@pytest.mark.parametrize("before", [b"\xff\xff\xff", b"junk" + SECRET, b"\xff\0" + SECRET + b"\xff\xd3" + SECRET])
def test_bytes_between_the_segments_of_the_header_are_removed(before: bytes) -> None:
    content = file_of("jpeg", exif=b"")
    table = content.index(b"\xff\xdb")
    dirty = content[:table] + before + content[table:]
    assert without_metadata(dirty) == content
    assert pixels(without_metadata(dirty)) == pixels(dirty)


def test_a_jfif_thumbnail_is_removed_without_changing_the_colours() -> None:
    content = jfif_thumbnail_with_rgb_components()
    assert pixels(without_metadata(content)) == pixels(content)
    assert SECRET[:12] not in without_metadata(content)


@pytest.mark.parametrize("marker", [0xE1, 0xE2, 0xEB, 0xED, 0xEE])
@pytest.mark.parametrize("name", [b"Adobe", b"Adobe_CM\0", b"Adobe_Photoshop", b"ICC_PROFILE\0", b"JFIF\0"])
def test_only_the_segments_that_define_colours_are_kept(marker: int, name: bytes) -> None:
    if (marker, name) != (0xE2, b"ICC_PROFILE\0"):
        assert SECRET not in without_metadata(with_segment(marker, name.ljust(12, b"\0") + SECRET))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "LA", "1", "I;16"])
@pytest.mark.parametrize(
    ("name", "body"),
    [
        (b"gAMA", b"\0\0\xb1\x8f"),
        (b"tEXt", b"Comment\0" + SECRET),
        (b"eXIf", exif_with_location()),
        (b"acTL", b"\0\0\0\1\0\0\0\0"),
        (b"prVt", SECRET),
        (b"iCCP", b"not a profile"),
        (b"iCCP", b"P\0\0" + SECRET),
        (b"tRNS", b"\0"),
        (b"gAMA", b"\0"),
        (b"cHRM", SECRET),
    ],
)
def test_the_picture_of_a_png_does_not_depend_on_other_chunks(mode: str, name: bytes, body: bytes) -> None:
    image = picture(mode=mode)
    for damage in (1,) if (name, mode) == (b"tRNS", "P") else (0, 1):  # there it is a valid transparency
        cleaned = without_metadata(png_with(png_chunk(name, body, damage=damage), image=image))
        assert opened(cleaned).tobytes() == image.tobytes()
        assert SECRET not in cleaned


@given(st.binary(max_size=300), st.integers(0, 15))
def test_removing_metadata_twice_changes_nothing_more(body: bytes, application: int) -> None:
    once = without_metadata(with_segment(0xE0 + application, body))
    assert without_metadata(once) is once


@given(st.integers(-1, 10), st.sampled_from(sorted(TYPES)), st.integers(0, 9), st.sampled_from("<>"), st.integers(0, 3))
def test_an_orientation_is_read_from_every_type_of_number(
    value: int, number_type: int, count: int, order: str, prefixes: int
) -> None:
    if value < 0 and TYPES[number_type][0] in "BHI":
        value = 0
    data = exif(value, number_type=number_type, count=max(count, 1), order=order)
    if not count:
        data = data[:14] + bytes(4) + data[18:]
    expected = value if count and value in range(1, 9) else 1
    assert orientation(b"Exif\0\0" * prefixes + data) == expected


@pytest.mark.parametrize(
    ("xmp", "expected"),
    [
        (b'<rdf:Description tiff:Orientation="6"/>', 6),
        (b"<rdf:Description tiff:Orientation = '8'/>", 8),
        (b"<tiff:Orientation>3</tiff:Orientation>", 3),
        (b"<tiff:Orientation>11</tiff:Orientation>", 1),
        (b'tiff:Orientation="0"', 1),
    ],
)
def test_the_orientation_in_xmp_counts_if_exif_has_none(xmp: bytes, expected: int) -> None:
    content = with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)
    assert orientation_of(content) == expected
    assert orientation_of(png_with(png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))) == expected
    assert orientation(exif(2), xmp) == 2
    assert orientation(exif(9), xmp) == 1


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
@pytest.mark.parametrize("keyword", [b"Raw profile type exif", b"Raw profile type APP1"])
def test_the_orientation_is_read_from_a_text_of_a_png(keyword: bytes, prefix: bytes) -> None:
    text = image_magick_profile("exif", prefix + exif(7))
    for chunk in (
        png_chunk(b"tEXt", keyword + b"\0" + text),
        png_chunk(b"zTXt", keyword + b"\0\0" + zlib.compress(text)),
        png_chunk(b"iTXt", keyword + b"\0\1\0\0\0" + zlib.compress(text)),
    ):
        assert orientation_of(png_with(chunk)) == 7
    for broken in (b"", b"\n\n\nno digits", zlib.compress(bytes(10_000_000))):
        assert orientation_of(png_with(png_chunk(b"zTXt", keyword + b"\0\0" + broken))) == 1


def test_exif_data_in_two_segments_is_read_as_one() -> None:
    data = exif(5, number_type=10)
    content = jpeg_with(*(segment(0xE1, b"Exif\0\0" + part) for part in (data[:20], data[20:])))
    assert orientation_of(content) == 5


@pytest.mark.parametrize("data", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"nonsense", b"MM\0*\0\0\0\x08\xff\xff"])
def test_unreadable_exif_data_means_upright(data: bytes) -> None:
    assert orientation(data) == 1


@given(st.binary(max_size=120))
def test_any_exif_data_has_an_orientation(data: bytes) -> None:
    assert orientation(b"II*\0" + data) in range(1, 9)

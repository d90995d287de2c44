"""Metadata is removed, and the picture stays bit for bit the same."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops
from PIL.ExifTags import Base

from permit_ocr.images.formats import check_readable
from permit_ocr.images.metadata import orientation, without_metadata
from tests.unit.fakes import jpeg
from tests.unit.images.converter.files import SECRET, file_of, noise, picture, with_metadata


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2) + body


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


@given(st.binary(max_size=300), st.integers(0, 15))
def test_removing_metadata_twice_changes_nothing_more(body: bytes, application: int) -> None:
    once = without_metadata(with_segment(0xE0 + application, body))
    assert without_metadata(once) is once


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("value", range(1, 9))
def test_the_orientation_is_read_in_either_byte_order(value: int, order: str) -> None:
    exif = Image.Exif()
    exif.endian = "<" if order == "little" else ">"
    exif[Base.Make] = "A phone"
    exif[Base.Orientation] = value
    assert orientation(exif.tobytes().removeprefix(b"Exif\0\0")) == value


@pytest.mark.parametrize("exif", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"nonsense", b"MM\0*\0\0\0\x08\xff\xff"])
def test_unreadable_exif_data_means_upright(exif: bytes) -> None:
    assert orientation(exif) == 1


@given(st.binary(max_size=120))
def test_any_exif_data_has_an_orientation(exif: bytes) -> None:
    assert orientation(b"II*\0" + exif) in range(1, 9)

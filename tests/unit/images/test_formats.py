"""Checks of a file by its bytes, without decoding it."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.images import rejections as image_rejections
from permit_ocr.images.formats import Format, check_readable, format_of, is_provider_ready
from permit_ocr.images.rejections import CODES, rejection
from tests.unit.fakes.files import jpeg
from tests.unit.images.converter.broken import with_brands
from tests.unit.images.converter.files import FORMATS, LIMIT, WITH_ORIENTATION, file_of, noise, picture


@pytest.mark.parametrize("form", FORMATS)
def test_the_first_bytes_determine_the_format(form: str) -> None:
    assert format_of(file_of(form)[:1024]) is Format(form)


@pytest.mark.parametrize(
    "content",
    [b"", b"a text", b"PK\3\4", b"RIFF\0\0\0\0WAVE", b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", b"BZh9", b"\xff\xd8 text"],
)
def test_other_files_have_no_format(content: bytes) -> None:
    assert format_of(content) is None


@pytest.mark.parametrize(
    ("brands", "form"),
    [
        ((b"mif1", b"heic"), Format.HEIC),
        ((b"heic", b"mif1"), Format.HEIC),
        ((b"heix",), Format.HEIC),
        ((b"mif1", b"avif"), Format.AVIF),
        ((b"avif", b"heic"), Format.AVIF),
        ((b"mif1", b"miaf"), Format.HEIC),
        ((b"mif1",), Format.HEIC),
        ((b"msf1",), Format.HEIC),
        ((b"qt  ",), None),
    ],
)
def test_brands_distinguish_heic_avif_and_videos(brands: tuple[bytes, ...], form: Format | None) -> None:
    box = b"ftyp" + brands[0] + bytes(4) + b"".join(brands)
    assert format_of(struct.pack(">I", 4 + len(box)) + box + b"avif") is form


def test_a_file_without_codec_in_its_brands_is_avif_by_its_items() -> None:
    content = file_of("avif")
    assert format_of(with_brands(content, b"mif1")[:1024]) is Format.AVIF


def test_a_pdf_header_can_be_preceded_by_other_data() -> None:
    assert format_of(b"\n" * 900 + b"%PDF-1.4") is Format.PDF


@pytest.mark.parametrize("form", ["jpeg", "png"])
def test_an_upright_png_or_jpeg_within_the_limit_is_provider_ready(form: str) -> None:
    assert is_provider_ready(file_of(form), base64_limit=LIMIT)


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("form", ["jpeg", "png"])
def test_a_rotated_photo_is_not_provider_ready(form: str, orientation: int) -> None:
    assert not is_provider_ready(file_of(form, orientation=orientation), base64_limit=LIMIT)


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in {"jpeg", "png"}])
def test_other_formats_are_not_provider_ready(form: str) -> None:
    assert not is_provider_ready(file_of(form), base64_limit=LIMIT)


@pytest.mark.parametrize("missing", [1, 2, 9, 40])
@pytest.mark.parametrize("form", ["jpeg", "png"])
def test_only_decoding_shows_what_a_file_without_its_end_lacks(form: str, missing: int) -> None:
    content = file_of(form)[:-missing]
    assert not is_provider_ready(content, base64_limit=LIMIT)
    with pytest.raises(RejectDocument, match=r"^Document.Truncated$"):
        check_readable(content)


@pytest.mark.parametrize("form", ["jpeg", "png"])
def test_a_file_over_the_limit_is_not_provider_ready(form: str) -> None:
    content = file_of(form, noise((300, 200)))
    assert is_provider_ready(content, base64_limit=(len(content) + 2) // 3 * 4)
    assert not is_provider_ready(content, base64_limit=(len(content) + 2) // 3 * 4 - 1)


@pytest.mark.parametrize("content", [b"", b"a text", jpeg()[:12], jpeg()[:2] + jpeg()[-2:]])
def test_an_unreadable_file_is_rejected_without_conversion(content: bytes) -> None:
    assert is_provider_ready(content, base64_limit=LIMIT)
    with pytest.raises(RejectDocument):
        check_readable(content)


PNG = file_of("png", exif=b"")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "Document.Empty"),
        (b"GIF89a....", "Document.UnsupportedFormat"),
        (jpeg()[:-1], "Document.Truncated"),
        (jpeg()[:30], "Document.Truncated"),
        (b"\xff\xd8\xff\xd9", "Document.Damaged"),
        (jpeg()[:2] + b"\xff\xfe\0\2" * 5000 + jpeg()[2:], "Document.Damaged"),
        (file_of("jpeg", picture((199, 150))), "Document.TooSmall"),
        (file_of("jpeg", picture((400, 99))), "Document.TooSmall"),
        (PNG[:-1], "Document.Truncated"),
        (PNG[:20], "Document.Truncated"),
        (PNG[:50] + bytes([PNG[50] ^ 1]) + PNG[51:], "Document.Damaged"),
        (PNG[:29] + bytes([PNG[29] ^ 1]) + PNG[30:], "Document.Damaged"),
        (PNG.replace(b"IHDR", b"IDAT"), "Document.Damaged"),
        (file_of("png", save_all=True, append_images=[noise((400, 250))]), "Document.Animated"),
        (file_of("png", picture((199, 150))), "Document.TooSmall"),
    ],
)
def test_files_that_the_provider_would_refuse_are_rejected(content: bytes, code: str) -> None:
    with pytest.raises(RejectDocument) as caught:
        check_readable(content)
    assert caught.value.code == code


@pytest.mark.parametrize("form", ["jpeg", "png"])
def test_a_decompression_bomb_is_rejected_by_its_header(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("permit_ocr.images.formats.MAX_PIXELS", 400 * 250 - 1)
    with pytest.raises(RejectDocument) as caught:
        check_readable(file_of(form))
    assert caught.value.code == "Document.TooManyPixels"


def test_restart_markers_and_progressive_scans_are_part_of_the_image() -> None:
    for options in ({"progressive": True}, {"restart_marker_blocks": 2}, {"optimize": True}):
        content = file_of("jpeg", noise((300, 200)), **options)
        check_readable(content)


@given(st.binary(max_size=200), st.sampled_from(["jpeg", "png", ""]))
def test_any_bytes_are_readable_or_rejected(tail: bytes, form: str) -> None:
    content = {"jpeg": jpeg()[:2], "png": PNG[:33], "": b""}[form] + tail
    is_provider_ready(content, base64_limit=LIMIT)
    try:
        check_readable(content)
    except RejectDocument as error:
        assert error.code in CODES  # noqa: PT017  most are rejected, not all


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_rejection_has_a_meaning_and_advice(code: str) -> None:
    error = rejection(code)
    assert error.code == code
    assert error.meaning.endswith(".")
    assert error.advice.endswith(".")


@pytest.mark.parametrize(
    ("code", "limit"),
    [("TooManyPixels", "MAX_PIXELS"), ("TooManyPages", "MAX_PAGES"), ("TooManyBytes", "MAX_BYTES")],
)
def test_a_rejection_states_its_limit(code: str, limit: str) -> None:
    value: Any = getattr(image_rejections, limit)
    assert f"{value:,}" in rejection(f"Document.{code}").meaning


def test_formats_with_an_orientation_are_known() -> None:
    assert set(WITH_ORIENTATION) <= set(Format)

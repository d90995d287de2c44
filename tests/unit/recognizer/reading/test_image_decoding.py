import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from permit_ocr.domain.permits import Kind
from permit_ocr.images.formats import is_provider_ready
from permit_ocr.images.rejections import MAX_PIXELS, MAX_UNSCALED_PIXELS
from recognizer.reading import image_decoding
from recognizer.reading.image_decoding import EmptyFile, NotAnImage, TooManyPixels, decode
from recognizer.reading.reader import ReadingError, read


def file(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """Return a PNG of 70 bytes whose header declares this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def test_pixels_are_blue_green_red() -> None:
    decoded = decode(file(Image.new("RGB", (4, 2), (10, 20, 30))))
    assert decoded.pixels.shape == (2, 4, 3)
    assert decoded.pixels[0, 0].tolist() == [30, 20, 10]
    assert decoded.scale == 1


def test_a_large_photo_is_downscaled_and_reports_its_factor() -> None:
    decoded = decode(file(Image.new("RGB", (4800, 1200)), "JPEG"))
    assert decoded.pixels.shape == (600, 2400, 3)
    assert decoded.scale == pytest.approx(2.0)


def test_an_exif_orientation_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    decoded = decode(file(Image.new("RGB", (40, 20)), "JPEG", exif=exif))
    assert decoded.pixels.shape == (40, 20, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_becomes_upright(kind: str, orientation: int) -> None:
    """Compares with Pillow's rotation, on an image with four different corners."""
    picture = Image.new("RGB", (60, 40), "white")
    for colour, corner in (("red", (0, 0)), ("green", (40, 0)), ("blue", (0, 20))):
        picture.paste(colour, (*corner, corner[0] + 20, corner[1] + 20))
    exif = Image.Exif()
    exif[0x0112] = orientation
    written = file(picture, kind, exif=exif)
    with Image.open(io.BytesIO(written)) as again:
        expected = np.asarray(ImageOps.exif_transpose(again).convert("RGB"))
    assert np.array_equal(decode(written).pixels[:, :, ::-1], expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_position_is_in_pixels_of_the_file_as_stored(orientation: int) -> None:
    picture = Image.new("RGB", (4800, 3200))
    picture.paste("red", (400, 800, 480, 880))
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(file(picture, exif=exif))
    rows, columns = np.nonzero(decoded.pixels[:, :, 2] > 128)
    assert decoded.in_file(columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx((440, 840), abs=2)


def test_invalid_metadata_is_ignored() -> None:
    """The resolution unit is too large to be written back, as in files of some cameras."""
    entries = struct.pack("<HHHIHHHHII", 2, 0x0112, 3, 1, 6, 0, 0x0128, 4, 1, 70_000)
    exif = b"Exif\0\0II*\0" + struct.pack("<I", 8) + entries + struct.pack("<I", 0)
    decoded = decode(file(Image.new("RGB", (40, 20)), "JPEG", exif=exif))
    assert decoded.pixels.shape == (40, 20, 3)
    decoded = decode(file(Image.new("RGB", (40, 20)), "JPEG", exif=b"Exif\0\0no metadata at all"))
    assert decoded.pixels.shape == (20, 40, 3)


def test_a_large_image_is_rotated_as_well() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    for kind in ("PNG", "JPEG"):
        decoded = decode(file(Image.new("RGB", (6000, 1500), "white"), kind, exif=exif))
        assert decoded.pixels.shape == (2400, 600, 3)
        assert decoded.scale == pytest.approx(2.5)


def test_16_bit_grey_keeps_its_shades() -> None:
    shades = np.linspace(0, 65535, 256 * 16).astype(np.uint16).reshape(16, 256)
    decoded = decode(file(Image.fromarray(shades)))
    assert np.array_equal(decoded.pixels[:, :, 0], shades >> 8)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "1"])
def test_downscaling_in_bands_gives_the_same_image(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no seam between bands: a gradient stays smooth and as bright as Pillow's result for the whole image."""
    monkeypatch.setattr(image_decoding, "_WORKING_SIDE", 240)
    monkeypatch.setattr(image_decoding, "_BAND_ROWS", 16)
    slope = Image.linear_gradient("L").resize((731, 556)).convert(mode)
    decoded = decode(file(slope))
    whole = np.asarray(slope.convert("RGB").reduce(3).resize((240, decoded.pixels.shape[0])), int)
    assert decoded.pixels.shape == whole.shape
    assert decoded.scale == pytest.approx(731 / 240)
    assert np.abs(decoded.pixels.astype(int) - whole).max() <= 1


def test_transparent_areas_become_white() -> None:
    picture = Image.new("RGBA", (2, 2), (0, 0, 0, 0))
    picture.putpixel((1, 1), (0, 0, 0, 255))
    pixels = decode(file(picture)).pixels
    assert pixels[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_that_is_zero_everywhere_is_ignored(mode: str) -> None:
    picture = Image.new("RGBA", (6000, 300), (90, 90, 90, 0)).convert(mode)
    pixels = decode(file(picture)).pixels
    assert pixels[0, 0].tolist() == [90, 90, 90]


@pytest.mark.parametrize(
    ("number_type", "layout"), [(1, "B3x"), (3, "H2x"), (4, "I"), (6, "b3x"), (8, "h2x"), (9, "i")]
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_an_orientation_of_any_type_is_applied(number_type: int, layout: str, order: str) -> None:
    entry = struct.pack(f"{order}HHI{layout}", 0x0112, number_type, 1, 6)
    exif = b"Exif\0\0" + (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, 1) + entry + bytes(4)
    for kind in ("JPEG", "PNG"):
        pixels = decode(file(Image.new("RGB", (40, 20)), kind, exif=exif)).pixels
        assert pixels.shape == (40, 20, 3)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK"])
def test_every_colour_mode_becomes_three_channels(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert decode(file(Image.new(mode, (4, 4)), kind)).pixels.shape == (4, 4, 3)


def test_zero_bytes_are_an_empty_file() -> None:
    with pytest.raises(EmptyFile):
        decode(b"")


@pytest.mark.parametrize(
    "broken",
    [
        b"no image at all",
        file(Image.new("RGB", (20, 20)), "GIF"),
        file(Image.new("RGB", (20, 20)), "BMP"),
        file(Image.effect_noise((200, 200), 50).convert("RGB"), "JPEG")[:2000],
        file(Image.effect_noise((200, 200), 50))[:2000],
    ],
)
def test_anything_but_a_complete_png_or_jpeg_is_rejected(broken: bytes) -> None:
    with pytest.raises(NotAnImage):
        decode(broken)


def test_too_many_pixels_are_rejected_before_decoding() -> None:
    with pytest.raises(TooManyPixels):
        decode(png_that_claims(60_000, MAX_PIXELS // 60_000 + 1))


def test_images_that_cannot_be_scaled_while_decoding_have_a_lower_limit() -> None:
    side = int(MAX_UNSCALED_PIXELS**0.5) + 1
    assert MAX_UNSCALED_PIXELS < side**2 < MAX_PIXELS
    with pytest.raises(TooManyPixels):
        decode(png_that_claims(side, side))
    grey = Image.new("L", (side, side))
    with pytest.raises(TooManyPixels):
        decode(file(grey, "JPEG", progressive=True))
    assert decode(file(grey, "JPEG")).pixels.shape == (2400, 2400, 3)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "progressive"])
def test_the_application_sends_what_is_not_too_large_to_decode(kind: str) -> None:
    """Every other image within the application's limit is reduced first."""
    for pixels in (MAX_UNSCALED_PIXELS, MAX_UNSCALED_PIXELS + 10_000, MAX_PIXELS):
        picture = Image.new("L", (10_000, pixels // 10_000))
        content = file(picture, kind.replace("progressive", "JPEG"), progressive=kind == "progressive")
        assert is_provider_ready(content, base64_limit=10**8) == (kind == "JPEG" or pixels == MAX_UNSCALED_PIXELS)
        if is_provider_ready(content, base64_limit=10**8):
            decode(content)


def seed_files() -> list[bytes]:
    """Return an image in every file format, with metadata, as input for mutations."""
    picture = Image.effect_noise((48, 32), 60)
    exif = Image.Exif()
    exif[0x0112], exif[0x0128] = 6, 2
    png = [file(picture.convert(mode), exif=exif) for mode in ("RGB", "RGBA", "P", "LA", "1", "I;16")]
    jpeg = [
        file(picture.convert(mode), "JPEG", exif=exif, progressive=progressive)
        for mode in ("RGB", "L", "CMYK")
        for progressive in (False, True)
    ]
    return [*png, *jpeg, file(picture.convert("RGB"), "MPO", save_all=True, append_images=[picture.convert("RGB")])]


SEEDS = seed_files()
CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=6), st.integers(0, 6)), max_size=6)


def with_right_sums(png: bytes) -> bytes:
    """Return a PNG with correct chunk checksums, so that mutations are not rejected by those."""
    fixed, rest = png[:8], png[8:]
    while len(rest) >= 12:
        size = min(int.from_bytes(rest[:4]), len(rest) - 12)
        chunk = rest[4 : 8 + size]
        fixed += rest[:4] + chunk + struct.pack(">I", zlib.crc32(chunk))
        rest = rest[12 + size :]
    return fixed + rest


@pytest.mark.filterwarnings(
    "ignore:Corrupt EXIF",
    "ignore:Tag data larger",
    "ignore:Truncated File",
    "ignore:Image appears to be a malformed MPO",
)
@given(st.sampled_from(SEEDS), CHANGES, st.booleans())
@settings(deadline=None, max_examples=300)
def test_any_file_gives_pixels_or_a_documented_exception(
    seed: bytes,
    changes: list[tuple[float, bytes, int]],
    early: bool,  # noqa: FBT001
) -> None:
    changed = seed
    for position, instead, left_out in changes:
        at = int(position * min(len(changed), 400 if early else len(changed)))  # where headers and metadata are
        changed = changed[:at] + instead + changed[at + left_out :]
    if changed.startswith(b"\x89PNG"):
        changed = with_right_sums(changed)
    try:
        decoded = decode(changed)
    except (EmptyFile, NotAnImage, TooManyPixels):
        return
    assert decoded.pixels.dtype == np.uint8
    assert decoded.pixels.ndim == 3
    assert decoded.pixels.shape[2] == 3
    assert decoded.scale >= 1


@pytest.mark.filterwarnings("ignore:Corrupt EXIF", "ignore:Tag data larger")
@given(st.binary(max_size=120))
@settings(deadline=None, max_examples=300)
def test_any_metadata_leaves_the_image_intact(metadata: bytes) -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0" + metadata
    assert decode(file(Image.new("RGB", (40, 20)), "JPEG", exif=exif)).pixels.size == 40 * 20 * 3


@pytest.mark.parametrize(
    ("image", "kind", "code"),
    [
        (b"", Kind.RESIDENCE_PERMIT, "FailedOperation.EmptyImageError"),
        (b"", Kind.MAINLAND_PERMIT, "FailedOperation.ImageDecodeFailed"),
        (b"GIF89a", Kind.RESIDENCE_PERMIT, "FailedOperation.ImageDecodeFailed"),
        (png_that_claims(90_000, 90_000), Kind.MAINLAND_PERMIT, "LimitExceeded.TooLargeFileError"),
    ],
)
def test_an_unreadable_file_gets_the_actions_error_code(image: bytes, kind: Kind, code: str) -> None:
    with pytest.raises(ReadingError) as caught:
        read(image, kind=kind)
    assert caught.value.code == code

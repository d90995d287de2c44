import io
import struct
import zlib

import pytest
from PIL import Image

from permit_ocr.domain.permits import Kind
from recognizer.reading import engine, photograph
from recognizer.reading.photograph import EmptyFile, NotAnImage, TooManyPixels, decode
from recognizer.reading.reader import ReadingError, read


def file(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """Return a PNG of 70 bytes whose header promises that many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def test_colours_come_as_blue_green_red() -> None:
    pixels, scale = decode(file(Image.new("RGB", (4, 2), (10, 20, 30))))
    assert pixels.shape == (2, 4, 3)
    assert pixels[0, 0].tolist() == [30, 20, 10]
    assert scale == 1


def test_a_large_photograph_is_made_smaller_and_says_by_how_much() -> None:
    pixels, scale = decode(file(Image.new("RGB", (4800, 1200)), "JPEG"))
    assert pixels.shape == (600, 2400, 3)
    assert scale == pytest.approx(2.0)


def test_an_exif_orientation_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels, _ = decode(file(Image.new("RGB", (40, 20)), "JPEG", exif=exif))
    assert pixels.shape == (40, 20, 3)


def test_transparent_parts_are_white_paper() -> None:
    pixels, _ = decode(file(Image.new("RGBA", (2, 2), (0, 0, 0, 0))))
    assert pixels[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK"])
def test_every_colour_mode_becomes_three_channels(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert decode(file(Image.new(mode, (4, 4)), kind))[0].shape == (4, 4, 3)


def test_no_bytes_are_an_empty_file() -> None:
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
def test_what_is_not_a_whole_png_or_jpeg_is_no_image(broken: bytes) -> None:
    with pytest.raises(NotAnImage):
        decode(broken)


def test_too_many_pixels_are_refused_by_the_header_alone() -> None:
    with pytest.raises(TooManyPixels):
        decode(png_that_claims(60_000, photograph.MOST_PIXELS // 60_000 + 1))


def test_a_failure_of_the_models_is_ocr_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_image: object) -> None:
        raise engine.FAILURES[0]("what was read")

    monkeypatch.setattr(engine, "find_text", fail)
    with pytest.raises(ReadingError) as caught:
        read(file(Image.new("RGB", (40, 20))), kind=Kind.MAINLAND_PERMIT)
    assert caught.value.code == "FailedOperation.OcrFailed"


@pytest.mark.parametrize(
    ("image", "kind", "code"),
    [
        (b"", Kind.RESIDENCE_PERMIT, "FailedOperation.EmptyImageError"),
        (b"", Kind.MAINLAND_PERMIT, "FailedOperation.ImageDecodeFailed"),
        (b"GIF89a", Kind.RESIDENCE_PERMIT, "FailedOperation.ImageDecodeFailed"),
        (png_that_claims(90_000, 90_000), Kind.MAINLAND_PERMIT, "LimitExceeded.TooLargeFileError"),
    ],
)
def test_a_file_that_cannot_be_read_gets_the_actions_own_code(image: bytes, kind: Kind, code: str) -> None:
    with pytest.raises(ReadingError) as caught:
        read(image, kind=kind)
    assert caught.value.code == code

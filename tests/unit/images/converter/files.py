"""Test files like those that people send: any format and orientation, with metadata that must be removed."""

import io
import math
import random
from typing import Any, Final

import pillow_heif
from PIL import Image, ImageCms, ImageColor, ImageDraw, PngImagePlugin
from PIL.ExifTags import GPS, IFD, Base

pillow_heif.register_heif_opener()

SECRET: Final = b"22.2793N-114.1628E"
"""A text in all metadata: where it is found, metadata was not removed."""
LIMIT: Final = 7 * 1024 * 1024
CORNERS: Final = {"top left": "red", "top right": "lime", "bottom left": "blue", "bottom right": "black"}
_INVERSE: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "jpeg": {"format": "JPEG", "quality": 92},
    "png": {"format": "PNG"},
    "heic": {"format": "HEIF", "quality": 90},
    "avif": {"format": "AVIF", "quality": 90, "speed": 10},
    "webp": {"format": "WEBP", "quality": 90},
    "tiff": {"format": "TIFF", "compression": "tiff_lzw"},
    "bmp": {"format": "BMP"},
    "gif": {"format": "GIF"},
    "pdf": {"format": "PDF", "resolution": 72},
}
FORMATS: Final = tuple(_OPTIONS)
WITH_ORIENTATION: Final = ("jpeg", "png", "heic", "avif", "webp", "tiff")


def picture(size: tuple[int, int] = (400, 250), mode: str = "RGB") -> Image.Image:
    """Return a picture with four different quarters, which show its orientation."""
    width, height = size
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    for corner, colour in CORNERS.items():
        left, top = width // 2 * ("right" in corner), height // 2 * ("bottom" in corner)
        draw.rectangle((left, top, left + width // 2, top + height // 2), fill=colour)
    return image.convert(mode)


def noise(size: tuple[int, int]) -> Image.Image:
    """Return a picture that cannot be compressed."""
    return Image.frombytes("RGB", size, random.Random(0).randbytes(size[0] * size[1] * 3))


def file_of(form: str, image: Image.Image | None = None, *, orientation: int = 1, **more: Any) -> bytes:
    """Return a file with its picture turned so that ``orientation`` makes it upright."""
    image = image or picture()
    turned = image.transpose(_INVERSE[orientation]) if orientation in _INVERSE else image
    options = dict(_OPTIONS[form])
    if form in WITH_ORIENTATION:
        exif = Image.Exif()
        exif[Base.Orientation] = orientation
        options["exif"] = exif.tobytes()
    if form == "tiff":
        options["tiffinfo"] = {274: orientation}
        del options["exif"]
    file = io.BytesIO()
    turned.save(file, **options | more)
    return file.getvalue()


def exif_with_location() -> bytes:
    exif = Image.Exif()
    exif[Base.ImageDescription] = SECRET.decode()
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSMapDatum] = SECRET.decode()
    return exif.tobytes()


def with_metadata(form: str) -> bytes:
    """Return a photo with a location in every kind of metadata of its format, and a colour profile."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options: dict[str, Any] = {"exif": exif_with_location(), "xmp": b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"}
    match form:
        case "jpeg":
            options |= {"icc_profile": profile, "comment": SECRET}
        case "png":
            texts = PngImagePlugin.PngInfo()
            texts.add_text("Comment", SECRET.decode())
            texts.add_text("Location", SECRET.decode(), zip=True)
            texts.add_itxt("Place", SECRET.decode())
            options = {"icc_profile": profile, "exif": exif_with_location(), "pnginfo": texts}
        case "tiff":
            options = {"tiffinfo": {270: SECRET.decode(), 700: SECRET, 33723: SECRET}, "icc_profile": profile}
        case "gif":
            options = {"comment": SECRET}
        case "pdf":
            options = {"title": SECRET.decode(), "author": SECRET.decode()}
        case "bmp":
            options = {}
        case _:
            options |= {"icc_profile": profile}
    if form == "heic":
        image = picture()
        image.info["xmp"] = options.pop("xmp")
        return file_of(form, image, **options)
    return file_of(form, **options)


def corners_of(image: Image.Image) -> dict[str, str]:
    """Return the colour of each quarter, by name."""
    colours = {}
    for corner in CORNERS:
        x = image.width * (3 if "right" in corner else 1) // 4
        y = image.height * (3 if "bottom" in corner else 1) // 4
        pixel = image.convert("RGB").getpixel((x, y))
        assert isinstance(pixel, tuple)
        colours[corner] = min(CORNERS.values(), key=lambda name: math.dist(ImageColor.getrgb(name), pixel))
    return colours

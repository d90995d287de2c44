"""A picture as a file that the provider takes, at the least loss that fits.

Stronger compression costs less of a photograph than fewer pixels do. One of 12 megapixels and 6.5 MB (a specimen with
a camera's noise), by what is left of it at about the same size:

| 5.5 MB fit (intl)                | bytes     | PSNR    |
|----------------------------------|-----------|---------|
| quality 90, all pixels           | 4,695,622 | 35.4 dB |
| quality 95, nine tenths of sides | 4,787,764 | 32.4 dB |
| quality 85, all pixels           | 3,662,775 | 33.8 dB |
| quality 95, eight tenths         | 3,642,789 | 30.7 dB |
| quality 80, all pixels           | 2,976,376 | 31.3 dB |
| quality 95, seven tenths         | 2,669,064 | 29.5 dB |
"""

import io
import math
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from permit_ocr.images.formats import base64_length

_QUALITIES: Final = (95, 90, 85, 80, 75)
_SMALLER: Final = 0.95
"""What is left of each side beyond what the sizes of the files ask for: a smaller picture compresses a little worse."""


@dataclass(frozen=True, slots=True)
class ProviderReadyImage:
    """A PNG or JPEG file without metadata."""

    content: bytes
    extension: str


def fitted(picture: Image.Image, *, base64_limit: int) -> ProviderReadyImage:
    """Return ``picture`` (mode 1, L or RGB) as a file of at most ``base64_limit`` bytes as Base64.

    Two colours become a PNG. All else becomes a JPEG of as many pixels as it has, of lower quality if need be, and only
    then of fewer pixels. What its colours mean goes along; whatever else it says of itself stays behind.
    """
    profile = picture.info.get("icc_profile") or b""
    if base64_length(len(profile)) > base64_limit // 4:
        profile = b""  # no camera's; it would leave no room for the picture
    picture.info = {}
    if picture.mode == "1":
        content = _saved(picture, "PNG")
        if base64_length(len(content)) <= base64_limit:
            return ProviderReadyImage(content, "png")
        picture = picture.convert("L")
    content = _jpeg(picture, _QUALITIES[0], profile)
    for quality in _QUALITIES[1:]:
        if base64_length(len(content)) <= base64_limit:
            break
        content = _jpeg(picture, quality, profile)
    while base64_length(len(content)) > base64_limit:
        scale = math.sqrt(base64_limit / base64_length(len(content))) * _SMALLER
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
        content = _jpeg(picture, _QUALITIES[-1], profile)
    return ProviderReadyImage(content, "jpg")


def _jpeg(picture: Image.Image, quality: int, profile: bytes) -> bytes:
    return _saved(picture, "JPEG", quality=quality, optimize=True, icc_profile=profile)


def _saved(picture: Image.Image, form: str, **options: Any) -> bytes:  # noqa: ANN401  Pillow's
    file = io.BytesIO()
    try:
        picture.save(file, form, **options)
    except OSError as error:  # nothing is written to a disk here: what is missing is memory
        raise MemoryError from error
    return file.getvalue()

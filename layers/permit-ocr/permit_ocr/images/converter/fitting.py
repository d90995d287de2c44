"""Save a picture as a file within the provider's limit, with as little loss as possible.

Stronger compression loses less of a photo than fewer pixels do. A photo of 12 megapixels and 6.5 MB (a specimen with
camera noise), compared at similar sizes:

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
"""An extra reduction of each side, because a smaller picture compresses slightly worse."""


@dataclass(frozen=True, slots=True)
class ProviderReadyImage:
    """A PNG or JPEG file without metadata."""

    content: bytes
    extension: str


def fitted(picture: Image.Image, *, base64_limit: int) -> ProviderReadyImage:
    """Return ``picture`` (mode 1, L or RGB) as a file of at most ``base64_limit`` bytes in Base64.

    A two-colour picture becomes a PNG, any other a JPEG: first with reduced quality if necessary, then with fewer
    pixels. The colour profile is kept, all other metadata is dropped.
    """
    profile = picture.info.get("icc_profile") or b""
    if base64_length(len(profile)) > base64_limit // 4:
        profile = b""  # no camera writes such a large one; it would leave no room for the picture
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


def _saved(picture: Image.Image, file_format: str, **options: Any) -> bytes:  # noqa: ANN401  Pillow's
    file = io.BytesIO()
    try:
        picture.save(file, file_format, **options)
    except OSError as error:  # nothing is written to disk here, so memory is exhausted
        raise MemoryError from error
    return file.getvalue()

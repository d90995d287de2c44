"""Why a file can never be recognised, by code. This is found out before the provider is paid."""

from typing import Final

from permit_ocr.domain.errors import RejectDocument

MIN_SIDES: Final = (200, 100)
"""Pixels of the longer and the shorter side. On a card that is 200 pixels long, characters are 6 pixels high: nobody
can read them."""
MAX_PIXELS: Final = 64_000_000
"""More than an ordinary photo of any phone. A PNG of a few kilobytes may decode to gigabytes of pixels."""
MAX_UNSCALED_PIXELS: Final = 40_000_000
"""What the recogniser decodes of images that cannot be downscaled while decoding: PNG (4 bytes a pixel) and progressive
JPEG (up to 8). The application reduces larger ones before they are sent."""
MAX_PAGES: Final = 20
MAX_BYTES: Final = 50_000_000
"""Of a file that is converted: 20 scanned pages of 2.5 MB each."""
DECODING_SECONDS: Final = 30
DECODING_MEGABYTES: Final = 380

_ANOTHER_PHOTO: Final = "Take another photo, or export the file again."
_REJECTIONS: Final = {
    "Document.Gone": ("The uploaded object no longer exists.", "Upload the photo again."),
    "Document.Empty": ("The file is empty.", "Upload the photo again."),
    "Document.UnsupportedFormat": (
        "The file is not a JPEG, PNG, HEIC, AVIF, WebP, TIFF, BMP, GIF or PDF.",
        "Send a photo or a scan in one of these formats.",
    ),
    "Document.TooSmall": (
        f"The image is smaller than {MIN_SIDES[0]} × {MIN_SIDES[1]} pixels.",
        "Send the photo itself, not a preview.",
    ),
    "Document.TooManyPixels": (
        f"The image has more than {MAX_PIXELS:,} pixels.",
        "Send a smaller photo; 12 megapixels are plenty.",
    ),
    "Document.TooManyBytes": (f"The file is larger than {MAX_BYTES:,} bytes.", "Send a smaller file."),
    "Document.TooManyPages": (f"The file has more than {MAX_PAGES} pages.", "Send only the pages with the permits."),
    "Document.Truncated": ("The file is incomplete.", "Upload the complete photo again."),
    "Document.Damaged": ("The file is damaged and cannot be decoded.", _ANOTHER_PHOTO),
    "Document.Animated": ("The image is animated.", "Send one still photo of each side."),
    "Document.Encrypted": ("The PDF needs a password.", "Send it without a password."),
    "Document.TooCostly": (
        f"Decoding the file takes more than {DECODING_SECONDS} seconds or {DECODING_MEGABYTES} MB.",
        _ANOTHER_PHOTO,
    ),
}
CODES: Final = frozenset(_REJECTIONS)


def rejection(code: str) -> RejectDocument:
    """Return the rejection with ``code``, one of ``CODES``."""
    return RejectDocument(code, *_REJECTIONS[code])

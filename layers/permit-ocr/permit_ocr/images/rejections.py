"""Why a file can never be read, told before anyone is paid to try.

By code: the function that opens such files tells the others no more than that.
"""

from typing import Final

from permit_ocr.domain.errors import RejectDocument

LEAST_SIDES: Final = (200, 100)
"""Pixels of the longer and the shorter side. A card that is 200 pixels long has letters of six: nobody reads them."""
MOST_PIXELS: Final = 64_000_000
"""More than any telephone's ordinary photograph. A few kilobytes of PNG may hold gigabytes of pixels."""
MOST_PAGES: Final = 20
MOST_BYTES: Final = 50_000_000
"""Of a file that is made to fit: 20 scanned pages of 2.5 MB each."""
DECODING_SECONDS: Final = 30
DECODING_MEGABYTES: Final = 380

_PHOTOGRAPH_AGAIN: Final = "Take another photograph, or export the file again."
_REJECTIONS: Final = {
    "Document.Gone": ("The uploaded object is no longer there.", "Upload the photograph again."),
    "Document.Empty": ("The file is empty.", "Upload the photograph again."),
    "Document.UnsupportedFormat": (
        "The file is none of JPEG, PNG, HEIC, AVIF, WebP, TIFF, BMP, GIF and PDF.",
        "Send a photograph or a scan in one of these formats.",
    ),
    "Document.TooSmall": (
        f"The image is smaller than {LEAST_SIDES[0]} × {LEAST_SIDES[1]} pixels.",
        "Send the photograph itself, not a preview of it.",
    ),
    "Document.TooManyPixels": (
        f"The image has more than {MOST_PIXELS:,} pixels.",
        "Send a smaller photograph; 12 megapixels are plenty.",
    ),
    "Document.TooManyBytes": (f"The file is larger than {MOST_BYTES:,} bytes.", "Send a smaller file."),
    "Document.TooManyPages": (f"The file has more than {MOST_PAGES} pages.", "Send the pages of the permits alone."),
    "Document.Truncated": ("The file ends before its image does.", "Upload the photograph again, to its end."),
    "Document.Damaged": ("The file is damaged: it cannot be decoded.", _PHOTOGRAPH_AGAIN),
    "Document.Animated": ("The image is animated.", "Send one still photograph of each side."),
    "Document.Encrypted": ("The PDF opens only with a password.", "Send it without one."),
    "Document.TooCostly": (
        f"Decoding the file takes more than {DECODING_SECONDS} seconds or {DECODING_MEGABYTES} MB.",
        _PHOTOGRAPH_AGAIN,
    ),
}
CODES: Final = frozenset(_REJECTIONS)


def rejection(code: str) -> RejectDocument:
    """Return the rejection that ``code``, one of ``CODES``, stands for."""
    return RejectDocument(code, *_REJECTIONS[code])

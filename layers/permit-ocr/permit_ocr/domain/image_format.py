"""What can be told of an image before anyone is paid to look at it."""

from typing import Final

from permit_ocr.domain.errors import RejectDocument

_SIGNATURES: Final = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"))


def base64_length(size: int) -> int:
    """Return how many bytes ``size`` bytes become as Base64."""
    return (size + 2) // 3 * 4


def refuse_what_cannot_be_read(content: bytes, *, base64_limit: int) -> None:
    """Raise ``RejectDocument`` for an image that the provider would refuse.

    Empty (billed all the same), too large, or neither PNG nor JPEG.
    """
    if not content:
        raise RejectDocument("Document.Empty", "The file is empty.", "Upload the photograph again.")
    refuse_too_large(len(content), base64_limit=base64_limit)
    if not any(content.startswith(signature) for signature, _ in _SIGNATURES):
        raise RejectDocument(
            "Document.UnsupportedFormat", "The file is neither a PNG nor a JPEG image.", "Send a PNG or a JPEG file."
        )


def refuse_too_large(size: int, *, base64_limit: int) -> None:
    """Raise ``RejectDocument`` if ``size`` bytes are more than ``base64_limit`` bytes as Base64."""
    if base64_length(size) > base64_limit:
        raise RejectDocument(
            "Document.TooLarge",
            f"The image is larger than {base64_limit // 4 * 3:,} bytes ({base64_limit:,} as Base64).",
            "Send a smaller image, for example with fewer pixels or stronger JPEG compression.",
        )

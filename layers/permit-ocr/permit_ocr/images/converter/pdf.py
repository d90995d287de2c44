"""PDF files: what scanners and offices send."""

import math
from pathlib import Path
from typing import Final

import pypdfium2
import pypdfium2.raw
from PIL import Image

from permit_ocr.images.formats import refuse_size
from permit_ocr.images.rejections import rejection

_LOCKED: Final = frozenset((pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY))
_POINTS_AN_INCH: Final = 72
_DOTS_AN_INCH: Final = 300
"""What scanners are set to for text: a card has 1,012 pixels across then."""
_LEAST_LONG_SIDE: Final = 2400
"""Pixels of a page that is no larger than a card: what it shows may be a photograph of any size."""
_MOST_PIXELS: Final = 12_000_000
"""A sheet of A4 at 300 dots an inch has 8.7 million."""


class PdfPages:
    """The pages of a PDF, drawn one at a time as a printer would."""

    def __init__(self, file: Path) -> None:
        """Open ``file``. Raises ``RejectDocument``."""
        try:
            self._document = pypdfium2.PdfDocument(file)
        except pypdfium2.PdfiumError as error:
            raise rejection("Document.Encrypted" if error.err_code in _LOCKED else "Document.Damaged") from error
        self.count = len(self._document)

    def picture(self, number: int) -> Image.Image:
        """See ``Pages``."""
        try:
            page = self._document[number - 1]
        except pypdfium2.PdfiumError as error:
            raise rejection("Document.Damaged") from error
        try:
            width, height = page.get_size()
            scale = _scale(width, height)
            refuse_size(math.ceil(width * scale), math.ceil(height * scale))
            picture: Image.Image = page.render(scale=scale).to_pil()
        except pypdfium2.PdfiumError as error:
            raise rejection("Document.Damaged") from error
        finally:
            page.close()
        return picture


def _scale(width: float, height: float) -> float:
    """Return how many pixels a point becomes on a page of so many points."""
    if min(width, height) < 1:
        raise rejection("Document.TooSmall")
    scale = max(_DOTS_AN_INCH / _POINTS_AN_INCH, _LEAST_LONG_SIDE / max(width, height))
    return min(scale, math.sqrt(_MOST_PIXELS / (width * height)))

"""PDF files, as scanners and offices produce them."""

import math
from contextlib import closing
from pathlib import Path
from typing import Final

import pypdfium2
import pypdfium2.raw
from PIL import Image

from permit_ocr.images.formats import check_size
from permit_ocr.images.rejections import rejection

_LOCKED: Final = frozenset((pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY))
_POINTS_PER_INCH: Final = 72
_DOTS_PER_INCH: Final = 300
"""A usual scanner setting for text: a card is then 1,012 pixels wide."""
_MIN_LONG_SIDE: Final = 2400
"""Pixels of a small page, such as one of a card's size: it may contain a photo of any resolution."""
_MAX_PIXELS: Final = 12_000_000
"""An A4 page at 300 dots per inch has 8.7 million."""


class PdfPages:
    """The pages of a PDF, rendered one at a time."""

    def __init__(self, file: Path) -> None:
        """Open ``file``. Raises ``RejectDocument``."""
        try:
            self._document = pypdfium2.PdfDocument(file)
        except pypdfium2.PdfiumError as error:
            raise rejection("Document.Encrypted" if error.err_code in _LOCKED else "Document.Damaged") from error
        _draw_form_fields(self._document)
        self.count = len(self._document)

    def picture(self, number: int) -> Image.Image:
        """See ``Pages``."""
        try:
            with closing(self._document[number - 1]) as page:
                width, height = page.get_size()
                scale = _scale(width, height)
                check_size(math.ceil(width * scale), math.ceil(height * scale))
                picture: Image.Image = page.render(scale=scale).to_pil()
        except pypdfium2.PdfiumError as error:
            raise rejection("Document.Damaged") from error
        return picture


def _draw_form_fields(document: pypdfium2.PdfDocument) -> None:
    """Make PDFium draw form fields, which may contain a photo; this has to come before pages are opened.

    ``init_forms`` does nothing for a document without a list of its fields, but viewers draw those, too. Scripts cannot
    run: the library is built without JavaScript and XFA.
    """
    configuration = pypdfium2.raw.FPDF_FORMFILLINFO(version=2)
    handle = pypdfium2.raw.FPDFDOC_InitFormFillEnvironment(document, configuration)
    if handle:
        document.formenv = pypdfium2.PdfFormEnv(handle, configuration)


def _scale(width: float, height: float) -> float:
    """Return the pixels per point for a page of ``width`` × ``height`` points."""
    if min(width, height) < 1:
        raise rejection("Document.TooSmall")
    scale = max(_DOTS_PER_INCH / _POINTS_PER_INCH, _MIN_LONG_SIDE / max(width, height))
    return min(scale, math.sqrt(_MAX_PIXELS / (width * height)))

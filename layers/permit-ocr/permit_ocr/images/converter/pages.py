"""A file of any format we take, opened: how many pages it has, and the upright picture of each."""

from pathlib import Path
from typing import Protocol

from PIL import Image

from permit_ocr.images.formats import Format, format_of
from permit_ocr.images.rejections import MOST_PAGES, rejection


class Pages(Protocol):
    """An opened file."""

    @property
    def count(self) -> int | None:
        """How many pages; None in a format that has none."""
        ...

    def picture(self, number: int) -> Image.Image:
        """Return a page's picture in mode 1, L or RGB, the first one's number being 1. Raises ``RejectDocument``."""
        ...


def open_pages(file: Path) -> Pages:
    """Open a file, whatever it is called. Raises ``RejectDocument``."""
    pages = _opened(file)
    if pages.count is not None and pages.count > MOST_PAGES:
        raise rejection("Document.TooManyPages")
    return pages


def _opened(file: Path) -> Pages:
    with file.open("rb") as opened:
        beginning = opened.read(1024)
    # Each process opens one file: importing more than its decoder would be a tenth of its time.
    match format_of(beginning):
        case None:
            raise rejection("Document.UnsupportedFormat" if beginning else "Document.Empty")
        case Format.PDF:
            from permit_ocr.images.converter.pdf import PdfPages  # noqa: PLC0415

            return PdfPages(file)
        case Format.HEIC:
            from permit_ocr.images.converter.heic import HeicPicture  # noqa: PLC0415

            return HeicPicture(file)
        case form:
            from permit_ocr.images.converter.pictures import PillowPictures  # noqa: PLC0415

            return PillowPictures(file, form)

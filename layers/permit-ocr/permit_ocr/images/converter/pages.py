"""Open a file of any accepted format: its number of pages, and the upright picture of each."""

from pathlib import Path
from typing import Protocol

from PIL import Image

from permit_ocr.images.formats import Format, format_of
from permit_ocr.images.rejections import MAX_PAGES, rejection


class Pages(Protocol):
    """An opened file."""

    @property
    def count(self) -> int | None:
        """Number of pages; None if the format has no pages."""
        ...

    def picture(self, number: int) -> Image.Image:
        """Return the picture of page ``number``, from 1, in mode 1, L or RGB. Raises ``RejectDocument``."""
        ...


def open_pages(file: Path) -> Pages:
    """Open a file; its name does not matter. Raises ``RejectDocument``."""
    pages: Pages
    with file.open("rb") as stream:
        beginning = stream.read(1024)
    # Each process opens one file: importing the other decoders would take a tenth of its time.
    match format_of(beginning):
        case None:
            raise rejection("Document.UnsupportedFormat" if beginning else "Document.Empty")
        case Format.PDF:
            from permit_ocr.images.converter.pdf import PdfPages  # noqa: PLC0415

            pages = PdfPages(file)
        case Format.HEIC:
            from permit_ocr.images.converter.heic import HeicPicture  # noqa: PLC0415

            pages = HeicPicture(file)
        case Format.TIFF:
            from permit_ocr.images.converter.tiff import TiffPages  # noqa: PLC0415

            pages = TiffPages(file)
        case file_format:
            from permit_ocr.images.converter.pictures import PillowPicture  # noqa: PLC0415

            pages = PillowPicture(file, file_format)
    if pages.count is not None and pages.count > MAX_PAGES:
        raise rejection("Document.TooManyPages")
    return pages

"""The converter process. It writes an image for each page of a file, and a line of JSON to standard output.

{"pages": 2}                              first, if the format has pages
{"page": 1, "image": "1.jpg"}             an image in the directory
{"page": 2, "rejection": "Document.…"}    an unreadable page
{"rejection": "Document.…"}               an unreadable file
{"failed": "NameError"}                   an internal error, without its text, which may contain anything
"""

import json
import sys
from pathlib import Path

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.images.converter import memory
from permit_ocr.images.converter.fitting import fitted
from permit_ocr.images.converter.pages import Pages, open_pages
from permit_ocr.images.rejections import DECODING_MEGABYTES


def main(file: Path, directory: Path, base64_limit: int) -> None:
    """Write the images of ``file`` into ``directory``, each at most ``base64_limit`` bytes as Base64."""
    memory.limit_memory(DECODING_MEGABYTES)
    memory.forget_failures()
    try:
        pages = open_pages(file)
        if pages.count:
            _print(pages=pages.count)
        for number in range(1, (pages.count or 1) + 1):
            _print(page=number, **_page(pages, number, directory, base64_limit))
    except (RejectDocument, MemoryError) as error:
        _print(rejection=_code(error))
    except Exception as error:  # noqa: BLE001  the parent process must be told of any error
        _print(failed=type(error).__name__)


def _page(pages: Pages, number: int, directory: Path, base64_limit: int) -> dict[str, str]:
    memory.forget_failures()
    try:
        picture = pages.picture(number)
        if memory.has_failed():
            raise MemoryError  # noqa: TRY301  PDFium leaves out what needs too much memory
        image = fitted(picture, base64_limit=base64_limit)
    except (RejectDocument, MemoryError) as error:
        return {"rejection": _code(error)}
    name = f"{number}.{image.extension}"
    (directory / name).write_bytes(image.content)
    return {"image": name}


def _code(error: RejectDocument | MemoryError) -> str:
    if isinstance(error, MemoryError) or memory.has_failed():
        return "Document.TooCostly"
    return error.code


def _print(**result: object) -> None:
    print(json.dumps(result), flush=True)  # noqa: T201  the protocol


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))

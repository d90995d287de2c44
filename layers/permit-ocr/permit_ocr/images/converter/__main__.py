"""The process: a file in, an image for each of its pages out, and a line of JSON on standard output for each.

{"pages": 2}                              first, for a file of pages
{"page": 1, "image": "1.jpg"}             an image in the directory
{"page": 2, "rejection": "Document.…"}    a page that cannot be read
{"rejection": "Document.…"}               nothing in the file can
{"failed": "NameError"}                   an error of ours; no text of it, which may hold anything
"""

import json
import resource
import sys
from pathlib import Path

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.images.converter.fitting import fitted
from permit_ocr.images.converter.pages import Pages, open_pages
from permit_ocr.images.rejections import DECODING_MEGABYTES


def main(file: Path, directory: Path, base64_limit: int) -> None:
    """Write the images of ``file`` into ``directory``, each at most ``base64_limit`` bytes as Base64."""
    most = DECODING_MEGABYTES * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    try:
        pages = open_pages(file)
        if pages.count:
            _say(pages=pages.count)
        for number in range(1, (pages.count or 1) + 1):
            _say(page=number, **_page(pages, number, directory, base64_limit))
    except RejectDocument as error:
        _say(rejection=error.code)
    except MemoryError:
        _say(rejection="Document.TooCostly")
    except Exception as error:  # noqa: BLE001  whatever it is, the other process has to hear of it
        _say(failed=type(error).__name__)


def _page(pages: Pages, number: int, directory: Path, base64_limit: int) -> dict[str, str]:
    try:
        image = fitted(pages.picture(number), base64_limit=base64_limit)
    except RejectDocument as error:
        return {"rejection": error.code}
    except MemoryError:
        return {"rejection": "Document.TooCostly"}
    name = f"{number}.{image.extension}"
    (directory / name).write_bytes(image.content)
    return {"image": name}


def _say(**said: object) -> None:
    print(json.dumps(said), flush=True)  # noqa: T201  it is how the other process is told


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))

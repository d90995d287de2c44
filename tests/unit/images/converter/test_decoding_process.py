"""The converter process: its results, its isolation and its limits."""

import io
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from permit_ocr.domain.errors import RetryableError
from permit_ocr.images import conversion
from permit_ocr.images.conversion import DecodedPage, decode
from tests.unit.images.converter.broken import exif_segment, jpeg_with, pdf, pdf_stream
from tests.unit.images.converter.files import CORNERS, LIMIT, corners_of, file_of, noise, picture

LAST_REJECTION = """
import pathlib, sys
from permit_ocr.images.conversion import decode
directory = pathlib.Path(sys.argv[1])
*_, last = decode(directory / "upload", directory, base64_limit=10**7)
print(last.rejection)
"""
MEASURED = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True)
print(json.dumps([done.stdout, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024]))
"""


def decoded(content: bytes, directory: Path, **more: Any) -> list[DecodedPage]:
    file = directory / "upload"
    file.write_bytes(content)
    return list(decode(file, directory, base64_limit=LIMIT, **more))


def test_a_photo_becomes_one_image_without_a_page_number(tmp_path: Path) -> None:
    (page,) = decoded(file_of("heic", orientation=6), tmp_path)
    assert (page.number, page.pages, page.rejection) == (None, None, None)
    assert page.image == tmp_path / "1.jpg"
    with Image.open(page.image) as image:
        assert corners_of(image) == CORNERS


def test_pages_are_returned_in_order(tmp_path: Path) -> None:
    pages = decoded(file_of("pdf", save_all=True, append_images=[picture()] * 2), tmp_path)
    assert [(page.number, page.pages, page.image and page.image.name) for page in pages] == [
        (1, 3, "1.jpg"),
        (2, 3, "2.jpg"),
        (3, 3, "3.jpg"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "L", "1", "I;16"])
def test_a_png_of_64_megapixels_is_reduced_within_the_memory(mode: str, tmp_path: Path) -> None:
    shades = Image.linear_gradient("L").resize((8000, 8000))
    whole = shades.convert("I").convert("I;16") if mode == "I;16" else shades.convert(mode)
    (page,) = decoded(file_of("png", whole, orientation=6, compress_level=1), tmp_path)
    assert (page.rejection, page.image is not None) == (None, True)
    with Image.open(tmp_path / "1.jpg") as image:
        assert image.size == (4000, 4000)


def test_an_unreadable_page_does_not_affect_the_others(tmp_path: Path) -> None:
    content = file_of("tiff", save_all=True, append_images=[picture((50, 50)), picture()])
    pages = decoded(content, tmp_path)
    assert [page.rejection for page in pages] == [None, "Document.TooSmall", None]
    assert [page.number for page in pages] == [1, 2, 3]


@pytest.mark.parametrize(
    ("content", "code"),
    [(file_of("gif", save_all=True, append_images=[picture(mode="L")]), "Document.Animated"), (b"", "Document.Empty")],
)
def test_a_file_rejected_as_a_whole_has_no_page_number(content: bytes, code: str, tmp_path: Path) -> None:
    assert decoded(content, tmp_path) == [DecodedPage(rejection=code)]


def test_a_pdf_without_pages_is_rejected(tmp_path: Path) -> None:
    empty = io.BytesIO()
    pypdfium2.PdfDocument.new().save(empty)
    assert decoded(empty.getvalue(), tmp_path) == [DecodedPage(rejection="Document.Damaged")]


@pytest.mark.slow
def test_exceeding_the_memory_limit_is_a_rejection(tmp_path: Path) -> None:
    (page,) = decoded(costly_jpeg(), tmp_path)
    assert page.rejection == "Document.TooCostly"


def compressed_pdf(parts: Iterable[bytes], entries: bytes, content: bytes = b"") -> bytes:
    """Return a PDF of one page with a compressed stream: of the image /I if ``content`` draws it, else of the page."""
    deflate = zlib.compressobj(9)
    stream = pdf_stream(entries + b"/Filter/FlateDecode", b"".join(map(deflate.compress, parts)) + deflate.flush())
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>",
        *([pdf_stream(b"", content), stream] if content else [stream]),
    )


def costly_jpeg() -> bytes:
    return file_of("jpeg", Image.new("RGB", (9000, 7000)), progressive=True, subsampling=0, quality=10)


COSTLY: dict[str, Callable[[], bytes]] = {
    "a progressive JPEG of 63 megapixels": costly_jpeg,
    "the same, turned": lambda: jpeg_with(
        exif_segment(6), image=Image.new("RGB", (7000, 9000)), progressive=True, subsampling=0, quality=10
    ),
    "a compressed TIFF of 63 megapixels with transparency": lambda: file_of("tiff", Image.new("RGBA", (9000, 7000))),
    "an AVIF of 48 megapixels": lambda: file_of("avif", Image.new("RGB", (8000, 6000))),
    "a PDF with a large image": lambda: pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 7]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>",
        pdf_stream(b"", b"9 0 0 7 0 0 cm /I Do"),
        pdf_stream(
            b"/Subtype/Image/Width 9000/Height 7000/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode",
            costly_jpeg(),
        ),
    ),
    "a PDF page of many spaces": lambda: compressed_pdf([b" " * 10**6] * 600, b""),
    "a PDF page of many lines": lambda: compressed_pdf([b"1 1 m 2 2 l S\n" * 50_000] * 60, b""),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", COSTLY)
def test_every_death_for_want_of_memory_is_too_costly(kind: str, tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(COSTLY[kind]())
    command = [sys.executable, "-c", LAST_REJECTION, str(tmp_path)]  # this process may be as large as the limit
    done = subprocess.run(
        command, env={"PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, check=True, timeout=120
    )
    assert done.stdout == b"Document.TooCostly\n"


@pytest.mark.slow
@pytest.mark.parametrize("form", ["jpeg", "tiff", "heic", "avif", "png", "pdf"])
def test_a_damaged_file_is_not_too_costly(form: str, tmp_path: Path) -> None:
    content = bytearray(file_of(form, noise((300, 200))))
    content[len(content) // 3 : -200] = bytes(len(content[len(content) // 3 : -200]))
    (page,) = decoded(bytes(content), tmp_path)
    assert page.rejection in {"Document.Damaged", None}


@pytest.fixture
def run_instead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Return a function that runs another program instead of the converter."""

    def run(program: str, **more: Any) -> list[DecodedPage]:
        modules = tmp_path / "modules"
        modules.mkdir()
        (modules / "another.py").write_text(program)
        monkeypatch.syspath_prepend(str(modules))
        monkeypatch.setattr(conversion, "_MODULE", "another")
        return decoded(b"", tmp_path, **more)

    return run


def test_a_file_that_takes_too_long_is_rejected(run_instead: Any) -> None:
    assert run_instead("import time; time.sleep(600)", seconds=0.2) == [DecodedPage(rejection="Document.TooCostly")]


def test_a_decoder_that_crashes_rejects_the_file(run_instead: Any) -> None:
    assert run_instead("import os; os.abort()") == [DecodedPage(rejection="Document.Damaged")]


def test_a_crash_after_some_pages_rejects_the_whole_file(run_instead: Any) -> None:
    program = 'import os; print(\'{"pages": 2}\\n{"page": 1, "image": "1.jpg"}\', flush=True); os.abort()'
    first, last = run_instead(program)
    assert first.number == 1
    assert last == DecodedPage(rejection="Document.Damaged")


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("raise ImportError", "Decoding.Exit"),
        ('print(\'{"failed": "NameError"}\')', "Decoding.NameError"),
        ("", "Decoding.NoOutput"),
    ],
)
def test_an_internal_error_is_not_a_rejection(program: str, code: str, run_instead: Any) -> None:
    with pytest.raises(RetryableError) as caught:
        run_instead(program)
    assert caught.value.code == code


def test_the_process_does_not_get_the_functions_credentials(run_instead: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    program = "import json, os; print(json.dumps({'rejection': ','.join(sorted(os.environ))}))"
    (page,) = run_instead(program)
    names = set(page.rejection.split(","))
    assert names <= {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "MALLOC_ARENA_MAX", "LD_LIBRARY_PATH", "LC_CTYPE"}


def test_closing_the_iterator_ends_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    class RecordedPopen(subprocess.Popen[str]):
        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__(*arguments, **more)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", RecordedPopen)
    (tmp_path / "upload").write_bytes(file_of("tiff", save_all=True, append_images=[picture()] * 10))
    pages = decode(tmp_path / "upload", tmp_path, base64_limit=LIMIT)
    next(pages)
    pages.close()  # type: ignore[attr-defined]
    (process,) = started
    assert process.returncode is not None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "size", "max_megabytes"),
    [("heic", (4032, 3024), 160), ("jpeg", (4032, 3024), 150), ("jpeg", (5712, 4284), 290)],
)
def test_a_phone_photo_needs_a_fraction_of_the_functions_memory(
    form: str, size: tuple[int, int], max_megabytes: int, tmp_path: Path
) -> None:
    """Of the function's 512 MB; docs/adr/0014-convert-in-a-separate-process.md has the figures."""
    options = {"quality": 50} if form == "heic" else {}
    (tmp_path / "upload").write_bytes(file_of(form, picture(size), orientation=6, **options))
    command = [sys.executable, "-m", "permit_ocr.images.converter", str(tmp_path / "upload"), str(tmp_path), str(LIMIT)]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "MALLOC_ARENA_MAX": "1"},
        capture_output=True,
        check=True,
        timeout=120,
    )
    output, megabytes = json.loads(done.stdout)
    assert json.loads(output) == {"page": 1, "image": "1.jpg"}
    assert megabytes < max_megabytes

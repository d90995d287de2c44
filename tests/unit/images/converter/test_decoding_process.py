"""The process that decodes: what it tells, what it may not do, and what becomes of a file that is too much for it."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from permit_ocr.domain.errors import RetryableError
from permit_ocr.images import conversion as decoding
from permit_ocr.images.conversion import DecodedPage, decode
from tests.unit.images.converter.files import CORNERS, LIMIT, corners_of, file_of, picture

MEASURED = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True)
print(json.dumps([done.stdout, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024]))
"""


def decoded(content: bytes, directory: Path, **more: Any) -> list[DecodedPage]:
    file = directory / "upload"
    file.write_bytes(content)
    return list(decode(file, directory, base64_limit=LIMIT, **more))


def test_a_photograph_comes_back_as_one_image_without_a_number(tmp_path: Path) -> None:
    (page,) = decoded(file_of("heic", orientation=6), tmp_path)
    assert (page.number, page.pages, page.rejection) == (None, None, None)
    assert page.image == tmp_path / "1.jpg"
    with Image.open(page.image) as image:
        assert corners_of(image) == CORNERS


def test_the_pages_of_a_file_come_back_in_their_order(tmp_path: Path) -> None:
    pages = decoded(file_of("pdf", save_all=True, append_images=[picture()] * 2), tmp_path)
    assert [(page.number, page.pages, page.image and page.image.name) for page in pages] == [
        (1, 3, "1.jpg"),
        (2, 3, "2.jpg"),
        (3, 3, "3.jpg"),
    ]


def test_a_page_that_cannot_be_read_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    content = file_of("tiff", save_all=True, append_images=[picture((50, 50)), picture()])
    pages = decoded(content, tmp_path)
    assert [page.rejection for page in pages] == [None, "Document.TooSmall", None]
    assert [page.number for page in pages] == [1, 2, 3]


@pytest.mark.parametrize(
    ("content", "code"),
    [(file_of("gif", save_all=True, append_images=[picture(mode="L")]), "Document.Animated"), (b"", "Document.Empty")],
)
def test_what_is_rejected_as_a_whole_has_no_number(content: bytes, code: str, tmp_path: Path) -> None:
    assert decoded(content, tmp_path) == [DecodedPage(rejection=code)]


def test_a_pdf_without_pages_is_rejected(tmp_path: Path) -> None:
    empty = io.BytesIO()
    pypdfium2.PdfDocument.new().save(empty)
    assert decoded(empty.getvalue(), tmp_path) == [DecodedPage(rejection="Document.Damaged")]


@pytest.mark.slow
def test_more_memory_than_there_is_makes_a_rejection_and_nothing_worse(tmp_path: Path) -> None:
    flat = Image.new("RGBA", (8000, 7900))
    (page,) = decoded(file_of("png", flat, compress_level=1), tmp_path)
    assert page.rejection == "Document.TooCostly"


@pytest.fixture
def instead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Return what has another program run in place of the decoder."""

    def run(program: str, **more: Any) -> list[DecodedPage]:
        modules = tmp_path / "modules"
        modules.mkdir()
        (modules / "another.py").write_text(program)
        monkeypatch.syspath_prepend(str(modules))
        monkeypatch.setattr(decoding, "_MODULE", "another")
        return decoded(b"", tmp_path, **more)

    return run


def test_a_file_that_takes_too_long_is_rejected(instead: Any) -> None:
    assert instead("import time; time.sleep(600)", seconds=0.2) == [DecodedPage(rejection="Document.TooCostly")]


def test_a_decoder_that_crashes_rejects_the_file(instead: Any) -> None:
    assert instead("import os; os.abort()") == [DecodedPage(rejection="Document.Damaged")]


def test_a_crash_after_some_pages_rejects_the_file_as_a_whole(instead: Any) -> None:
    program = 'import os; print(\'{"pages": 2}\\n{"page": 1, "image": "1.jpg"}\', flush=True); os.abort()'
    first, last = instead(program)
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
def test_an_error_of_ours_is_no_rejection(program: str, code: str, instead: Any) -> None:
    with pytest.raises(RetryableError) as caught:
        instead(program)
    assert caught.value.code == code


def test_the_process_has_none_of_the_functions_credentials(instead: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    program = "import json, os; print(json.dumps({'rejection': ','.join(sorted(os.environ))}))"
    (page,) = instead(program)
    names = set(page.rejection.split(","))
    assert names <= {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "MALLOC_ARENA_MAX", "LD_LIBRARY_PATH", "LC_CTYPE"}


def test_whoever_stops_listening_leaves_no_process_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    class Remembered(subprocess.Popen[str]):
        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__(*arguments, **more)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Remembered)
    (tmp_path / "upload").write_bytes(file_of("tiff", save_all=True, append_images=[picture()] * 10))
    pages = decode(tmp_path / "upload", tmp_path, base64_limit=LIMIT)
    next(pages)
    pages.close()  # type: ignore[attr-defined]
    (process,) = started
    assert process.returncode is not None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "size", "most"),
    [("heic", (4032, 3024), 160), ("jpeg", (4032, 3024), 150), ("jpeg", (5712, 4284), 290)],
)
def test_a_telephones_photograph_needs_a_fraction_of_the_functions_memory(
    form: str, size: tuple[int, int], most: int, tmp_path: Path
) -> None:
    """In MB, of the function's 512; docs/adr/0014-convert-in-a-separate-process.md has the figures."""
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
    said, megabytes = json.loads(done.stdout)
    assert json.loads(said) == {"page": 1, "image": "1.jpg"}
    assert megabytes < most

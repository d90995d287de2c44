"""Every file of the corpus is sent, converted or rejected as its table says."""

import io
from pathlib import Path

import pytest
from PIL import Image

from permit_ocr.images.conversion import decode
from permit_ocr.images.formats import check_readable, is_provider_ready
from permit_ocr.images.metadata import without_metadata
from tests.corpus import generate
from tests.corpus.generate import CONVERTED, DIRECTORY, FILES, UNCHANGED
from tests.unit.images.converter.files import LIMIT, SECRET, picture

IMAGES = sorted(path.name for path in DIRECTORY.iterdir() if path.suffix not in {".py", ".md", ""})


def difference(image: Image.Image) -> int:
    """Return the largest difference of a quarter from the corpus's picture, or from that in grey."""
    differences = []
    for mode in ("RGB", "L"):
        expected, actual = (each.convert("RGB").resize((16, 10)) for each in (picture(mode=mode), image))
        places = [(2, 1), (13, 1), (2, 8), (13, 8)]
        pixels = [(expected.getpixel(place), actual.getpixel(place)) for place in places]
        differences.append(max(abs(a - b) for both in pixels for a, b in zip(*both, strict=True)))  # type: ignore[arg-type]
    return min(differences)


@pytest.mark.parametrize("name", [name for name in FILES if FILES[name].result == UNCHANGED])
def test_a_file_is_sent_with_its_picture_and_without_metadata(name: str) -> None:
    content = (DIRECTORY / name).read_bytes()
    assert is_provider_ready(content, base64_limit=LIMIT)
    cleaned = without_metadata(content)
    check_readable(cleaned)
    assert SECRET[:12] not in cleaned
    assert difference(Image.open(io.BytesIO(cleaned))) < 12


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in FILES if FILES[name].result != UNCHANGED])
def test_a_file_is_converted_or_rejected(name: str, tmp_path: Path) -> None:
    assert not is_provider_ready((DIRECTORY / name).read_bytes(), base64_limit=LIMIT)
    (page,) = decode(DIRECTORY / name, tmp_path, base64_limit=LIMIT)
    if FILES[name].result == CONVERTED:
        assert page.image, page.rejection
        assert difference(Image.open(page.image)) < 12
    else:
        assert page.rejection == FILES[name].result


def test_the_corpus_is_small_and_described() -> None:
    assert set(FILES) <= set(IMAGES)
    assert sum(path.stat().st_size for path in DIRECTORY.iterdir()) < 3_000_000
    readme = (DIRECTORY / "README.md").read_text()
    assert generate.table() in readme
    assert all(f"`{name}`" in readme for name in IMAGES)

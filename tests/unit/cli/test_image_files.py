"""Files, folders and patterns all select photos."""

import re
from pathlib import Path

import pytest

from cli.image_files import NoImagesFound, find_images

SPECIMENS = Path(__file__).parents[3] / "events" / "specimens"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.HEIC", "below/c.pdf", "notes.txt", ".hidden.jpg", ".cache/d.jpg"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"x")
    return tmp_path


def test_a_folder_selects_its_visible_images_and_those_in_subfolders(folder: Path) -> None:
    assert [path.relative_to(folder).as_posix() for path in find_images([str(folder)]).files] == [
        "a.HEIC",
        "b.jpg",
        "below/c.pdf",
    ]


def test_other_files_are_counted_once_unless_hidden_or_named(folder: Path) -> None:
    found = find_images([str(folder), f"{folder}/*"])
    assert found.skipped == [folder / "notes.txt"]
    assert found.skipped_message() == f"1 file skipped, not an image: {folder}/notes.txt"
    assert find_images([str(folder), f"{folder}/notes.txt"]).skipped_message() is None
    (folder / "below/more.docx").write_bytes(b"x")
    names = f"{folder}/below/more.docx, {folder}/notes.txt"
    assert find_images([str(folder)]).skipped_message() == f"2 files skipped, not images: {names}"


@pytest.mark.parametrize("name", ["IMG_0001", "scan.dat", "photo.jpg.download"])
def test_a_photo_in_a_folder_is_recognised_by_its_content(folder: Path, name: str) -> None:
    (folder / name).write_bytes((SPECIMENS / "residence-permit-back-1.jpg").read_bytes())
    assert folder / name in find_images([str(folder)]).files


def test_an_empty_photo_is_used_so_that_it_is_reported(folder: Path) -> None:
    (folder / "empty.jpg").write_bytes(b"")
    assert folder / "empty.jpg" in find_images([str(folder)]).files


def test_a_pattern_selects_the_images_it_matches(folder: Path) -> None:
    assert find_images([f"{folder}/*.jpg"]).files == [folder / "b.jpg"]
    assert find_images([f"{folder}/**/*.pdf"]).files == [folder / "below/c.pdf"]


def test_a_named_file_is_used_whatever_its_suffix(folder: Path) -> None:
    assert find_images([f"{folder}/notes.txt"]).files == [folder / "notes.txt"]


def test_each_image_is_selected_once(folder: Path) -> None:
    assert find_images([f"{folder}/b.jpg", f"{folder}/*.jpg", str(folder)]).files == [
        folder / "b.jpg",
        folder / "a.HEIC",
        folder / "below/c.pdf",
    ]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing.jpg", "no such file or folder"),
        ("*.png", "no photo matches this pattern"),
        ("below/../.cache", "no photos in this folder"),
    ],
)
def test_a_path_without_images_is_named(folder: Path, path: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    if path.endswith(".cache"):
        (folder / ".cache/d.jpg").unlink()
    with pytest.raises(NoImagesFound, match=re.escape(f"{path}: {reason}")):
        find_images([path])

"""Files, folders and patterns all mean photographs."""

from pathlib import Path

import pytest

from cli.photographs import NoPhotographs, photographs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.HEIC", "below/c.pdf", "notes.txt", ".hidden.jpg", ".cache/d.jpg"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"x")
    return tmp_path


def test_a_folder_means_the_photographs_in_and_below_it_but_hidden_ones(folder: Path) -> None:
    assert [path.relative_to(folder).as_posix() for path in photographs([str(folder)]).files] == [
        "a.HEIC",
        "b.jpg",
        "below/c.pdf",
    ]


def test_what_is_no_photograph_by_its_name_is_counted_once_unless_it_is_hidden_or_named(folder: Path) -> None:
    found = photographs([str(folder), f"{folder}/*"])
    assert found.skipped == [folder / "notes.txt"]
    assert found.said_of_skipped() == "1 file skipped: no photograph by the end of its name"
    assert photographs([str(folder), f"{folder}/notes.txt"]).said_of_skipped() is None
    (folder / "below/more.docx").write_bytes(b"x")
    assert photographs([str(folder)]).said_of_skipped() == "2 files skipped: no photographs by the end of their names"


def test_a_pattern_means_the_photographs_it_matches(folder: Path) -> None:
    assert photographs([f"{folder}/*.jpg"]).files == [folder / "b.jpg"]
    assert photographs([f"{folder}/**/*.pdf"]).files == [folder / "below/c.pdf"]


def test_a_file_that_is_named_is_taken_whatever_its_suffix(folder: Path) -> None:
    assert photographs([f"{folder}/notes.txt"]).files == [folder / "notes.txt"]


def test_each_photograph_is_taken_once(folder: Path) -> None:
    assert photographs([f"{folder}/b.jpg", f"{folder}/*.jpg", str(folder)]).files == [
        folder / "b.jpg",
        folder / "a.HEIC",
        folder / "below/c.pdf",
    ]


@pytest.mark.parametrize("said", ["missing.jpg", "*.png", "below/../.cache"])
def test_what_means_no_photograph_is_named(folder: Path, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    if said.endswith(".cache"):
        (folder / ".cache/d.jpg").unlink()
    with pytest.raises(NoPhotographs, match=said.replace("*", r"\*")):
        photographs([said])

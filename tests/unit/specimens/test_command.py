from pathlib import Path

import pytest

from specimens.__main__ import main
from specimens.rendering.fonts import FAMILIES, FontFile, FontLoader, MissingFontsError, require_fonts


def test_the_command_writes_photos_and_truth(
    tmp_path: Path, plain_font: FontLoader, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--out", str(tmp_path), "--count", "1", "--kind", "taiwan-permit-front"]

    assert main(arguments, fonts=plain_font, files={}) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["taiwan-permit-front-1.jpg", "truth.json"]
    assert f"photos in {tmp_path}: 1," in capsys.readouterr().out


def test_missing_fonts_are_reported_with_their_debian_packages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "one": FontFile("fonts-ocr-b", str(tmp_path / "absent.otf")),
        "two": FontFile("fonts-noto-cjk", str(tmp_path / "absent.ttc")),
    }

    assert main(["--out", str(tmp_path / "out")], files=files) == 1
    assert capsys.readouterr().err == "specimens: fonts are missing: apt-get install fonts-noto-cjk fonts-ocr-b\n"
    assert not (tmp_path / "out").exists()


def test_installed_fonts_are_not_reported_as_missing(tmp_path: Path) -> None:
    (tmp_path / "here.ttf").touch()
    files = {"here": FontFile("fonts-here", str(tmp_path / "here.ttf")), "gone": FontFile("fonts-gone", "/nowhere")}

    with pytest.raises(MissingFontsError, match=r"apt-get install fonts-gone$"):
        require_fonts(files)


def test_every_font_family_has_a_debian_package() -> None:
    assert all(font.package.startswith("fonts-") for font in FAMILIES.values())


def test_a_folder_that_cannot_be_created_is_a_one_line_error(
    tmp_path: Path, plain_font: FontLoader, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()

    assert main(["--out", str(tmp_path / "file"), "--count", "1"], fonts=plain_font, files={}) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--count", "0"], "at least 1"),
        (["--kind", "passport"], "residence-permit-front"),
        (["--level", "9"], "--level"),
    ],
)
def test_an_invalid_argument_is_named(arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--out", "unused", *arguments], files={})

    assert named in capsys.readouterr().err

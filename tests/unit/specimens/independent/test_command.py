from pathlib import Path

import pytest

from specimens.independent import __main__ as command
from specimens.independent import browser
from specimens.independent.generate import Generator


def test_missing_programs_and_fonts_are_reported_with_their_packages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert command.main(["html", "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert all(package in error for package in {"chromium", *browser.FONT_PACKAGES.values()})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["html", "--count", "0"], "at least 1"), (["oil-paint"], "html"), (["html", "--level", "9"], "--level")],
)
def test_an_invalid_argument_is_named(arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--out", "unused", *arguments])

    assert named in capsys.readouterr().err


@pytest.mark.parametrize("generator", Generator)
def test_a_generator_has_at_least_twelve_kinds_of_negatives(generator: Generator) -> None:
    assert len(set(generator.negatives)) >= 12

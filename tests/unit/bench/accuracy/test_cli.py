from pathlib import Path

import pytest

from bench import markdown
from bench.accuracy import cli, copies
from bench.accuracy.datasets import REPORTING_SEED, TUNING_SEEDS
from bench.accuracy.evaluation import Report


def test_the_reporting_seed_is_not_a_tuning_seed() -> None:
    assert REPORTING_SEED not in TUNING_SEEDS
    assert all(REPORTING_SEED + level not in TUNING_SEEDS for level in range(3))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--check", "--seed", "7"], "reporting seed"),
        (["--check", "--cards", "60"], "300 cards"),
        (["--check", "--level", "0"], "every kind and level"),
        (["--check", "--no-rapidocr"], "RapidOCR"),
        (["--show-errors"], "tunes on them"),
        (["--show-errors", "--seed", "7"], "tunes on them"),
        (["--show-errors", "--seed", "7", "--generator", "html"], "tunes on them"),
        (["--check", "--generator", "own"], "every kind"),
        (["--check", "--negatives", "20"], "300 cards"),
        (["--seed", "123456789"], "below"),
        (["--seed", "7", "--output", str(cli.PAGE)], "reporting seed"),
        (["--cards", "60", "--memory", "2000", "--output", str(cli.PAGE)], "reporting seed"),
        (["somewhere", "--output", "page.md"], "only printed"),
    ],
)
def test_contradicting_options_are_rejected(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["accuracy", *arguments])

    with pytest.raises(SystemExit):
        cli.main()
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--check"], cli.PAGE),
        (["--memory", "2000"], cli.PAGE),
        (["--memory", "100"], None),
        ([], None),
        (["--check", "--output", "elsewhere.md"], Path("elsewhere.md")),
        (["--seed", "7", "--output", "elsewhere.md"], Path("elsewhere.md")),
    ],
)
def test_only_a_complete_report_goes_to_the_page_by_default(
    arguments: list[str], expected: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["accuracy", *arguments])

    assert cli.parse_options().output == expected


@pytest.mark.parametrize(
    ("file", "command"),
    [(cli.PAGE, cli.REPORT_COMMAND), (cli.PAGE, cli.MEMORY_COMMAND), (copies.PAGE, copies.COMMAND)],
)
def test_the_pages_have_markers_for_the_commands_figures(file: Path, command: str, tmp_path: Path) -> None:
    copy = tmp_path / file.name
    copy.write_text(file.read_text())

    markdown.write_figures(copy, command=command, figures="measured")
    assert "\n\nmeasured\n\n" in copy.read_text()


def test_single_errors_of_an_independent_generators_folder_are_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "truth.json").write_text(
        '{"specimens": [{"file": "a.jpg", "generator": "html", "negative": "ticket"}]}'
    )
    monkeypatch.setattr("sys.argv", ["accuracy", str(tmp_path), "--show-errors"])

    with pytest.raises(SystemExit, match="tunes on them"):
        cli.main()


def test_a_folder_of_negatives_only_is_measured_without_cards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "truth.json").write_text('{"specimens": [{"file": "a.jpg", "negative": "ticket"}]}')
    report = Report()
    report.refusals.shown["ticket"] += 1
    monkeypatch.setattr(
        cli, "evaluate", lambda cards, negatives, **_: report if not cards and len(negatives) == 1 else None
    )
    monkeypatch.setattr("sys.argv", ["accuracy", str(tmp_path)])

    assert cli.main() == 0
    assert f"| {tmp_path} | 1 | none | none |" in capsys.readouterr().out

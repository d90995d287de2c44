from pathlib import Path

import pytest

from bench import accuracy, copies, page
from bench.accuracy_cards import REPORTING_SEED, TUNING_SEEDS


def test_the_reporting_seed_is_none_of_those_for_tuning() -> None:
    assert REPORTING_SEED not in TUNING_SEEDS
    assert all(REPORTING_SEED + level not in TUNING_SEEDS for level in range(3))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bar", "--seed", "7"], "reporting seed"),
        (["--bar", "--cards", "60"], "300 cards"),
        (["--bar", "--level", "0"], "every level"),
        (["--bar", "--no-bare"], "bare"),
        (["--show-errors"], "tunes on them"),
        (["--show-errors", "--other-hand", "--seed", "7"], "tunes on them"),
        (["--bar", "--other-hand"], "reporting seed"),
        (["--seed", "123456789"], "below"),
        (["--seed", "7", "--page", str(accuracy.PAGE)], "reporting seed"),
        (["--cards", "60", "--memory", "2000", "--page", str(accuracy.PAGE)], "reporting seed"),
        (["somewhere", "--page", "page.md"], "printed only"),
    ],
)
def test_a_report_on_cards_that_were_tuned_on_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["accuracy", *arguments])

    with pytest.raises(SystemExit):
        accuracy.main()
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--bar"], accuracy.PAGE),
        (["--memory", "2000"], accuracy.PAGE),
        (["--memory", "100"], None),
        ([], None),
        (["--bar", "--page", "elsewhere.md"], Path("elsewhere.md")),
        (["--seed", "7", "--page", "elsewhere.md"], Path("elsewhere.md")),
    ],
)
def test_only_a_whole_report_is_written_to_the_page_by_itself(
    arguments: list[str], expected: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["accuracy", *arguments])

    assert accuracy._options().page == expected


@pytest.mark.parametrize(
    ("file", "command"),
    [(accuracy.PAGE, accuracy.REPORT), (accuracy.PAGE, accuracy.MEMORY), (copies.PAGE, copies.REPORT)],
)
def test_the_pages_have_a_place_for_what_the_commands_write(file: Path, command: str, tmp_path: Path) -> None:
    copy = tmp_path / file.name
    copy.write_text(file.read_text())

    page.write(copy, by=command, figures="measured")
    assert "\n\nmeasured\n\n" in copy.read_text()

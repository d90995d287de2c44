import pytest

from bench import accuracy
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
    ],
)
def test_a_report_on_cards_that_were_tuned_on_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["accuracy", *arguments])

    with pytest.raises(SystemExit):
        accuracy.main()
    assert said in capsys.readouterr().err

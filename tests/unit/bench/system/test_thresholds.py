import json

from bench.system.__main__ import PAGE
from bench.system.comparison import COMMITTED, HEADINGS
from bench.system.thresholds import THRESHOLDS


def test_the_page_shows_the_threshold_of_each_committed_figure() -> None:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    thresholds = {row[0]: row[HEADINGS.index("threshold")] for row in rows if len(row) == len(HEADINGS)}
    for key, threshold in THRESHOLDS.items():
        unit = committed[key]["is"]
        expected = f"≤ {threshold.ratio:g} ×" if threshold.ratio is not None else f"≤ {threshold.value:g} {unit}"
        (shown,) = (value for name, value in thresholds.items() if name.rpartition(", ")[0] == committed[key]["label"])
        assert shown.removesuffix(" ✓").removesuffix(" ✗") == expected

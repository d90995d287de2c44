"""Figures are written where a page has them, and nowhere else."""

from pathlib import Path

import pytest

from bench.page import END, facts, table, write


def _mark(by: str) -> str:
    return f"<!-- figures: written by {by} -->"


def test_only_what_is_between_the_marks_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        f"before\n{_mark('one')}\nold\n{END}\nbetween\n{_mark('two')}\nkept\n{END}\nafter\n", encoding="utf-8"
    )
    write(page, by="one", figures="new")
    said = page.read_text(encoding="utf-8")
    assert said == f"before\n{_mark('one')}\n\nnew\n\n{END}\nbetween\n{_mark('two')}\nkept\n{END}\nafter\n"


def test_a_page_without_a_place_for_the_figures_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{_mark('one')} without an end\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="no place"):
        write(page, by="one", figures="new")
    assert page.read_text(encoding="utf-8") == f"{_mark('one')} without an end\n"


def test_tables_are_markdown() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert facts({"Date": "today"}) == "| | |\n|---|---|\n| Date | today |"

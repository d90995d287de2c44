from pathlib import Path

import pytest

from bench.markdown import END, key_value_table, table, write_figures


def _begin(command: str) -> str:
    return f"<!-- figures: written by {command} -->"


def test_only_the_text_between_the_markers_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        f"before\n{_begin('one')}\nold\n{END}\nbetween\n{_begin('two')}\nkept\n{END}\nafter\n", encoding="utf-8"
    )
    write_figures(page, command="one", figures="new")
    text = page.read_text(encoding="utf-8")
    assert text == f"before\n{_begin('one')}\n\nnew\n\n{END}\nbetween\n{_begin('two')}\nkept\n{END}\nafter\n"


def test_a_page_without_both_markers_is_not_changed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{_begin('one')} without an end\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="no markers"):
        write_figures(page, command="one", figures="new")
    assert page.read_text(encoding="utf-8") == f"{_begin('one')} without an end\n"


def test_tables_are_markdown() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert key_value_table({"Date": "today"}) == "| | |\n|---|---|\n| Date | today |"

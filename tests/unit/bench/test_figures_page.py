from pathlib import Path

import pytest

from bench.figures_page import table, write_figures

_PAGE = """Before.
<!-- figures: written by one -->

old one

<!-- end of figures -->
Between.
<!-- figures: written by two -->
<!-- end of figures -->
After.
"""


def test_figures_replace_those_of_the_same_command_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(_PAGE)

    write_figures(page, "one", "new one")
    assert page.read_text() == _PAGE.replace("old one", "new one")
    write_figures(page, "two", "new two")
    write_figures(page, "two", "newer two")
    assert page.read_text() == _PAGE.replace("old one", "new one").replace(
        "by two -->\n", "by two -->\n\nnewer two\n\n"
    )


@pytest.mark.parametrize("page_text", ["Nothing.", "<!-- figures: written by one -->", "<!-- end of figures -->"])
def test_a_page_without_a_place_for_the_figures_is_left_as_it_is(page_text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(page_text)

    with pytest.raises(SystemExit, match="no place for figures"):
        write_figures(page, "one", "new")
    assert page.read_text() == page_text


def test_empty_cells_stay_cells() -> None:
    assert table(("", "a", "b"), [("1", "", "")]) == "| | a | b |\n| --- | --- | --- |\n| 1 | | |"

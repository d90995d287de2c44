"""Numbers and lists of things, in words."""

import ast
from pathlib import Path

import pytest

import cli
import sandbox
import specimens
from cli.quantities import listing, quantity

SOURCES = [file for package in (cli, sandbox, specimens) for file in sorted(Path(package.__path__[0]).rglob("*.py"))]


@pytest.mark.parametrize(("number", "text"), [(0, "0 photos"), (1, "1 photo"), (2, "2 photos"), (21, "21 photos")])
def test_one_thing_is_in_the_singular(number: int, text: str) -> None:
    assert quantity(number, "photo") == text


@pytest.mark.parametrize(
    ("names", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a, b"), (list("abcde"), "a, b, c and 2 more")]
)
def test_a_long_list_is_cut_short(names: list[str], text: str) -> None:
    assert listing(names, most=3) == text


def numbers_before_a_plural(source: str) -> list[str]:
    """Return the texts that follow a length in an f-string and begin with a plural."""
    found = []
    for text in ast.walk(ast.parse(source)):
        if isinstance(text, ast.JoinedStr):
            for number, after in zip(text.values, text.values[1:], strict=False):
                is_length = isinstance(number, ast.FormattedValue) and ast.unparse(number.value).startswith("len(")
                words = str(after.value).split(" ") if isinstance(after, ast.Constant) else []
                if is_length and words[:1] == [""]:
                    found.append(words[1])
    return [word for word in found if word.rstrip(",.;:)").endswith("s")]


def test_a_number_that_may_be_one_is_not_followed_by_a_plural() -> None:
    assert numbers_before_a_plural('f"{len(x)} photos" + f"{len(x)} of them"') == ["photos"]
    assert {file.name: numbers_before_a_plural(file.read_text(encoding="utf-8")) for file in SOURCES} == {
        file.name: [] for file in SOURCES
    }

"""The rules of CONTRIBUTING.md about folders, names and locked packages."""

import ast
import re
from collections import Counter
from pathlib import Path

from tests.documentation_blocks import ROOT

MOST_FILES = 12
LONGEST_NAME = 69
SOURCES = {".py", ".js"}
VAGUE = {"common", "helper", "helpers", "manager", "misc", "util", "utils"}


def files(pattern: str) -> list[Path]:
    tops = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return [path for top in tops for path in top.rglob(pattern)]


def sources() -> list[Path]:
    return [path.relative_to(ROOT) for path in files("*") if path.suffix in SOURCES]


def test_a_folder_has_at_most_twelve_files() -> None:
    folders = Counter(path.parent for path in sources() if path.name != "__init__.py")

    assert {str(folder): count for folder, count in folders.items() if count > MOST_FILES} == {}


def test_no_file_or_folder_has_a_vague_name() -> None:
    assert [str(path) for path in sources() if not VAGUE.isdisjoint(path.with_suffix("").parts)] == []


def test_names_of_tests_are_short() -> None:
    names = [
        node.name
        for path in sources()
        if path.name.startswith("test_")
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]

    assert [name for name in names if len(name) > LONGEST_NAME] == []


def test_a_lock_file_has_an_input_and_names_no_registry() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in files("*.txt")}
    locked = {path: text for path, text in texts.items() if "--hash=sha256:" in text}

    assert len(locked) > 10
    whole = {ROOT / "requirements" / "dev.txt", ROOT / "requirements" / "demo.txt"}  # of pyproject.toml
    assert [path for path in locked.keys() - whole if not path.with_suffix(".in").exists()] == []
    assert [path for path, text in locked.items() if re.search(r"://|^ *--(?!hash=)", text, re.MULTILINE)] == []

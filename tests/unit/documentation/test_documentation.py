"""The documentation: its commands, options, paths and links exist, and the README stays short."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from click import Context
from typer.main import get_command

from cli.main import COMMANDS, app
from sandbox.template.transform import read_template
from tests.documentation_blocks import BLOCK, PAGES, ROOT, blocks

PACKAGE = ROOT / "layers" / "permit-ocr" / "permit_ocr"
MAKE_TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
MOST_README_WORDS = 900


def pages_with(text: str) -> pytest.MarkDecorator:
    pages = [page for page in PAGES if text in page.read_text(encoding="utf-8")]
    return pytest.mark.parametrize("page", pages, ids=lambda page: str(page.relative_to(ROOT)))


def prose(page: Path) -> str:
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the words of each simple command in the page's bash blocks."""
    for block in blocks(page, "bash"):
        for line in block.replace("\\\n", " ").splitlines():
            lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            words: list[str] = []
            for token in [*lexer, ";"]:
                if set(token) <= set("();<>|&"):
                    if words:
                        yield words
                    words = []
                else:
                    words.append(token)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def contains(whole: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return all(name in whole and contains(whole[name], value) for name, value in part.items())
    return bool(whole == part)


def test_readme_has_at_most_900_words() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= MOST_README_WORDS


def test_readme_result_is_part_of_the_committed_sample() -> None:
    [shown] = map(json.loads, blocks(ROOT / "README.md", "json"))
    sample = json.loads((ROOT / "events" / "samples" / f"{shown['type']}.json").read_text(encoding="utf-8"))
    assert contains(sample, shown)


@pages_with("](")
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith(("https:", "http:")):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path) if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pages_with(".py)")
def test_code_links_name_what_the_file_defines(page: Path) -> None:
    for name, target in re.findall(r"\[`(\w+)`\]\(([^)\s]+\.py)\)", prose(page)):
        assert re.search(rf"\b{name}\b", (page.parent / target).read_text(encoding="utf-8")), f"{name} in {target}"


@pages_with(".py`")
def test_python_files_named_in_prose_exist(page: Path) -> None:
    for name in re.findall(r"`([\w/-]+/\w+\.py)`", prose(page)):
        places = [ROOT / name, PACKAGE / name, PACKAGE.parent / name, ROOT / "recognizer" / name]
        assert any(place.is_file() for place in places), name


@pages_with("`")
def test_names_from_the_template_exist(page: Path) -> None:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    for name in re.findall(r"`([A-Z]\w+(?:Alarm|Queue|Table|RoleArn|Function))`", prose(page)):
        assert re.search(rf"^  {name}:", template, re.MULTILINE), name


@pages_with("```")
def test_every_block_names_its_language(page: Path) -> None:
    """A block without a language would be neither run nor checked."""
    assert all(block["language"] for block in BLOCK.finditer(page.read_text(encoding="utf-8")))


@pages_with("```bash")
def test_bash_blocks_are_valid(page: Path) -> None:
    for block in blocks(page, "bash"):
        subprocess.run(["/usr/bin/env", "bash", "-n"], input=block, text=True, check=True, timeout=60)


@pages_with("```bash")
def test_documented_commands_exist(page: Path) -> None:
    for words in commands(page):
        program, arguments = words[0], words[1:]
        if program == "make":
            assert set(arguments) - MAKE_TARGETS <= {"ARCHITECTURE=arm64"}, words
        elif program in {".venv/bin/permit-ocr", "permit-ocr"}:
            check_options(arguments)
        elif program.startswith(".venv/bin/"):
            assert (Path(sys.executable).parent / Path(program).name).exists(), words
        if program == ".venv/bin/python" and arguments[0] == "-m":
            check_module(arguments[1], arguments[2:])
        elif Path(program).name == "sam":
            check_sam_options(arguments)


@pages_with("```bash")
def test_documented_paths_exist(page: Path) -> None:
    """A word that starts with a folder of this project is one of its paths."""
    for words in commands(page):
        for word in words[1:]:
            top, slash, _ = word.partition("/")
            if top and slash and not top.startswith(".") and (ROOT / top).is_dir():
                assert list(ROOT.glob(word)), word


def test_rolling_back_keeps_the_value_of_every_parameter() -> None:
    """The AWS CLI prints the names with tabs in between."""
    (script,) = [block for block in blocks(ROOT / "docs" / "deploy.md", "bash") if "UsePreviousValue" in block]
    (expression,) = re.findall(r"sed -E '(.+)'", script)
    names = list(read_template(ROOT / "template.yaml")["Parameters"])
    replaced = subprocess.run(
        ["/usr/bin/env", "sed", "-E", expression],
        input="\t".join(names),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert replaced.split() == [f"ParameterKey={name},UsePreviousValue=true" for name in names]


@pages_with("`make ")
def test_make_targets_named_in_prose_exist(page: Path) -> None:
    assert set(re.findall(r"`make ([a-z-]+)`", prose(page))) <= MAKE_TARGETS


@pages_with("permit-ocr ")
def test_commands_named_in_prose_exist(page: Path) -> None:
    assert set(re.findall(r"`(?:\.venv/bin/)?permit-ocr ([a-z-]+)", prose(page))) <= {*COMMANDS, "--version"}


@pages_with("```json")
def test_json_blocks_are_json(page: Path) -> None:
    for block in blocks(page, "json"):
        json.loads(block)


def test_decision_index_lists_every_decision_with_its_status() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| \[(.*)\]\((\d{4}-.*\.md)\) \| (\w+) \|$", index, re.MULTILINE))
    files = {
        (text.splitlines()[0].removeprefix("# "), file.name, re.findall(r"^Status: (\w+)", text, re.MULTILINE)[0])
        for file in (ROOT / "docs" / "adr").glob("[0-9]*.md")
        for text in [file.read_text(encoding="utf-8")]
    }
    assert rows == files


def check_options(arguments: list[str]) -> None:
    """Parse the arguments as the command would; an unknown command, option or value raises."""
    group: Any = get_command(app)
    if arguments[0].startswith("-"):
        assert any(arguments[0] in parameter.opts for parameter in group.params), arguments
        return
    command = group.commands[arguments[0]]
    command.make_context(arguments[0], arguments[1:])


def check_sam_options(arguments: list[str]) -> None:
    """Parse the arguments as SAM CLI would."""
    command = import_module(f"samcli.commands.{arguments[0]}.command").cli
    command.make_parser(Context(command)).parse_args(arguments[1:])


def check_module(name: str, arguments: list[str]) -> None:
    """Check that a module exists, and that it or its package names these options."""
    found = find_spec(name)
    assert found, name
    folders = found.submodule_search_locations or []
    sources = [Path(str(found.origin)), *(file for folder in folders for file in Path(folder).glob("*.py"))]
    text = "".join(source.read_text(encoding="utf-8") for source in sources)
    for argument in arguments:
        assert not argument.startswith("--") or f'"{argument.partition("=")[0]}"' in text, f"{name} {argument}"

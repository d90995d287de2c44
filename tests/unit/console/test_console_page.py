"""The console's page: what it may reach, how it is sent, and that its modules can be put together as they are."""

import base64
import gzip
import re
import runpy
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

CONSOLE = Path(__file__).parents[3] / "functions" / "console"
MODULES = {str(path.relative_to(CONSOLE / "modules")): path for path in sorted((CONSOLE / "modules").rglob("*.js"))}
FOLDERS = ("page", "reading", "list", "results", "reviews")
BUCKET = "https://permit-ocr-123456789012-5d3a.s3.cn-north-1.amazonaws.com.cn"
LARGEST_RESPONSE = 64 * 1024
"""Bytes of the compressed page: a third of a second at 1.5 Mbit/s."""
HEADING = re.compile(r"^// ---- ([\w/-]+\.js)$", re.MULTILINE)
"""Of each module in the page."""
DECLARATION = re.compile(
    r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+|\[[^\]]*\]|\{[^}]*\})", re.MULTILINE
)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("UPLOAD_ORIGIN", BUCKET)
    return runpy.run_path(str(CONSOLE / "app.py"))


def declared(source: str) -> list[str]:
    """Return the names that a module declares at its top level."""
    return [name for group in DECLARATION.findall(source) for name in re.findall(r"\w+", group)]


def test_the_page_reaches_only_its_own_origin_and_the_bucket(app: dict[str, Any]) -> None:
    policy = app["handler"]({}, None)["headers"]["content-security-policy"]
    (connects,) = re.findall(r"connect-src ([^;]+);", policy)
    assert connects.split() == ["'self'", BUCKET]


def test_only_the_pages_own_script_and_style_are_allowed(app: dict[str, Any]) -> None:
    policy = app["handler"]({}, None)["headers"]["content-security-policy"]
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        (content,) = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", app["PAGE"], re.DOTALL)
        digest = base64.b64encode(sha256(content.encode()).digest()).decode()
        assert re.findall(rf"{directive} ([^;]+);", policy) == [f"'sha256-{digest}'"]


def test_the_page_refers_to_nothing_outside(app: dict[str, Any]) -> None:
    addresses = set(re.findall(r"https?://[^\s\"'`)]+", app["PAGE"]))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a namespace, not an address


def test_a_browser_that_has_the_page_gets_304(app: dict[str, Any]) -> None:
    etag = app["handler"]({}, None)["headers"]["etag"]
    response = app["handler"]({"headers": {"if-none-match": f"W/{etag}"}}, None)
    assert (response["statusCode"], response["body"]) == (304, "")
    assert app["handler"]({"headers": {"if-none-match": '"other"'}}, None)["statusCode"] == 200


def test_the_page_is_compressed_for_those_who_accept_it(app: dict[str, Any]) -> None:
    response = app["handler"]({"headers": {"accept-encoding": "gzip, deflate, br"}}, None)
    compressed = base64.b64decode(response["body"], validate=True)
    assert response["isBase64Encoded"]
    assert response["headers"]["content-encoding"] == "gzip"
    assert gzip.decompress(compressed).decode() == app["PAGE"] == app["handler"]({}, None)["body"]
    assert len(compressed) <= LARGEST_RESPONSE


def test_every_module_is_in_the_page(app: dict[str, Any]) -> None:
    assert MODULES.keys() == set(HEADING.findall(app["SCRIPT"]))
    assert re.findall(r"^(?:import|export)\b.*", app["SCRIPT"], re.MULTILINE) == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_what_another_one_exports(app: dict[str, Any], module: str) -> None:
    source = MODULES[module].read_text()
    imports = app["imports"](module)
    assert len(imports) == len(re.findall(r"^import\b", source, re.MULTILINE))
    for names, imported in imports:
        exported = MODULES[imported].read_text()
        for name in re.findall(r"\w+", names):
            assert re.search(rf"^export (?:async )?(?:function|class|const|let) {name}\b", exported, re.MULTILINE), name
            assert len(re.findall(rf"\b{name}\b", source)) > 1, f"{name} is imported but not used"


def test_no_two_modules_declare_the_same_name() -> None:
    """They share one scope in the page."""
    names = Counter(name for path in MODULES.values() for name in declared(path.read_text()))
    assert [name for name, count in names.items() if count > 1] == []


def test_modules_do_not_import_each_other_in_a_circle(app: dict[str, Any]) -> None:
    order = HEADING.findall(app["SCRIPT"])
    for place, name in enumerate(order):
        imported = {imported for _, imported in app["imports"](name)}
        assert imported <= set(order[:place]), name


def test_each_folder_of_modules_imports_only_the_folders_before_it(app: dict[str, Any]) -> None:
    assert {Path(name).parent.name for name in MODULES} == {*FOLDERS, ""}
    for name in MODULES:
        folder = Path(name).parent.name
        before = FOLDERS[: FOLDERS.index(folder) + 1] if folder else FOLDERS
        assert {Path(imported).parent.name for _, imported in app["imports"](name)} <= set(before), name

"""The artefacts of ``sam build``: complete, compiled, small, for one architecture, and reproducible."""

import importlib.util
import marshal
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from samtranslator.yaml_helper import yaml_parse

from sandbox.lambda_runtime.environment_variables import link_runtime_packages
from tests.contract.template.deployed_template import Resources, function_of

ROOT = Path(__file__).parents[3]
BUILT = ROOT / ".aws-sam" / "build"
FUNCTIONS = (
    *("UploadsFunction", "ImagesFunction", "ApiFunction", "WebhooksFunction", "ConsoleFunction", "ExpiryFunction"),
)
SHARED = ("ThirdPartyLayer", "PermitOcrLayer", *FUNCTIONS)
IMAGING = "ImagingLayer"
ARTEFACTS = (*SHARED, IMAGING)
LIMIT_BYTES = 30_000_000
"""For all functions and the layers they share, unzipped, bytecode included: 25.4 MB when this was written."""
IMAGING_LIMIT_BYTES = 40_000_000
"""For the layer of the images function."""
ELF_MACHINE = {"x86_64": 62, "arm64": 183}


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    """Build as the Makefile does, which does nothing if the artefacts are up to date."""
    subprocess.run([ROOT / "layers" / "build.sh"], check=True, timeout=300)


@pytest.fixture(scope="module")
def artefact_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("artefact", ROOT / "layers" / "artefact.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def files(artefact: str) -> list[Path]:
    paths = [path for path in (BUILT / artefact).rglob("*") if path.is_file()]
    assert paths, f"{artefact} is empty"
    return paths


def code_objects(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from code_objects(constant)


def make_artefact(*arguments: str | Path, architecture: str = "x86_64") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "layers" / "artefact.py", "--architecture", architecture, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def elf(machine: int) -> bytes:
    """Return the start of an ELF header for a machine."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + machine.to_bytes(2, "little")


@pytest.mark.parametrize("artefact", ARTEFACTS)
def test_every_module_is_compiled_with_an_unchecked_hash(artefact: str) -> None:
    for source in (path for path in files(artefact) if path.suffix == ".py"):
        bytecode = Path(importlib.util.cache_from_source(source)).read_bytes()
        assert bytecode[:4] == importlib.util.MAGIC_NUMBER, f"{source} was compiled by another Python"
        assert int.from_bytes(bytecode[4:8], "little") == 0b01, f"{source} was not compiled with an unchecked hash"
        assert bytecode[8:16] == importlib.util.source_hash(source.read_bytes()), f"{source} is newer than its bytecode"


@pytest.mark.parametrize("artefact", ARTEFACTS)
def test_bytecode_contains_no_absolute_paths(artefact: str) -> None:
    for path in (path for path in files(artefact) if path.suffix == ".pyc"):
        for code in code_objects(marshal.loads(path.read_bytes()[16:])):  # noqa: S302  our own bytecode
            assert not code.co_filename.startswith("/"), f"{path}: {code.co_filename}"


def test_the_deployed_artefacts_are_within_the_size_limits() -> None:
    sizes = {artefact: sum(path.stat().st_size for path in files(artefact)) for artefact in ARTEFACTS}
    assert sizes.pop(IMAGING) <= IMAGING_LIMIT_BYTES, sizes
    assert sum(sizes.values()) <= LIMIT_BYTES, sizes


def test_these_tests_cover_every_artefact_of_the_template() -> None:
    resources = yaml_parse((BUILT / "template.yaml").read_text(encoding="utf-8"))["Resources"]
    built = {
        name
        for name, resource in resources.items()
        if {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys()
    }
    assert built == set(ARTEFACTS)


def test_artefacts_contain_no_development_files() -> None:
    for artefact in ARTEFACTS:
        for path in files(artefact):
            assert path.name != "Makefile", path
            assert path.suffix not in {".pyi", ".toml", ".sh", ".mk"}, path
    for artefact in FUNCTIONS:
        page = {".html", ".css", ".js"} if artefact == "ConsoleFunction" else set()
        assert {path.suffix for path in files(artefact)} == {".py", ".pyc"} | page
    assert {path.suffix for path in files("PermitOcrLayer")} == {".json", ".py", ".pyc", ".txt"}


def test_binaries_are_for_the_architecture_in_the_template() -> None:
    architecture = yaml_parse((BUILT / "template.yaml").read_text(encoding="utf-8"))["Parameters"]["Architecture"]
    assert architecture["AllowedValues"] == [architecture["Default"]]
    machines = {
        path.name: int.from_bytes(path.read_bytes()[18:20], "little")
        for artefact in ARTEFACTS
        for path in files(artefact)
        if path.read_bytes()[:4] == b"\x7fELF"
    }
    assert machines, "the third-party layer has compiled packages"
    assert set(machines.values()) == {ELF_MACHINE[architecture["Default"]]}, machines


@pytest.mark.parametrize("layer", ["third-party", "imaging"])
def test_the_other_architecture_can_be_built(layer: str, tmp_path: Path) -> None:
    done = make_artefact("packages", ROOT / f"layers/{layer}/requirements.txt", tmp_path, architecture="arm64")
    assert done.returncode == 0, done.stderr
    machines = {int.from_bytes(path.read_bytes()[18:20], "little") for path in tmp_path.rglob("*.so*")}
    assert machines == {ELF_MACHINE["arm64"]}


def test_a_binary_for_another_architecture_is_found(artefact_tool: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "right.so").write_bytes(elf(ELF_MACHINE["arm64"]))
    (tmp_path / "wrong").write_bytes(elf(ELF_MACHINE["x86_64"]))
    (tmp_path / "no_binary.py").write_bytes(b"")
    assert list(artefact_tool.foreign_binaries(tmp_path, "arm64")) == [Path("wrong")]


def test_a_module_that_does_not_compile_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "broken.py").write_text("def broken(:\n", encoding="utf-8")
    done = make_artefact("sources", tmp_path / "sources", tmp_path / "artefact")
    assert done.returncode != 0
    assert "broken.py" in done.stdout + done.stderr


SOURCES = (
    "layers/permit-ocr/permit_ocr",
    *(f"functions/{app.parent.name}" for app in (ROOT / "functions").glob("*/app.py")),
)


@pytest.mark.parametrize("sources", SOURCES)
def test_building_twice_produces_identical_files(sources: str, tmp_path: Path) -> None:
    trees = []
    for attempt in ("first", "second"):
        assert make_artefact("sources", ROOT / sources, tmp_path / attempt).returncode == 0
        paths = (path for path in (tmp_path / attempt).rglob("*") if path.is_file())
        trees.append({path.relative_to(tmp_path / attempt): path.read_bytes() for path in paths})
    assert trees[0] == trees[1]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_handlers_import_only_from_their_layers_and_the_runtime(
    function: str, resources: Resources, tmp_path: Path
) -> None:
    """As in Lambda: no site-packages, but the function, then the layers, then the runtime's packages."""
    layers = (BUILT / layer / "python" for layer in ("ThirdPartyLayer", "PermitOcrLayer"))
    path = [BUILT / function, *layers, link_runtime_packages(tmp_path / "runtime")]
    script = (
        f"import sys; sys.path[:0] = {list(map(str, path))!r}\n"
        "import app, permit_ocr; assert callable(app.handler); print(permit_ocr.__file__)"
    )
    settings = dict.fromkeys(function_of(resources, function)["Environment"]["Variables"], "1") | {"OCR_SITE": "intl"}
    variables = {**settings, "PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "eu-central-1"}
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", script],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(BUILT / "PermitOcrLayer")

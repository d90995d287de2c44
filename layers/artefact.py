"""Builds one artefact for ``sam build``: compiled Python code for one architecture, without files that never run.

The Makefiles of the layers and functions run it with the runtime's version of Python, since bytecode depends on it.
"""

import argparse
import compileall
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

RUNTIME: Final = (3, 13)
ELF_MACHINE: Final = {"x86_64": 0x3E, "arm64": 0xB7}
"""``e_machine``, the two bytes at offset 18 of an ELF header: EM_X86_64 and EM_AARCH64."""
WHEEL_MACHINE: Final = {"x86_64": "x86_64", "arm64": "aarch64"}
GLIBC: Final = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
"""Platform tags of wheels that run on the runtime's Amazon Linux 2023, which has glibc 2.34."""
NEVER_RUN: Final = (
    "bin",
    "**/*.pyi",
    "**/*.pyx",
    "**/py.typed",
    "*.dist-info/RECORD",
    "*.dist-info/REQUESTED",
    "*.dist-info/direct_url.json",
)
"""Type stubs and pip's records. The rest of ``dist-info`` stays, for scanners of versions and licences."""
DEPLOYED_SUFFIXES: Final = frozenset((".py", ".html", ".css", ".js", ".json", ".txt"))


def main() -> None:
    """Build the artefact that the command line describes. Exits with one line on standard error if that fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architecture", choices=sorted(ELF_MACHINE), required=True)
    parser.add_argument("content", choices=["packages", "sources"])
    parser.add_argument("origin", type=Path, help="a requirements file with hashes, or a directory of sources")
    parser.add_argument("artefact", type=Path)
    arguments = parser.parse_args()
    if sys.version_info[:2] != RUNTIME:
        sys.exit(
            f"build: bytecode for the runtime needs Python 3.13, not {sys.version.split()[0]}: run make setup first"
        )
    if arguments.content == "packages":
        install(arguments.origin, arguments.artefact, arguments.architecture)
    else:
        copy(arguments.origin, arguments.artefact)
    compile_all(arguments.artefact)
    if foreign := sorted(foreign_binaries(arguments.artefact, arguments.architecture)):
        sys.exit(f"build: not built for {arguments.architecture}: {', '.join(map(str, foreign))}")


def install(requirements: Path, artefact: Path, architecture: str) -> None:
    """Install the pinned packages as wheels for the architecture, without files that never run."""
    platforms = [f"--platform={glibc}_{WHEEL_MACHINE[architecture]}" for glibc in GLIBC]
    pip = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--no-compile",
            "--require-hashes",
            "--only-binary=:all:",
            "--implementation=cp",
            f"--python-version={RUNTIME[0]}.{RUNTIME[1]}",
            *platforms,
            f"--target={artefact}",
            f"--requirement={requirements}",
        ],
        check=False,
    )
    if pip.returncode:
        sys.exit(f"build: pip could not install {requirements} for {architecture}; its output is above")
    for pattern in NEVER_RUN:
        for path in list(artefact.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def copy(sources: Path, artefact: Path) -> None:
    """Copy the files below a directory that have a deployed suffix."""
    for source in sorted(path for path in sources.rglob("*") if path.suffix in DEPLOYED_SUFFIXES):
        target = artefact / source.relative_to(sources)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def compile_all(artefact: Path) -> None:
    """Compile every module. The runtime's file system is read-only, so it would compile them at each cold start.

    Bytecode with ``unchecked-hash`` never looks stale. File times, which are checked by default, do not survive the
    upload.
    """
    compiled = compileall.compile_dir(
        artefact,
        quiet=1,
        stripdir=str(artefact),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        sys.exit(f"build: a module of {artefact} does not compile")


def foreign_binaries(artefact: Path, architecture: str) -> Iterator[Path]:
    """Yield each ELF file in the artefact that is for another architecture."""
    for path in artefact.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as file:
            header = file.read(20)
        if header.startswith(b"\x7fELF") and int.from_bytes(header[18:20], "little") != ELF_MACHINE[architecture]:
            yield path.relative_to(artefact)


if __name__ == "__main__":
    main()

"""Trims boto3 to the AWS services and operations in use: ``python trim_botocore.py SITE_PACKAGES SOURCES``.

botocore has models of more than 400 services, 25 MB with their documentation, and a function reads those of its
services at every cold start. Trimming saves that space and time. Each service that ``bootstrap.py`` has a client for
keeps its newest API version, with the operations that SOURCES name; everything else in the models is unchanged.
"""

import gzip
import json
import re
import shutil
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

from botocore import xform_name

CALLED_BY_BOTOCORE: Final = frozenset(("create_bucket", "head_bucket", "create_session"))
"""Operations that botocore itself uses: for presigned POSTs, buckets in another region and S3 Express."""
KEPT_FILES: Final = ("service-2", "service-2.sdk-extras", "endpoint-rule-set-1", "paginators-1")
"""All but examples and waiters, which are not used."""


def main() -> None:
    """Trim boto3 in a directory of installed packages to what the sources in another directory use."""
    packages, sources = map(Path, sys.argv[1:])
    trim(
        packages / "botocore" / "data",
        services=services_in(sources, packages / "botocore" / "data"),
        words=words_in(sources),
    )
    shutil.rmtree(packages / "boto3" / "data")  # models of boto3's resources, which are not used
    shutil.rmtree(packages / "boto3" / "examples", ignore_errors=True)


def services_in(sources: Path, data: Path) -> frozenset[str]:
    """Return the services that ``bootstrap.py`` names. Exits if there are none."""
    quoted = set(re.findall(r'"([a-z0-9-]+)"', (sources / "bootstrap.py").read_text("utf-8")))
    services = quoted & {path.name for path in data.iterdir() if path.is_dir()}
    if not services:
        sys.exit(f"build: {sources}/bootstrap.py names no AWS service")
    return frozenset(services)


def words_in(sources: Path) -> frozenset[str]:
    """Return every word in the sources that could be the name of an operation."""
    return CALLED_BY_BOTOCORE | {
        word for path in sources.rglob("*.py") for word in re.findall(r"[a-z][a-z0-9_]+", path.read_text("utf-8"))
    }


def trim(data: Path, *, services: Collection[str], words: Collection[str]) -> None:
    """Delete other services, old API versions, unused operations and documentation from botocore's data."""
    for directory in [path for path in data.iterdir() if path.is_dir()]:
        if directory.name in services:
            _trim_service(directory, words)
        else:
            shutil.rmtree(directory)
    endpoints = _read(data / "endpoints.json")
    for partition in endpoints["partitions"]:
        partition["services"] = {name: value for name, value in partition["services"].items() if name in services}
    _write(data / "endpoints.json", endpoints)


def _trim_service(directory: Path, words: Collection[str]) -> None:
    *old, newest = sorted(path for path in directory.iterdir() if path.is_dir())
    for version in old:
        shutil.rmtree(version)
    for file in list(newest.iterdir()):
        name = file.name.removesuffix(".gz").removesuffix(".json")
        model = _read(file) if name in KEPT_FILES else None
        file.unlink()
        if model is not None:
            # Uncompressed: the layer is compressed as a whole, and a cold start then need not decompress it.
            _write(newest / f"{name}.json", without_documentation(with_operations(model, words)))


def with_operations(model: dict[str, Any], words: Collection[str]) -> dict[str, Any]:
    """Return a service's model with only the operations in ``words`` and the shapes that they need."""
    if "operations" not in model:
        return model
    operations = {name: value for name, value in model["operations"].items() if xform_name(name) in words}
    needed: set[str] = set()
    new = set(_shapes(operations))
    while new:
        needed |= new
        new = {shape for name in new for shape in _shapes(model["shapes"][name])} - needed
    shapes = {name: value for name, value in model["shapes"].items() if name in needed}
    return {**model, "operations": operations, "shapes": shapes}


def _shapes(data: Any) -> Iterator[str]:  # noqa: ANN401  JSON
    """Yield the name of every shape that a part of a model refers to."""
    if isinstance(data, dict):
        if isinstance(data.get("shape"), str):
            yield data["shape"]
        for value in data.values():
            yield from _shapes(value)
    elif isinstance(data, list):
        for value in data:
            yield from _shapes(value)


def without_documentation(data: Any) -> Any:  # noqa: ANN401  JSON
    """Return a model with empty documentation; botocore needs the keys.

    A member that is called "documentation" is an object, and stays.
    """
    if isinstance(data, dict):
        return {
            key: "" if key == "documentation" and isinstance(value, str) else without_documentation(value)
            for key, value in data.items()
        }
    return [without_documentation(value) for value in data] if isinstance(data, list) else data


def _read(file: Path) -> Any:  # noqa: ANN401  JSON
    content = file.read_bytes()
    return json.loads(gzip.decompress(content) if file.suffix == ".gz" else content)


def _write(file: Path, data: Any) -> None:  # noqa: ANN401  JSON
    file.write_text(json.dumps(data, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()

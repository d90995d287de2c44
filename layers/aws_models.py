"""Copies what botocore knows of the calls in use, without documentation: ``python aws_models.py PACKAGE TARGET``.

The deployed functions read these copies when they start (``permit_ocr/adapters/aws_clients.py`` says why). A call is in
use if its name, as Python has it, is anywhere in the package: what is written nowhere is called by nobody.
"""

import importlib.util
import json
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from botocore import xform_name
from botocore.loaders import Loader

OF_A_SERVICE: Final = ("service-2", "endpoint-rule-set-1")
BY_BOTOCORE: Final = frozenset(("create_bucket", "head_bucket", "create_session"))
"""Calls that botocore looks up by itself: for the form of a presigned POST, where a bucket moved, and in S3 Express."""
OF_ALL: Final = ("_retry", "partitions", "sdk-default-configuration")


def main() -> None:
    """Write the copies for the services that the package's module names."""
    package, target = map(Path, sys.argv[1:])
    write(target, services=aws_clients(package).SERVICES, words=words_in(package))


def aws_clients(package: Path) -> ModuleType:
    """Return the module of the package that names the services."""
    spec = importlib.util.spec_from_file_location("aws_clients", package / "adapters" / "aws_clients.py")
    if spec is None or spec.loader is None:
        sys.exit(f"build: {package} has no adapters/aws_clients.py")
    sys.path.insert(0, str(package.resolve().parent))  # what it imports is of the same package, installed or not
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def words_in(package: Path) -> frozenset[str]:
    """Return every word in the package's sources that could be a call's name, and botocore's own."""
    return BY_BOTOCORE | {
        word for path in package.rglob("*.py") for word in re.findall(r"[a-z][a-z0-9_]+", path.read_text("utf-8"))
    }


def write(target: Path, *, services: Sequence[str], words: Collection[str]) -> None:
    """Write the data of ``services`` where botocore's loader looks for it below ``target``; calls only of ``words``."""
    loader = Loader()
    for service in services:
        for kind in OF_A_SERVICE:
            name = f"{service}/{loader.determine_latest_version(service, kind)}/{kind}"
            data = loader.load_data(name)
            _write(
                target / f"{name}.json",
                without_documentation(with_calls(data, words) if "operations" in data else data),
            )
    for name in OF_ALL:
        _write(target / f"{name}.json", loader.load_data(name))
    endpoints = loader.load_data("endpoints")
    for partition in endpoints["partitions"]:
        partition["services"] = {name: said for name, said in partition["services"].items() if name in services}
    _write(target / "endpoints.json", endpoints)


def with_calls(model: dict[str, Any], words: Collection[str]) -> dict[str, Any]:
    """Return a service's model with the operations that ``words`` name, and the shapes that those need."""
    operations = {name: said for name, said in model["operations"].items() if xform_name(name) in words}
    needed: set[str] = set()
    waiting = set(_shapes(operations))
    while waiting:
        needed |= waiting
        waiting = {shape for name in waiting for shape in _shapes(model["shapes"][name])} - needed
    shapes = {name: said for name, said in model["shapes"].items() if name in needed}
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
    """Return a model with its texts emptied; botocore asks for some. A member of that name is an object, and stays."""
    if isinstance(data, dict):
        return {
            key: "" if key == "documentation" and isinstance(value, str) else without_documentation(value)
            for key, value in data.items()
        }
    return [without_documentation(value) for value in data] if isinstance(data, list) else data


def _write(path: Path, data: Any) -> None:  # noqa: ANN401  JSON
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Unzipped size of what is deployed, compared with the baseline.

    .venv/bin/python -m bench.system.size

Artefacts are measured as ``sam build`` leaves them, including bytecode.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from samtranslator.yaml_helper import yaml_parse

from bench.environment.build import APPLICATION_BUILD, BASELINE_BUILD
from bench.system.comparison import Benchmark, Comparison
from bench.system.thresholds import THRESHOLDS

_MEGABYTE: Final = 1_000_000
_CORE_LAYERS: Final = ("ThirdPartyLayer", "PermitOcrLayer")
"""The layers of every function; the image converter adds another one."""


async def measure(_rounds: int) -> list[Comparison]:
    """Return the comparisons; a size is the same in every round."""
    layers = [APPLICATION_BUILD / name for name in _CORE_LAYERS]
    functions = {name: APPLICATION_BUILD / name for name in _function_names()}
    baseline = megabytes([BASELINE_BUILD / "UploadsFunction"])
    sdk = BASELINE_BUILD / "UploadsFunction" / "tencentcloud"
    unused_sdk = megabytes([sdk]) - megabytes(sdk / part for part in ("common", "ocr"))
    with_layers = {name: megabytes([functions[name], *layers]) for name in ("UploadsFunction", "ApiFunction")}
    return [
        *(
            Comparison(
                key=f"size-{name}",
                label=f"Unzipped, {name} with its layers",
                unit="MB",
                application=[size],
                baseline=[baseline],
                threshold=THRESHOLDS[f"size-{name}"],
                digits=1,
            )
            for name, size in with_layers.items()
        ),
        Comparison(
            key="size-split",
            label="… compared with a baseline that has only the SDK's OCR product",
            unit="MB",
            application=[with_layers["UploadsFunction"]],
            baseline=[baseline - unused_sdk],
            digits=1,
        ),
        Comparison(
            key="size-total",
            label="Unzipped, all functions and the core layers together",
            unit="MB",
            application=[megabytes([*functions.values(), *layers])],
            threshold=THRESHOLDS["size-total"],
            digits=1,
        ),
    ]


def _function_names() -> list[str]:
    template = yaml_parse((APPLICATION_BUILD / "template.yaml").read_text(encoding="utf-8"))
    resources = template["Resources"].items()
    return [name for name, resource in resources if resource["Type"] == "AWS::Serverless::Function"]


def megabytes(directories: Iterable[Path]) -> float:
    """Return the size of all files in the directories."""
    files = (path for directory in directories for path in directory.rglob("*"))
    return sum(path.stat().st_size for path in files if path.is_file() and not path.is_symlink()) / _MEGABYTE


BENCHMARK: Final = Benchmark(title="Size", measure=measure, rounds=1)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main(__doc__))

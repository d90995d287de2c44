"""What is deployed, unzipped: each function with its layers, beside the baseline's.

    .venv/bin/python -m bench.size

Artefacts are as ``sam build`` leaves them, bytecode included.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from bench.comparison import Comparison
from bench.measurement import Measurement, run_alone
from bench.stage import BASELINE, BUILT

MEGABYTE = 1_000_000


async def measure(_rounds: int) -> list[Comparison]:
    """Return the comparisons; a size is the same every time."""
    layers = [BUILT / "ThirdPartyLayer", BUILT / "PermitOcrLayer"]
    baseline = megabytes([BASELINE / "UploadsFunction"])
    sdk = megabytes([BASELINE / "UploadsFunction" / "tencentcloud"])
    used = megabytes(BASELINE / "UploadsFunction" / "tencentcloud" / part for part in ("common", "ocr"))
    ours = {name: megabytes([BUILT / name, *layers]) for name in ("UploadsFunction", "ApiFunction")}
    return [
        *(
            Comparison(
                key=f"size-{name}",
                what=f"Unzipped, {name} with its layers",
                unit="MB",
                ours=[size],
                baseline=[baseline],
                target=0.12,
                digits=1,
            )
            for name, size in ours.items()
        ),
        Comparison(
            key="size-split",
            what="… against a baseline with the SDK's package of the one product",
            unit="MB",
            ours=[ours["UploadsFunction"]],
            baseline=[baseline - sdk + used],
            digits=1,
        ),
    ]


def megabytes(roots: Iterable[Path]) -> float:
    """Return the size of all files below the directories."""
    files = (path for root in roots for path in root.rglob("*"))
    return sum(path.stat().st_size for path in files if path.is_file() and not path.is_symlink()) / MEGABYTE


MEASUREMENT = Measurement(title="Size", measure=measure, rounds=1)

if __name__ == "__main__":
    sys.exit(run_alone(MEASUREMENT, __doc__))

"""What a cold start may load: modules are counted and named, since seconds are another number on every machine."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from permit_ocr.composition import Settings
from sandbox.runtime import link_runtime

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".aws-sam" / "build"
MOST_MODULES = {"UploadsFunction": 680, "ApiFunction": 880}
"""With Python's own and the runtime's; a fifth more than it was when this was written."""
NEVER = {"boto3", "s3transfer", "multiprocessing", "PIL", "pypdfium2", "numpy", "tkinter", "unittest"}
"""What is needed rarely, elsewhere or not at all."""
NEVER_OF_UPLOADS = NEVER | {"pydantic", "pydantic_core", "asyncio", "aws_lambda_powertools"}
"""Nobody asks the uploads function by HTTP."""


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    subprocess.run([ROOT / "layers" / "build.sh"], check=True, timeout=300)


def loaded(function: str, runtime: Path) -> set[str]:
    """Return the names of all modules once the function's environment has started."""
    layers = (BUILT / layer / "python" for layer in ("ThirdPartyLayer", "PermitOcrLayer"))
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, [BUILT / function, *layers, link_runtime(runtime)])),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
        **{field.name.upper(): "1" for field in dataclasses.fields(Settings)},
        "OCR_SITE": "intl",
    }
    script = "import json, sys, awslambdaric.bootstrap, app; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], env=variables, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("function", MOST_MODULES)
def test_a_cold_start_loads_no_more_modules_than_it_may(function: str, tmp_path: Path) -> None:
    assert len(loaded(function, tmp_path / "runtime")) <= MOST_MODULES[function]


@pytest.mark.parametrize(("function", "never"), [("UploadsFunction", NEVER_OF_UPLOADS), ("ApiFunction", NEVER)])
def test_a_cold_start_loads_nothing_that_its_first_event_does_not_need(
    function: str, never: set[str], tmp_path: Path
) -> None:
    found = loaded(function, tmp_path / "runtime")
    assert "permit_ocr.composition" in found
    assert not found & never


def test_clients_are_made_from_the_copies_of_botocores_data() -> None:
    copies = BUILT / "PermitOcrLayer" / "python" / "permit_ocr" / "adapters" / "aws_models"
    assert {path.name for path in copies.iterdir() if path.is_dir()} == {"dynamodb", "s3", "secretsmanager", "sqs"}
    assert sum(path.stat().st_size for path in copies.rglob("*.json")) < 1_000_000

"""The README's lines to try work as they stand, against a running sandbox."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.sandbox.conftest import ROOT, Running
from tests.unit.test_documentation import blocks

LINES = blocks(ROOT / "README.md", "bash")[1].splitlines()
SANDBOX_ADDRESS = "http://127.0.0.1:8000"


def test_readme_has_five_lines_to_try() -> None:
    assert len(LINES) == 5


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.partition("#")[0].strip())
def test_a_line_to_try_succeeds(line: str, sandbox: Running, tmp_path: Path) -> None:
    command = line.replace(SANDBOX_ADDRESS, sandbox.endpoints["api_url"]).replace(" .sandbox/", f" {tmp_path}/")
    done = subprocess.run(
        ["/usr/bin/env", "bash", "-euo", "pipefail", "-c", command],
        cwd=ROOT,
        env={**os.environ, "PERMIT_OCR_SANDBOX_DIRECTORY": str(sandbox.state)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr

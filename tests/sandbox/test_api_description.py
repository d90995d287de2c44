"""The API keeps to its own description, whatever it is sent.

By hand, for longer:
.venv/bin/schemathesis run http://127.0.0.1:8000/v1/openapi.json --url http://127.0.0.1:8000 -n 1000
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

LEFT_OUT = {
    "ignored_auth": "the sandbox looks at no signatures",
    "unsupported_method": "API Gateway answers 404, not 405",
    "positive_data_acceptance": "a text that is Base64 need not be a photograph",
}


@pytest.fixture
def description(sandbox: Any, tmp_path: Path) -> Path:
    """Return the API's own document, changed so that no address leads away from this machine."""
    said = httpx.get(f"{sandbox.endpoints['api_url']}/v1/openapi.json", timeout=60).json()
    address = said["components"]["schemas"]["RecognitionRequest"]["properties"]["image_url"]
    address["anyOf"][0]["pattern"] = address["pattern"] = "^http://127\\.0\\.0\\.1:9/[a-z]{1,8}$"
    del address["format"]
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(said))
    return file


def test_no_request_makes_the_api_fail_or_answer_what_it_does_not_describe(sandbox: Any, description: Path) -> None:
    schemathesis = Path(sys.executable).parent / "schemathesis"
    limits = ["--max-examples=8", "--max-time=30", "--request-timeout=60", "--generation-deterministic"]
    run = subprocess.run(
        [
            schemathesis,
            "run",
            str(description),
            f"--url={sandbox.endpoints['api_url']}",
            "--phases=coverage,fuzzing,stateful",
            f"--exclude-checks={','.join(LEFT_OUT)}",
            *limits,
            "--suppress-health-check=all",
            "--no-color",
        ],
        cwd=description.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Tested: " in run.stdout

"""The API conforms to its OpenAPI document, whatever is sent to it.

To test by hand for longer:
.venv/bin/schemathesis run http://127.0.0.1:8000/v1/openapi.json --url http://127.0.0.1:8000 -n 1000
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

EXCLUDED_CHECKS = {
    "ignored_auth": "the sandbox does not verify signatures",
    "unsupported_method": "API Gateway responds with 404 to OPTIONS and TRACE, not 405",
    "positive_data_acceptance": "valid Base64 need not be a photo",
}


@pytest.fixture
def description(sandbox: Any, tmp_path: Path) -> Path:
    """Return the API's OpenAPI document, changed so that every URL is on this machine."""
    openapi = httpx.get(f"{sandbox.endpoints['api_url']}/v1/openapi.json", timeout=60).json()
    image_url = openapi["components"]["schemas"]["RecognitionRequest"]["properties"]["image_url"]
    image_url["anyOf"][0]["pattern"] = image_url["pattern"] = "^http://127\\.0\\.0\\.1:9/[a-z]{1,8}$"
    del image_url["format"]
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(openapi))
    return file


def test_every_response_conforms_to_the_openapi_document(sandbox: Any, description: Path) -> None:
    schemathesis = Path(sys.executable).parent / "schemathesis"
    limits = ["--max-examples=8", "--max-time=30", "--request-timeout=60", "--generation-deterministic"]
    run = subprocess.run(
        [
            schemathesis,
            "run",
            str(description),
            f"--url={sandbox.endpoints['api_url']}",
            "--phases=coverage,fuzzing,stateful",
            f"--exclude-checks={','.join(EXCLUDED_CHECKS)}",
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

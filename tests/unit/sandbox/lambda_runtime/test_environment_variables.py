"""A function has the variables and packages that Lambda gives it, and the emulator's responses are understood."""

import os
from pathlib import Path

import pytest

from sandbox.lambda_runtime.emulator import invocation_result
from sandbox.lambda_runtime.environment_variables import RUNTIME_PACKAGES, environment_variables, link_runtime_packages
from sandbox.template.deployed_stack import Function

FUNCTION = Function(
    logical_id="UploadsFunction",
    name="uploads-1",
    task_root=Path("/build/Uploads"),
    layers=(Path("/build/First"), Path("/build/Second")),
    json_logs=True,
    log_level="WARN",
)
CONFIGURATION = {
    "Timeout": 45,
    "MemorySize": 512,
    "Handler": "app.handler",
    "Environment": {"Variables": {"KEEP_DAYS": 7, "OCR_SITE": "intl"}},
}


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY", "the developer's own")
    return environment_variables(
        FUNCTION, CONFIGURATION, runtime=Path("/runtime"), aws_endpoint="http://127.0.0.1:4566"
    )


def test_a_function_has_its_own_variables_and_lambdas(variables: dict[str, str]) -> None:
    assert (variables["KEEP_DAYS"], variables["OCR_SITE"]) == ("7", "intl")
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "uploads-1"
    assert variables["AWS_LAMBDA_FUNCTION_TIMEOUT"] == "45"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert variables["LAMBDA_TASK_ROOT"] == "/build/Uploads"
    assert variables["_HANDLER"] == "app.handler"
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert (variables["AWS_LAMBDA_LOG_FORMAT"], variables["AWS_LAMBDA_LOG_LEVEL"]) == ("JSON", "WARN")


def test_overrides_replace_and_add_variables() -> None:
    overridden = environment_variables(
        FUNCTION,
        CONFIGURATION,
        runtime=Path("/runtime"),
        aws_endpoint="http://127.0.0.1:4566",
        overrides={"OCR_SITE": "domestic", "OCR_SCHEME": "http"},
    )
    assert (overridden["KEEP_DAYS"], overridden["OCR_SITE"], overridden["OCR_SCHEME"]) == ("7", "domestic", "http")


def test_a_function_has_none_of_this_processs_variables(variables: dict[str, str]) -> None:
    assert "HTTPS_PROXY" not in variables
    assert "TENCENTCLOUD_SECRET_KEY" not in variables


def test_the_functions_code_precedes_its_layers_and_later_layers_earlier(
    variables: dict[str, str],
) -> None:
    assert variables["PYTHONPATH"].split(os.pathsep) == [
        "/build/Uploads",
        "/build/Second/python",
        "/build/First/python",
        "/runtime",
    ]


def test_the_runtime_has_only_its_own_packages(tmp_path: Path) -> None:
    (tmp_path / "left over").symlink_to(tmp_path)
    names = {entry.name for entry in link_runtime_packages(tmp_path).iterdir()}
    assert {"boto3", "botocore", "awslambdaric", "six.py", "dateutil", "urllib3"} <= names
    assert "left over" not in names
    assert "pydantic" not in names
    assert len(names) <= len(RUNTIME_PACKAGES) + 2
    assert {entry.name for entry in link_runtime_packages(tmp_path).iterdir()} == names


@pytest.mark.parametrize(
    ("status", "body", "failed"),
    [
        (200, b'{"batchItemFailures": []}', False),
        (200, b"null", False),
        (200, b'{"errorMessage": "mine", "errorType": "mine"}', False),
        (200, b'{"errorMessage": "m", "errorType": "E", "requestId": "r", "stackTrace": []}', True),
        (200, b"Task timed out after 45.00 seconds", True),
        (502, b'{"errorType": "Runtime.ExitError", "errorMessage": "exit status 3"}', True),
    ],
)
def test_failures_are_told_from_responses(status: int, body: bytes, *, failed: bool) -> None:
    assert invocation_result(status, body).function_error is failed

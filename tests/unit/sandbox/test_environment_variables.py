"""A function gets what Lambda gives it; what the emulator answers is understood."""

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
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY", "the developer's own")
    return environment_variables(
        FUNCTION, CONFIGURATION, runtime=Path("/runtime"), aws_endpoint="http://127.0.0.1:4566"
    )


def test_a_function_has_its_variables_as_texts_and_lambdas_own(environment: dict[str, str]) -> None:
    assert (environment["KEEP_DAYS"], environment["OCR_SITE"]) == ("7", "intl")
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "uploads-1"
    assert environment["AWS_LAMBDA_FUNCTION_TIMEOUT"] == "45"
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert environment["LAMBDA_TASK_ROOT"] == "/build/Uploads"
    assert environment["_HANDLER"] == "app.handler"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert (environment["AWS_LAMBDA_LOG_FORMAT"], environment["AWS_LAMBDA_LOG_LEVEL"]) == ("JSON", "WARN")


def test_a_function_has_nothing_of_this_processs_environment(environment: dict[str, str]) -> None:
    assert "HTTPS_PROXY" not in environment
    assert "TENCENTCLOUD_SECRET_KEY" not in environment


def test_the_functions_own_code_goes_before_its_layers_and_a_later_layer_before_an_earlier(
    environment: dict[str, str],
) -> None:
    assert environment["PYTHONPATH"].split(os.pathsep) == [
        "/build/Uploads",
        "/build/Second/python",
        "/build/First/python",
        "/runtime",
    ]


def test_the_runtime_has_its_packages_and_nothing_else(tmp_path: Path) -> None:
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
def test_failures_are_told_from_answers(status: int, body: bytes, *, failed: bool) -> None:
    assert invocation_result(status, body).function_error is failed

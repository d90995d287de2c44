"""What a function can see: its environment variables, and the packages of AWS's Python runtime.

A function imports from its own directory, its layers, the standard library and ``RUNTIME_PACKAGES``. A package that is
missing from a layer is missing here too.
"""

import importlib.metadata
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sandbox.account import CREDENTIALS, REGION
from sandbox.lambda_runtime.invocation import Json
from sandbox.template.deployed_stack import Function

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html and their dependencies.
RUNTIME_PACKAGES: Final = (
    "awslambdaric",
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot-restore-py",
    "urllib3",
)


def link_runtime_packages(directory: Path) -> Path:
    """Make ``directory`` contain links to the packages of AWS's runtime, and nothing else; return it."""
    directory.mkdir(parents=True, exist_ok=True)
    wanted: dict[str, Path] = {}
    for package in RUNTIME_PACKAGES:
        distribution = importlib.metadata.distribution(package)
        for file in distribution.files or ():
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not top.endswith(".dist-info"):
                wanted[top] = Path(str(distribution.locate_file(top)))
    for link in directory.iterdir():
        if link.name not in wanted or link.readlink() != wanted[link.name]:
            link.unlink()
    for name, target in wanted.items():
        if not (directory / name).is_symlink():
            (directory / name).symlink_to(target)
    return directory


def environment_variables(
    function: Function,
    configuration: Json,
    *,
    runtime: Path,
    aws_endpoint: str,
    overrides: Mapping[str, str] | None = None,
    enforce_iam: bool = False,
) -> dict[str, str]:
    """Return a function's environment variables: those of its configuration and those that Lambda sets, no others.

    ``overrides`` replace variables of the configuration. With ``enforce_iam`` its access key is the name of its role.
    """
    # Layers are unpacked over each other: of two layers with the same file, the later one wins.
    path = [function.task_root, *(layer / "python" for layer in reversed(function.layers)), runtime]
    variables = {
        **{name: str(value) for name, value in configuration.get("Environment", {}).get("Variables", {}).items()},
        **(overrides or {}),
        **CREDENTIALS,
        **({"AWS_ACCESS_KEY_ID": function.role} if enforce_iam else {}),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": aws_endpoint,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(configuration["Timeout"]),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": REGION,
        "LAMBDA_TASK_ROOT": str(function.task_root),
        "LANG": "en_US.UTF-8",
        "PATH": os.defpath,
        "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's file system is read-only
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "TZ": ":UTC",
        "_HANDLER": configuration["Handler"],
    }
    if function.json_logs:
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = function.log_level or "INFO"
    return variables

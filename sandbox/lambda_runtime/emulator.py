"""AWS's Lambda runtime interface emulator, and the meaning of its responses."""

import json
import platform
import sys
from pathlib import Path
from typing import Any, Final

import httpx
import samcli

from sandbox.errors import SandboxError
from sandbox.lambda_runtime.invocation import InvocationResult

_ERROR_KEYS: Final = {"errorMessage", "errorType", "requestId", "stackTrace"}
_ARCHITECTURES: Final = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def machine_architecture() -> str:
    """Return this machine's architecture as SAM calls it, x86_64 or arm64.

    Raises ``SandboxError`` for any other machine, and off Linux.
    """
    if sys.platform != "linux":
        raise SandboxError(f"the sandbox runs only on Linux, like AWS's emulator; this is {sys.platform}")
    try:
        return _ARCHITECTURES[platform.machine().lower()]
    except KeyError:
        raise SandboxError(f"Lambda runs on x86_64 and arm64; this machine is {platform.machine()}") from None


def emulator_path() -> Path:
    """Return the path of the emulator, which is part of the SAM CLI's package."""
    return Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{machine_architecture()}"


def invocation_result(status: int, body: bytes) -> InvocationResult:
    """Return what the emulator's response means.

    The emulator answers 200 to nearly everything. An exception has the four keys that awslambdaric writes. A timeout is
    a plain sentence and not JSON, as every function's response is. A crash and a failed import are 502.
    """
    try:
        response: Any = json.loads(body or b"null")
    except ValueError:
        return failed_invocation("Sandbox.Timedout", body.decode(errors="replace"))
    failed = status != httpx.codes.OK or (isinstance(response, dict) and response.keys() == _ERROR_KEYS)
    return InvocationResult(payload=body, function_error=failed)


def failed_invocation(error_type: str, message: str) -> InvocationResult:
    """Return an error in the form that Lambda reports it."""
    payload = json.dumps({"errorType": error_type, "errorMessage": message}).encode()
    return InvocationResult(payload=payload, function_error=True)

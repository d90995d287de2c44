"""A decoder that a file has taken over finds nothing of the function: no credentials, memory or open files."""

import ctypes
import json
import os
import subprocess
import sys

LIBC = ctypes.CDLL(None)
TAKEN_OVER = """
import ctypes, json, os

def result_of(attempt):
    try:
        attempt()
    except OSError as error:
        return type(error).__name__
    return "succeeded"

def attach():  # PTRACE_SEIZE
    if ctypes.CDLL(None, use_errno=True).ptrace(0x4206, os.getppid(), None, None) != 0:
        raise PermissionError

function = f"/proc/{os.getppid()}"
attempts = {
    **{name: lambda name=name: open(f"{function}/{name}", "rb").read(1) for name in ("environ", "mem", "maps")},
    **{name: lambda name=name: os.readlink(f"{function}/{name}") for name in ("fd/0", "cwd", "exe")},
    "ptrace": attach,
}
print(json.dumps({"rejection": json.dumps({name: result_of(attempt) for name, attempt in attempts.items()})}))
"""
FUNCTION = """
import pathlib, sys, tempfile
from permit_ocr.images import conversion

if sys.argv[1] == "open":
    conversion.disable_dumps = lambda: None
with tempfile.TemporaryDirectory() as name:
    directory = pathlib.Path(name)
    (directory / "taken_over.py").write_text(sys.argv[2])
    sys.path.append(name)
    conversion._MODULE = "taken_over"
    for page in conversion.decode(directory / "upload", directory, base64_limit=1):
        print(page.rejection)
"""


def drop_root_access() -> None:
    """Drop what lets root look into every process: CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_PERFMON. Lambda has no root."""
    for capability in (19, 21, 38):
        LIBC.prctl(24, capability, 0, 0, 0)


def attempts_of_a_decoder(function: str) -> dict[str, str]:
    """Return what a decoder's attempts to look into a function come to, if that is ``open`` or ``closed``."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", FUNCTION, function, TAKEN_OVER],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "AWS_SECRET_ACCESS_KEY": "secret-key"},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
        preexec_fn=drop_root_access,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, str] = json.loads(done.stdout)
    return result


def test_a_decoder_can_look_into_a_function_that_is_not_closed() -> None:
    """Otherwise the next test would prove nothing."""
    assert attempts_of_a_decoder("open")["environ"] == "succeeded"


def test_a_decoder_reads_nothing_of_the_function() -> None:
    attempts = attempts_of_a_decoder("closed")
    assert attempts == dict.fromkeys(attempts, "PermissionError")

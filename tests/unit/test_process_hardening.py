"""A process's memory and environment are hidden from others of the same user."""

import os
import subprocess
import sys

PROGRAM = """
import ctypes, os, resource, sys
from permit_ocr.process_hardening import disable_dumps

def child_reads():
    child = os.fork()
    if child == 0:
        try:
            seen = open(f"/proc/{os.getppid()}/environ", "rb").read()
        except PermissionError:
            os._exit(0)
        os._exit(1 if b"secret-key" in seen else 2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # changing the user has already disabled dumps: enable them again
before = child_reads()
disable_dumps()
print(before, child_reads(), resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_other_processes_of_the_user_cannot_read_the_environment() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "RECOGNIZER_SECRET_KEY": "secret-key"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout == "1 0 (0, 0)\n"

"""Reading sends nothing and stores nothing. ONNX Runtime would do both by default."""

import os
import subprocess
import sys
from pathlib import Path

SPECIMEN = Path(__file__).parents[3] / "events" / "specimens" / "residence-permit-back-1.jpg"
PROGRAM = """
import sys
asked = []
WAYS_OUT = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
sys.addaudithook(lambda event, arguments: asked.append(event) if event in WAYS_OUT else None)
from pathlib import Path
from permit_ocr.domain.permits import Kind
from recognizer import load_models, read
load_models()
read(Path(sys.argv[1]).read_bytes(), kind=Kind.RESIDENCE_PERMIT)
print(asked)
"""


def test_reading_opens_no_connection_and_leaves_no_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environment = {"PATH": os.defpath, "HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, SPECIMEN],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout == "[]\n"
    assert list(home.rglob("*")) == []  # its telemetry would create an identifier and a database here

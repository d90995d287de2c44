"""The names of files by the keys of their uploads, which hide them. Kept only by a sandbox, on this machine.

One JSON object per line, in a file that only its owner can read.
"""

import json
import os
from pathlib import Path


class FileNames:
    """Names by key. Without a ``file``, nothing is recorded."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._names: dict[str, str] = {}
        self._read_up_to = 0

    def record(self, key: str, name: str) -> None:
        """Record the name of an uploaded file. Raises ``OSError``."""
        if self._file:
            line = json.dumps({"key": key, "name": name}, ensure_ascii=False) + "\n"
            with os.fdopen(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as out:
                out.write(line.encode())

    def get(self, key: str) -> str | None:
        """Return the name of an uploaded file; None if it is unknown. Sees what other processes have recorded."""
        if key not in self._names and self._file and self._file.exists():
            with self._file.open("rb") as file:
                file.seek(self._read_up_to)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    recorded = json.loads(line)
                    self._names[recorded["key"]] = recorded["name"]
                    self._read_up_to += len(line)
        return self._names.get(key)

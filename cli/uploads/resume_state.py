"""The progress of a run over many photos, so that the next run resumes it: one line per upload and per result.

The file contains data read from cards. It is readable only by its owner and is deleted when the run completes.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class RunMismatch(Exception):
    """The file belongs to a run with other options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of a run. A run can be resumed only with the same options, since others change the results."""

    upload_bucket: str
    document: str
    card_side: str | None
    return_portrait: bool
    case: str | None = None
    pairs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRecord:
    """An uploaded photo: the SHA-256 of its content and its document id."""

    sha256: str
    document_id: str


class ResumeState:
    """The open resume file of one run.

    ``uploads`` maps files to their uploads. Events stay in the file and are read on demand.
    """

    def __init__(self, file: Path, run: RunOptions) -> None:
        """Open or create ``file``. Raises ``RunMismatch`` and ``OSError``."""
        self._path = file
        self._file = os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        self.uploads: dict[str, UploadRecord] = {}
        self._events: dict[str, int] = {}
        options = self._load()
        if options is None:
            self._append({"run": asdict(run)})
        elif options != asdict(run):
            self._file.close()
            raise RunMismatch(
                f"{file} is from a run with other options or another bucket: use those again or delete it"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def record_upload(self, file: Path, uploaded: UploadRecord) -> None:
        """Record that ``file`` was uploaded."""
        self._append({"file": str(file), "uploaded": asdict(uploaded)})
        self.uploads[str(file)] = uploaded

    def record_events(self, document_id: str, events: list[dict[str, Any]]) -> None:
        """Record the events of a document: one, or one per page."""
        self._events[document_id] = self._append({"document_id": document_id, "events": events})

    def is_done(self, document_id: str) -> bool:
        """Return whether a document's events are recorded."""
        return document_id in self._events

    def events(self, document_id: str) -> Iterator[dict[str, Any]]:
        """Yield the recorded events of a document."""
        if document_id in self._events:
            self._file.seek(self._events[document_id])
            yield from json.loads(self._file.readline())["events"]

    def delete(self) -> None:
        """Delete the file once the run is complete."""
        self._path.unlink(missing_ok=True)

    def _append(self, line: Mapping[str, Any]) -> int:
        offset = self._file.seek(0, os.SEEK_END)
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        return offset

    def _load(self) -> dict[str, Any] | None:
        """Read the file and return the options of its run, or None if the file is new."""
        options = None
        offset = 0
        for line in self._file:
            if not line.endswith(b"\n"):  # the run was killed while writing this line
                self._file.truncate(offset)
                break
            entry = json.loads(line)
            if "run" in entry:
                options = entry["run"]
            elif "uploaded" in entry:
                self.uploads[entry["file"]] = UploadRecord(**entry["uploaded"])
            else:
                self._events[entry["document_id"]] = offset
            offset += len(line)
        return options

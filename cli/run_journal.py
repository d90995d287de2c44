"""How far a run over many photographs has come: a line for each upload and each result, so that the next run goes on.

It holds what was read from cards: only its owner may read it, and it goes when the run is complete.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class OtherRun(Exception):
    """The journal is of a run that was asked for something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run was asked for. With anything else the earlier results would be others."""

    upload_bucket: str
    document: str
    card_side: str | None
    return_portrait: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """One photograph that was uploaded: its content's SHA-256 and the document it became."""

    sha256: str
    document_id: str


class RunJournal:
    """The journal of one run, open for more.

    ``uploads`` tells by file what was uploaded. Events stay in the file and are read when they are asked for.
    """

    def __init__(self, file: Path, run: Run) -> None:
        """Open ``file``, or begin it. Raises ``OtherRun`` and ``OSError``."""
        self._path = file
        self._file = os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        self.uploads: dict[str, Uploaded] = {}
        self._events: dict[str, int] = {}
        begun = self._read_back()
        if begun is None:
            self._append({"run": asdict(run)})
        elif begun != asdict(run):
            self._file.close()
            raise OtherRun(f"{file} is of a run with other options or another bucket: go on with those, or delete it")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def note_upload(self, file: Path, uploaded: Uploaded) -> None:
        """Note that ``file`` was uploaded."""
        self._append({"file": str(file), "uploaded": asdict(uploaded)})
        self.uploads[str(file)] = uploaded

    def note_events(self, document_id: str, events: list[dict[str, Any]]) -> None:
        """Note what a document came to: one event, or one for each of its pages."""
        self._events[document_id] = self._append({"document_id": document_id, "events": events})

    def is_done(self, document_id: str) -> bool:
        """Return whether a document's events are noted."""
        return document_id in self._events

    def events(self, document_id: str) -> Iterator[dict[str, Any]]:
        """Yield what was noted of a document."""
        if document_id in self._events:
            self._file.seek(self._events[document_id])
            yield from json.loads(self._file.readline())["events"]

    def delete(self) -> None:
        """Delete the file: the run is complete."""
        self._path.unlink(missing_ok=True)

    def _append(self, line: Mapping[str, Any]) -> int:
        place = self._file.seek(0, os.SEEK_END)
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        return place

    def _read_back(self) -> dict[str, Any] | None:
        """Return what the noted run was asked for; None if nothing is noted yet."""
        begun = None
        place = 0
        for line in self._file:
            if not line.endswith(b"\n"):  # the run was killed while it wrote this one
                self._file.truncate(place)
                break
            said = json.loads(line)
            if "run" in said:
                begun = said["run"]
            elif "uploaded" in said:
                self.uploads[said["file"]] = Uploaded(**said["uploaded"])
            else:
                self._events[said["document_id"]] = place
            place += len(line)
        return begun

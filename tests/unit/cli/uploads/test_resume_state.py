"""An interrupted run resumes where it stopped."""

from dataclasses import replace
from pathlib import Path

import pytest

from cli.uploads.resume_state import ResumeState, RunMismatch, RunOptions, UploadRecord

RUN = RunOptions(upload_bucket="bucket", document="auto", card_side=None, return_portrait=False)
ONE = UploadRecord(sha256="00", document_id="one")
EVENT = {"id": "one", "data": {"name": "样本"}}


def test_the_next_run_knows_the_uploads_and_their_results(tmp_path: Path) -> None:
    file = tmp_path / "state"
    with ResumeState(file, RUN) as state:
        state.record_upload(Path("a.jpg"), ONE)
        state.record_upload(Path("b.jpg"), UploadRecord(sha256="01", document_id="two"))
        state.record_events("one", [EVENT])
    with ResumeState(file, RUN) as state:
        assert state.uploads["a.jpg"] == ONE
        assert (state.is_done("one"), state.is_done("two")) == (True, False)
        assert list(state.events("one")) == [EVENT]
        assert list(state.events("two")) == []


def test_a_line_that_was_only_partly_written_is_written_again(tmp_path: Path) -> None:
    file = tmp_path / "state"
    with ResumeState(file, RUN) as state:
        state.record_upload(Path("a.jpg"), ONE)
        state.record_events("one", [EVENT])
    whole = file.read_bytes()
    first_line = whole.index(b"\n") + 1
    for cut in range(first_line, len(whole)):
        file.write_bytes(whole[:cut])
        with ResumeState(file, RUN) as state:
            state.record_upload(Path("a.jpg"), ONE)
            state.record_events("one", [EVENT])
        with ResumeState(file, RUN) as state:
            assert state.uploads == {"a.jpg": ONE}
            assert list(state.events("one")) == [EVENT]


def test_a_file_from_a_run_with_other_options_is_rejected(tmp_path: Path) -> None:
    file = tmp_path / "state"
    ResumeState(file, RUN).__exit__(None, None, None)
    with pytest.raises(RunMismatch, match="other options"):
        ResumeState(file, replace(RUN, document="mainland-permit"))


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "state"
    with ResumeState(file, RUN):
        assert file.stat().st_mode & 0o077 == 0

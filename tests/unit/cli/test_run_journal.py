"""A run that was stopped goes on where it was."""

from dataclasses import replace
from pathlib import Path

import pytest

from cli.run_journal import OtherRun, Run, RunJournal, Uploaded

RUN = Run(upload_bucket="bucket", document="auto", card_side=None, return_portrait=False)
ONE = Uploaded(sha256="00", document_id="one")
EVENT = {"id": "one", "data": {"name": "样本"}}


def test_the_next_run_knows_what_was_uploaded_and_what_it_came_to(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    with RunJournal(file, RUN) as journal:
        journal.note_upload(Path("a.jpg"), ONE)
        journal.note_upload(Path("b.jpg"), Uploaded(sha256="01", document_id="two"))
        journal.note_events("one", [EVENT])
    with RunJournal(file, RUN) as journal:
        assert journal.uploads["a.jpg"] == ONE
        assert (journal.is_done("one"), journal.is_done("two")) == (True, False)
        assert list(journal.events("one")) == [EVENT]
        assert list(journal.events("two")) == []


def test_a_line_that_was_half_written_when_the_run_was_killed_is_written_again(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    with RunJournal(file, RUN) as journal:
        journal.note_upload(Path("a.jpg"), ONE)
        journal.note_events("one", [EVENT])
    whole = file.read_bytes()
    first_line = whole.index(b"\n") + 1
    for cut in range(first_line, len(whole)):
        file.write_bytes(whole[:cut])
        with RunJournal(file, RUN) as journal:
            journal.note_upload(Path("a.jpg"), ONE)
            journal.note_events("one", [EVENT])
        with RunJournal(file, RUN) as journal:
            assert journal.uploads == {"a.jpg": ONE}
            assert list(journal.events("one")) == [EVENT]


def test_a_journal_of_a_run_with_other_options_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    RunJournal(file, RUN).__exit__(None, None, None)
    with pytest.raises(OtherRun, match="other options"):
        RunJournal(file, replace(RUN, document="mainland-permit"))


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    with RunJournal(file, RUN):
        assert file.stat().st_mode & 0o077 == 0

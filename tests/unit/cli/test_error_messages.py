"""Messages about files have no error numbers."""

import errno
import os
from pathlib import Path

import pytest

from cli.error_messages import message_of
from cli.results.formats import write_lines, write_table
from tests.unit.fakes.queues import THROTTLED


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_no_message_has_an_error_number(number: int) -> None:
    error = OSError(number, os.strerror(number), "list.csv")
    text = message_of(error)
    assert text.startswith("list.csv: ")
    assert "Errno" not in text


def test_an_error_of_the_application_is_a_sentence() -> None:
    assert message_of(THROTTLED) == f"{THROTTLED.meaning} {THROTTLED.advice}"


def test_other_messages_stay_as_they_are() -> None:
    assert message_of(FileExistsError("list.csv already exists")) == "list.csv already exists"
    assert message_of(ValueError("list.ods: no")) == "list.ods: no"


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".jsonl", ".parquet"])
def test_each_format_names_the_file_that_cannot_be_written(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"below/list{suffix}"
    with pytest.raises(OSError) as caught:  # noqa: PT011  the message is what matters
        write_lines(file, []) if suffix == ".jsonl" else write_table(file, {"id": str}, [], suffix=suffix)
    assert message_of(caught.value) == f"{file}: no such file or folder"

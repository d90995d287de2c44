"""The results table, and the explanations below it."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cli.results.layout import wrap_name
from cli.results.table import ResultRow, print_results, reasons_of, rows_of
from cli.uploads.submission import Result, Submission
from permit_ocr.domain.card.answers import Answer
from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.permits import Kind, Side
from tests.unit.fakes.ocr import MAINLAND_BACK, MAINLAND_FRONT, OTHER_CARD
from tests.unit.fakes.world import submission, world


def printed(
    response: Answer | RejectDocument, capsys: pytest.CaptureFixture[str], side: Side = Side.FRONT
) -> tuple[str, dict[str, Any]]:
    """Return the output for a photo with this provider response, and its event."""
    text = world(response).recognize(submission(kind=Kind.MAINLAND_PERMIT, side=side), deadline=time.monotonic() + 45)
    event = json.loads(text)
    submitted = Submission(file=Path("front.jpg"), document_id=event["id"], started_at=0)
    print_results(rows_of([Result(submission=submitted, events=(event,), seconds=1)]))
    return capsys.readouterr().out, event


def test_the_reasons_for_a_review_are_printed_below_the_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, event = printed(replace(MAINLAND_FRONT, ValidDate="?", Number="1"), capsys)
    assert event["data"]["verdict"] == "review"
    assert len(event["data"]["reasons"]) > 1
    assert f"front.jpg: needs review: {reasons_of(event['data'])}" in out.splitlines()
    assert "validity: unreadable" in out


def test_a_rejected_photo_is_explained_with_advice(capsys: pytest.CaptureFixture[str]) -> None:
    out, event = printed(OTHER_CARD, capsys)
    error = event["data"]["error"]
    assert f"front.jpg: {error['meaning']} {error['advice']} ({error['code']})" in out.splitlines()


def test_an_accepted_card_has_no_explanation(capsys: pytest.CaptureFixture[str]) -> None:
    out, event = printed(MAINLAND_FRONT, capsys)
    assert event["data"]["verdict"] == "accepted"
    assert "front.jpg:" not in out


def test_a_side_without_a_period_says_that_the_other_side_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    out, event = printed(MAINLAND_BACK, capsys, side=Side.BACK)
    assert event["data"]["verdict"] == "incomplete"
    assert "front.jpg: incomplete: the period of validity is on the other side; send both sides as one case" in out


@pytest.mark.parametrize(
    ("outcomes", "note"),
    [
        (["clear", "suspect"], ""),
        (["not_checked"] * 2, "Authenticity was not checked: the provider did not run copy detection."),
        (
            ["suspect", "not_checked", "clear"],
            "Authenticity was not checked for 1 of 3 photos: the provider did not run copy detection.",
        ),
    ],
)
def test_the_note_on_authenticity_says_for_how_many_photos(
    outcomes: list[str], note: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, event = printed(MAINLAND_FRONT, capsys)
    print_results(
        [
            ResultRow(name="front.jpg", event={**event, "data": event["data"] | {"authenticity": outcome}})
            for outcome in outcomes
        ]
    )
    printed_notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Authenticity")]
    assert printed_notes == ([note] if note else [])


NAMES = (
    "residence-permit-front-1.jpg",
    "scan - IMG_20261129_131912_HDR_edited_final (2) of the front side.jpg",
    "3f2a6b1c9d8e7f605142332415068798a7b6c5d4e3f201112233445566778899.heic",
    "张三的回乡证正面扫描件二零二六年十一月二十九日张三的回乡证正面.jpg",
)
SAMPLES = Path(__file__).parents[4] / "events" / "samples"
PRINT_SAMPLES = f"""
import json, sys
from cli.results.table import ResultRow, print_results
recognized, completed, rejected = (
    json.load(open(f"{SAMPLES}/permit.{{name}}.v1.json")) for name in ("recognized", "completed", "rejected")
)
rows = [ResultRow(name=name, event=recognized, seconds=1.25) for name in {NAMES!r}]
rows.append(ResultRow(name="front.jpg + back.jpg", event=completed))
rows.append(ResultRow(name="small.jpg", event=rejected, seconds=0.5))
rows.append(ResultRow(name="late.jpg", event=None, seconds=120))
print_results(rows)
"""
HEADINGS = {
    60: ["photo", "valid until", "verdict"],
    80: ["photo", "number", "valid until", "verdict"],
    100: ["photo", "side", "number", "valid until", "verdict"],
    120: ["photo", "side", "number", "validity", "valid until", "verdict"],
    160: ["photo", "document", "side", "number", "validity", "valid until", "days left", "verdict"],
}
ALL_HEADINGS = [*HEADINGS[160], "seconds"]


def printed_in_terminal(columns: int) -> list[str]:
    """Run the program in a pseudo-terminal of this width and return the lines that it shows."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    process = subprocess.Popen(
        [sys.executable, "-c", PRINT_SAMPLES],
        stdin=child,
        stdout=child,
        stderr=child,
        env=environment | {"TERM": "xterm-256color"},
    )
    os.close(child)
    shown = bytearray()
    with suppress(OSError):  # Linux reports the end of a terminal as an error
        while received := os.read(parent, 65536):
            shown += received
    os.close(parent)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert process.wait() == 0, text
    return [line.rstrip() for line in text.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("columns", HEADINGS)
def test_the_table_fits_the_terminal(columns: int) -> None:
    lines = printed_in_terminal(columns)
    shown = HEADINGS[columns]
    assert re.split(r"  +", lines[0]) == shown
    left_out = [heading for heading in ALL_HEADINGS if heading not in shown]
    assert f"not shown for lack of width: {', '.join(left_out)}" in " ".join(lines)
    assert max(map(cell_len, lines)) <= columns
    cells = {cell for line in lines for cell in re.split(r"  +", line)}
    assert {"residence-permit-front-1.jpg", "2036-02-02", "accepted", "no result"} <= cells, "whole words"
    assert all(cell.startswith("3f2a6b1c9d8e") for cell in cells if "…" in cell), "only what is longer than the column"
    words = {word for cell in cells for word in re.split(r"[ _-]", cell)}
    assert {"scan", "20261129", "131912", "HDR", "edited", "final", "side.jpg"} <= words


def test_a_piped_table_has_every_column_and_whole_names(capsys: pytest.CaptureFixture[str]) -> None:
    event = json.loads((SAMPLES / "permit.recognized.v1.json").read_text(encoding="utf-8"))
    print_results([ResultRow(name=name, event=event, seconds=1) for name in NAMES])
    out = capsys.readouterr().out
    assert all(name in out for name in NAMES)
    assert re.split(r"  +", out.splitlines()[0]) == ALL_HEADINGS
    assert "lack of width" not in out


def test_a_pair_has_one_row_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    event = json.loads((SAMPLES / "permit.completed.v1.json").read_text(encoding="utf-8"))
    print_results([ResultRow(name="front.jpg + back.jpg", event=event)])
    row = capsys.readouterr().out.splitlines()[2]
    shown = ["residence-permit", "both", "810000196110293288", "expired", "2023-09-06", "–", "rejected"]
    assert re.split(r"  +", row)[:8] == ["front.jpg + back.jpg", *shown]


@given(st.text(st.sampled_from("ab-_. 卡"), min_size=1, max_size=60), st.integers(4, 40))
def test_a_broken_name_fits_and_loses_only_the_middle_of_a_part(name: str, width: int) -> None:
    lines = wrap_name(name, width)
    assert all(cell_len(line) <= width for line in lines)
    if "…" not in "".join(lines):
        assert re.sub(" ", "", "".join(lines)) == re.sub(" ", "", name)


def test_the_same_explanation_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    event = json.loads((SAMPLES / "permit.rejected.v1.json").read_text(encoding="utf-8"))
    print_results([ResultRow(name=f"{name}.jpg", event=event) for name in "abcde"])
    lines = capsys.readouterr().out.splitlines()
    (explanation,) = [line for line in lines if "smaller than" in line]
    assert explanation.startswith("a.jpg, b.jpg, c.jpg and 2 more: The image is smaller")


def test_warnings_are_worded_like_reasons_and_measured_seconds_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    event = json.loads((SAMPLES / "permit.completed.v1.json").read_text(encoding="utf-8"))
    event["data"]["reasons"] = ["validity:expired", "mismatch:mrz_number", "check_failed:permit_number_format"]
    print_results([ResultRow(name="front.jpg + back.jpg", event=event)])
    headings, _, row, *_ = capsys.readouterr().out.splitlines()
    assert re.split(r"  +", headings.strip())[-2:] == ["verdict", "warnings"]
    assert re.split(r"  +", row.strip())[-1] == "mismatch: mrz number, check failed: permit number format"


@pytest.mark.parametrize(
    ("override", "shown"),
    [(None, "corrected"), ({"reason": "original_seen"}, "corrected, against the checks (original seen)")],
)
def test_a_review_is_explained(override: dict[str, str] | None, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    event = json.loads((SAMPLES / "permit.reviewed.v1.json").read_text(encoding="utf-8"))
    event["data"]["review"]["override"] = override
    print_results([ResultRow(name="front.jpg", event=event)])
    assert f"front.jpg: accepted by a reviewer: {shown}" in capsys.readouterr().out.splitlines()

"""The results table, and the explanations below it."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.results.table import print_results
from cli.submission import Result, Submission
from permit_ocr.domain.card.answers import Answer
from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.permits import Kind, Side
from tests.unit.fakes import MAINLAND_BACK, MAINLAND_FRONT, OTHER_CARD, submission, world


def printed(
    response: Answer | RejectDocument, capsys: pytest.CaptureFixture[str], side: Side = Side.FRONT
) -> tuple[str, dict[str, Any]]:
    """Return the output for a photo with this provider response, and its event."""
    text = world(response).recognize(submission(kind=Kind.MAINLAND_PERMIT, side=side), deadline=time.monotonic() + 45)
    event = json.loads(text)
    submitted = Submission(file=Path("front.jpg"), document_id=event["id"], started_at=0)
    print_results([Result(submission=submitted, events=(event,), seconds=1)])
    return capsys.readouterr().out, event


def test_the_reasons_for_a_review_are_printed_below_the_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, event = printed(replace(MAINLAND_FRONT, ValidDate="?", Number="1"), capsys)
    assert event["data"]["verdict"] == "review"
    assert len(event["data"]["reasons"]) > 1
    assert f"front.jpg: needs review: {', '.join(event['data']['reasons'])}" in out.splitlines()


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
    results = []
    for outcome in outcomes:
        data = event["data"] | {"authenticity": outcome}
        submitted = Submission(file=Path("front.jpg"), document_id=event["id"], started_at=0)
        results.append(Result(submission=submitted, events=({**event, "data": data},), seconds=1))
    print_results(results)
    printed_notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Authenticity")]
    assert printed_notes == ([note] if note else [])

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
from permit_ocr.domain.permits import Kind
from tests.unit.fakes import MAINLAND_FRONT, OTHER_CARD, submission, world


def printed(response: Answer | RejectDocument, capsys: pytest.CaptureFixture[str]) -> tuple[str, dict[str, Any]]:
    """Return the output for a photo with this provider response, and its event."""
    text = world(response).recognize(submission(kind=Kind.MAINLAND_PERMIT), deadline=time.monotonic() + 45)
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

"""An image at a URL that the API accepted: from the queue to its result."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from permit_ocr.application.intake_messages import RecognizeUrlMessage, UnreadableEvent, serialize_message
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.entrypoints.upload_events import messages_in_body, messages_in_event
from tests.unit.entrypoints.uploads.invocation import run
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import world

EVENT: dict[str, Any] = json.loads(Path("events/sqs-recognize-url.json").read_text())
MESSAGE = RecognizeUrlMessage(
    document_id="0123456789abcdef0123456789abcdef",
    image_url="https://images.example.com/specimen.jpg",
    options=RecognitionOptions(kind=Kind.MAINLAND_PERMIT, side=Side.FRONT),
    case="2026-0815",
    received=datetime(2026, 11, 21, 4, tzinfo=UTC),
)


def test_the_sample_is_what_the_api_sends() -> None:
    assert list(messages_in_event(EVENT)) == [MESSAGE]
    assert json.loads(EVENT["Records"][0]["body"]) == json.loads(serialize_message(MESSAGE))


def test_a_message_without_options_survives_serialization() -> None:
    without_options = RecognizeUrlMessage(
        document_id="1",
        image_url="https://example.com/",
        options=RecognitionOptions(),
        case=None,
        received=MESSAGE.received,
    )
    assert list(messages_in_body(serialize_message(without_options))) == [without_options]


OPTIONS = asdict(MESSAGE.options)


@pytest.mark.parametrize(
    "changes",
    [{"options": OPTIONS | {"kind": "passport"}}, {"received": "yesterday"}, {"options": OPTIONS | {"side": 1}}],
)
def test_a_message_with_invalid_values_is_unreadable(changes: dict[str, Any]) -> None:
    fields = json.loads(serialize_message(MESSAGE))["recognize_url"] | changes
    with pytest.raises(UnreadableEvent):
        list(messages_in_body(json.dumps({"recognize_url": fields})))


def test_an_image_at_a_url_is_recognised_once_under_its_id() -> None:
    here = world(MAINLAND_FRONT)
    for _ in range(2):
        again, _ = run(EVENT, here)
        assert again == []
    (request,) = here.ocr.requests
    assert (request.url, request.content) == (MESSAGE.image_url, None)
    ((document_id, event),) = here.results.sent
    assert document_id == MESSAGE.document_id
    document = json.loads(event)["data"]["document"]
    assert (document["case"], document["received"]) == ("2026-0815", "2026-11-21T04:00:00+00:00")


def test_a_deleted_document_leaves_the_queue_unrecognised() -> None:
    here = world()
    here.documents.register(MESSAGE.document_id)
    here.documents.mark_deleted(MESSAGE.document_id)
    again, _ = run(EVENT, here)
    assert again == []
    assert here.results.sent == []

"""Recognising one document: one submission in, one published result out."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from permit_ocr.application.ports import OcrResponse, Submission
from permit_ocr.domain.card.answers import MainlandPermitAnswer, ResidencePermitAnswer
from permit_ocr.domain.errors import CircuitOpen, NotPublished, PermitOcrError, RejectDocument, RetryableError
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.reader_report import ReaderReport
from permit_ocr.domain.verdict import Verdict
from tests.unit.fakes.clock import NOW
from tests.unit.fakes.files import JPEG, jpeg
from tests.unit.fakes.ocr import MAINLAND_FRONT, OTHER_CARD, RESIDENCE_FRONT
from tests.unit.fakes.world import World, submission, world


def event_of(photo: Submission, here: World) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(here.recognize(photo, deadline=time.monotonic() + 45))
    return event


def test_a_recognised_card_is_published_with_the_document_id_as_event_id() -> None:
    here = world(MAINLAND_FRONT)
    event = event_of(submission(kind=Kind.MAINLAND_PERMIT), here)
    assert event["type"] == "permit.recognized.v1"
    assert event["id"] == "document-1"
    assert event["data"]["validity"]["status"] == "valid"
    assert event["data"]["fields"]["Number"] == "H12345678"
    assert [document_id for document_id, _ in here.results.sent] == ["document-1"]
    assert json.loads(here.results.sent[0][1]) == event


def test_a_second_delivery_neither_calls_the_provider_nor_publishes() -> None:
    here = world(MAINLAND_FRONT)
    first = event_of(submission(kind=Kind.MAINLAND_PERMIT), here)
    assert event_of(submission(kind=Kind.MAINLAND_PERMIT), here) == first
    assert len(here.ocr.requests) == 1
    assert len(here.results.sent) == 1


def test_the_same_image_under_another_key_reuses_the_stored_response() -> None:
    here = world(MAINLAND_FRONT)
    first = event_of(submission(kind=Kind.MAINLAND_PERMIT), here)
    second = event_of(submission(kind=Kind.MAINLAND_PERMIT, document_id="document-2"), here)
    assert len(here.ocr.requests) == 1
    assert [event["data"]["provider"]["reused"] for event in (first, second)] == [False, True]
    assert second["id"] == "document-2"


def test_fallback_and_confidences_are_published_judged_and_stored() -> None:
    unsure = OcrResponse(
        answer=MAINLAND_FRONT,
        endpoint="second.example",
        request_id="r",
        attempts=2,
        milliseconds=600,
        fallback=True,
        report=ReaderReport(confidences={"Number": 0.5, "Name": 0.99}),
    )
    here = world(unsure)
    for document_id in ("first", "second"):
        one = submission(document_id=document_id, kind=Kind.MAINLAND_PERMIT)
        data = event_of(one, here)["data"]
        assert (data["verdict"], data["reasons"]) == ("review", ["provider:fallback", "low_confidence:number"])
        assert (data["confidences"]["Number"], data["confidences"]["ValidDate"]) == (0.5, None)
        assert data["provider"]["fallback"] is True
    assert len(here.ocr.requests) == 1


def test_a_result_that_failed_to_publish_is_republished_without_a_call() -> None:
    here = world(MAINLAND_FRONT, publish_fails=1)
    with pytest.raises(NotPublished):
        here.recognize(submission(kind=Kind.MAINLAND_PERMIT), deadline=time.monotonic() + 45)
    here.publish.republish("document-1")
    here.publish.republish("document-1")
    assert len(here.results.sent) == 1
    assert len(here.ocr.requests) == 1


def test_auto_tries_both_sides_of_a_travel_permit_then_a_residence_permit() -> None:
    here = world(OTHER_CARD, OTHER_CARD, RESIDENCE_FRONT)
    event = event_of(submission(), here)
    assert [(request.kind, request.side) for request in here.ocr.requests] == [
        (Kind.MAINLAND_PERMIT, Side.FRONT),
        (Kind.MAINLAND_PERMIT, Side.BACK),
        (Kind.RESIDENCE_PERMIT, None),
    ]
    assert event["data"]["kind"] == "residence-permit"
    assert event["data"]["provider"]["action"] == "HmtResidentPermitOCR"


def test_auto_tries_the_next_action_after_a_response_without_key_field() -> None:
    here = world(MainlandPermitAnswer(), MainlandPermitAnswer(), RESIDENCE_FRONT)
    assert event_of(submission(), here)["data"]["kind"] == "residence-permit"


def test_a_response_without_a_key_field_is_a_rejection() -> None:
    here = world(ResidencePermitAnswer(VisaNum="0", PassNo="000"))
    event = event_of(submission(kind=Kind.RESIDENCE_PERMIT), here)
    assert event["type"] == "permit.rejected.v1"
    assert event["data"]["error"]["code"] == "Document.NoKeyField"


def test_auto_stops_at_a_rejection_that_every_action_would_repeat() -> None:
    here = world(RejectDocument("FailedOperation.ImageNoText", "no text", "another photo"))
    assert event_of(submission(), here)["data"]["error"]["code"] == "FailedOperation.ImageNoText"
    assert len(here.ocr.requests) == 1


def test_only_the_named_side_is_requested() -> None:
    here = world(MAINLAND_FRONT)
    here.recognize(submission(kind=Kind.MAINLAND_PERMIT, side=Side.BACK), deadline=time.monotonic() + 45)
    assert [request.side for request in here.ocr.requests] == [Side.BACK]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "Document.Empty"), (b"GIF89a....", "Document.UnsupportedFormat"), (JPEG[:-1], "Document.Truncated")],
)
def test_an_unreadable_image_is_rejected_before_anything_is_paid(content: bytes, code: str) -> None:
    here = world()
    event = event_of(submission(content), here)
    assert event["data"]["error"]["code"] == code
    assert event["data"]["verdict"] == "rejected"
    assert here.ocr.requests == []
    assert len(here.results.sent) == 1


def test_a_result_is_counted_once_however_often_publishing_fails() -> None:
    here = world(publish_fails=2)
    for _ in range(2):
        with pytest.raises(NotPublished):
            event_of(submission(b""), here)
    assert here.counted == []
    here.publish.republish("document-1")
    here.publish.republish("document-1")
    event_of(submission(b""), here)
    assert here.counted == [(None, None)], "unreadable, and received at an unknown time"


def test_a_result_is_counted_with_its_verdict_and_its_latency() -> None:
    for publish_fails in (0, 1):
        here = world(MAINLAND_FRONT, publish_fails=publish_fails)
        sent = submission(kind=Kind.MAINLAND_PERMIT)
        document = replace(sent.document, received=NOW - timedelta(seconds=12))
        try:
            event_of(replace(sent, document=document), here)
        except NotPublished:
            here.publish.republish("document-1")
        assert here.counted == [(Verdict.ACCEPTED, 12.0)]


def test_metadata_is_removed_before_the_image_is_hashed_and_sent() -> None:
    plain = jpeg()
    with_location = plain[:2] + b"\xff\xfe\x00\x0a22.2793N" + plain[2:]
    here = world(MAINLAND_FRONT)
    first = event_of(
        submission(with_location, document_id="1", kind=Kind.MAINLAND_PERMIT, url="https://bucket/1"), here
    )
    assert [(request.content, request.url) for request in here.ocr.requests] == [(plain, None)]
    second = event_of(submission(plain, document_id="2", kind=Kind.MAINLAND_PERMIT), here)
    assert first["data"]["document"]["sha256"] == second["data"]["document"]["sha256"]
    assert second["data"]["provider"]["reused"] is True


def test_an_image_without_metadata_is_sent_unchanged_or_by_its_url() -> None:
    here = world(MAINLAND_FRONT)
    event_of(submission(JPEG, kind=Kind.MAINLAND_PERMIT, url="https://bucket/1"), here)
    (request,) = here.ocr.requests
    assert request.content is JPEG
    assert request.url == "https://bucket/1"


@pytest.mark.parametrize("error", [RetryableError("InternalError", "", ""), CircuitOpen("InArrears", "", "")])
def test_an_error_unrelated_to_the_document_publishes_nothing(error: PermitOcrError) -> None:
    here = world(error)
    with pytest.raises(type(error)):
        here.recognize(submission(kind=Kind.MAINLAND_PERMIT), deadline=time.monotonic() + 45)
    assert here.results.sent == []
    assert here.recognitions.outcomes == {}


def test_the_portrait_is_stored_in_the_bucket_and_only_its_key_elsewhere() -> None:
    portrait = "cG9ydHJhaXQ="
    here = world(replace(MAINLAND_FRONT, Profile=portrait))
    event = event_of(submission(kind=Kind.MAINLAND_PERMIT, return_portrait=True), here)
    key = event["data"]["portrait_key"]
    assert here.portraits.stored == {key: portrait}
    assert portrait not in json.dumps(event)
    assert portrait not in repr(here.recognitions)


def test_a_document_that_cannot_be_fetched_is_rejected_once() -> None:
    here = world()
    gone = RejectDocument("Document.Gone", "gone", "again")
    for _ in range(2):
        here.recognize.reject(submission().document, gone)
    assert [json.loads(event)["data"]["error"]["code"] for _, event in here.results.sent] == ["Document.Gone"]


def test_a_url_that_is_signed_again_is_the_same_recognition() -> None:
    here = world(MAINLAND_FRONT)
    for number in (1, 2):
        url = f"https://example.com/a.jpg?X-Amz-Signature={number}&X-Amz-Date={number}&page=1"
        document_id = f"document-{number}"
        here.recognize(
            submission(None, url=url, document_id=document_id, kind=Kind.MAINLAND_PERMIT),
            deadline=time.monotonic() + 45,
        )
    assert len(here.ocr.requests) == 1


def test_a_response_too_large_for_a_message_becomes_a_rejection() -> None:
    here = world(replace(MAINLAND_FRONT, IssueAuthority="局" * 100_000))
    event = event_of(submission(kind=Kind.MAINLAND_PERMIT), here)
    assert event["data"]["error"]["code"] == "Document.AnswerTooLarge"


def test_a_rejection_that_may_change_is_not_stored() -> None:
    failed = RejectDocument("FailedOperation.OcrFailed", "could not be read", "another photo")
    here = world(failed, MAINLAND_FRONT)
    first = event_of(submission(kind=Kind.MAINLAND_PERMIT), here)
    second = event_of(submission(kind=Kind.MAINLAND_PERMIT, document_id="document-2"), here)
    assert (first["type"], second["type"]) == ("permit.rejected.v1", "permit.recognized.v1")


def test_a_rejection_of_a_url_is_not_stored_since_its_image_may_change() -> None:
    here = world(OTHER_CARD, MAINLAND_FRONT)
    for number, expected in ((1, "permit.rejected.v1"), (2, "permit.recognized.v1")):
        photo = submission(None, url="https://example.com/a.jpg", document_id=str(number), kind=Kind.MAINLAND_PERMIT)
        assert event_of(photo, here)["type"] == expected


def test_a_failure_to_store_the_portrait_costs_no_second_call() -> None:
    here = world(replace(MAINLAND_FRONT, Profile="cG9ydHJhaXQ="))
    here.portraits.fails = True
    event = event_of(submission(kind=Kind.MAINLAND_PERMIT, return_portrait=True), here)
    assert event["data"]["portrait_key"] is None
    assert len(here.ocr.requests) == 1


def test_republishing_an_expired_result_is_an_error() -> None:
    with pytest.raises(RetryableError, match="ResultExpired"):
        world().publish.republish("long ago")

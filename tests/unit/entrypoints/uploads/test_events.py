"""Upload events in every envelope, from events/."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.application.intake_messages import (
    Page,
    RecognizeUrlMessage,
    RepublishMessage,
    UnreadableEvent,
    Upload,
    serialize_message,
)
from permit_ocr.entrypoints.upload_events import messages_in_body, messages_in_event

EVENTS = Path("events")


def event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


@pytest.mark.parametrize(
    "name",
    ["s3-object-created", "sqs-s3-object-created", "sqs-sns-s3-object-created", "sns-s3-object-created"],
)
def test_an_upload_is_found_in_every_envelope(name: str) -> None:
    (upload,) = messages_in_event(event(name))
    assert isinstance(upload, Upload)
    assert upload.key == "uploads/residence-permit/0a1b2c3d.jpg"
    assert upload.bucket == "permit-ocr-uploads-111122223333-ap-southeast-1"
    assert upload.version == "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"
    assert upload.etag == "d41d8cd98f00b204e9800998ecf8427e"


@pytest.mark.parametrize("name", ["eventbridge-object-created", "sqs-eventbridge-object-created"])
def test_a_key_from_eventbridge_is_not_decoded(name: str) -> None:
    (upload,) = messages_in_event(event(name))
    assert isinstance(upload, Upload)
    assert upload.key == "uploads/mainland-permit/two words+plus.jpg"


def test_a_key_is_decoded_and_an_unversioned_object_has_no_version() -> None:
    (upload,) = messages_in_event(event("s3-object-created-unversioned"))
    assert isinstance(upload, Upload)
    assert upload.key == "uploads/mainland-permit/two words+plus 证.jpg"
    assert upload.version is None


def test_every_record_of_a_batch_is_found_and_the_test_event_skipped() -> None:
    keys = [work.key for work in messages_in_event(event("sqs-s3-batch")) if isinstance(work, Upload)]
    assert keys == ["uploads/residence-permit/1.jpg", "uploads/mainland-permit/2.jpg", "uploads/auto/3.jpg"]


@pytest.mark.parametrize("name", ["s3-test-event", "sqs-s3-test-event", "s3-object-removed"])
def test_events_that_create_no_object_are_ignored(name: str) -> None:
    assert list(messages_in_event(event(name))) == []


@pytest.mark.parametrize(
    ("key", "size", "uploads"),
    [("uploads/2026/", 0, 0), ("uploads/2026/", 9, 1), ("uploads/2026/1.jpg", 0, 1)],
)
def test_a_folder_marker_is_ignored(key: str, size: int, uploads: int) -> None:
    by_s3, by_event_bridge = event("s3-object-created"), event("eventbridge-object-created")
    by_s3["Records"][0]["s3"]["object"] |= {"key": key, "size": size}
    by_event_bridge["detail"]["object"] |= {"key": key, "size": size}
    assert len(list(messages_in_event(by_s3))) == len(list(messages_in_event(by_event_bridge))) == uploads


def test_a_republish_message_is_parsed() -> None:
    assert list(messages_in_event(event("sqs-republish"))) == [
        RepublishMessage(document_id="0123456789abcdef0123456789abcdef")
    ]


@given(st.text(min_size=1, max_size=60))
def test_any_key_survives_the_encoding_of_s3(key: str) -> None:
    try:
        encoded = quote_plus(key)
    except UnicodeEncodeError:
        return  # a lone surrogate cannot be in a key
    created = event("s3-object-created")
    created["Records"][0]["s3"]["object"]["key"] = encoded
    (upload,) = messages_in_event(created)
    assert isinstance(upload, Upload)
    assert upload.key == key


def test_a_page_message_is_parsed() -> None:
    (page,) = messages_in_event(event("sqs-page"))
    assert isinstance(page, Page)
    assert page.upload.key == "uploads/mainland-permit/scan.pdf"
    assert (page.number, page.pages, page.rejection) == (2, 3, None)
    assert page.image == "pages/0123456789abcdef0123456789abcdef/2.jpg"
    assert list(messages_in_body(serialize_message(page))) == [page]


@pytest.mark.parametrize(
    "changed",
    [{"image": None}, {"rejection": "Document.Damaged"}, {"image": None, "rejection": "an unknown code"}, {"x": 1}],
)
def test_a_page_without_image_or_known_rejection_is_unreadable(changed: dict[str, Any]) -> None:
    message = json.loads(event("sqs-page")["Records"][0]["body"])
    with pytest.raises(UnreadableEvent):
        list(messages_in_event({"page": message["page"] | changed}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    *("Records", "s3", "Sns", "Type", "Message", "source", "detail", "body", "eventSource", "Event"),
                    *("republish", "recognize_url", "upload", "page", "x"),
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_other_json_is_an_unreadable_event(payload: Any) -> None:
    with suppress(UnreadableEvent):
        assert all(
            isinstance(work, Upload | Page | RepublishMessage | RecognizeUrlMessage)
            for work in messages_in_event(payload)
        )


@given(st.text(max_size=50))
def test_a_body_that_is_not_json_is_an_unreadable_event(body: str) -> None:
    with pytest.raises(UnreadableEvent):
        list(messages_in_body("not JSON " + body))

"""Files that are converted before they are read, and the documents of their pages."""

import json
from typing import Any

import pytest

from permit_ocr.application.intake_messages import Page, Upload, document_of, serialize_message
from permit_ocr.domain.identity import document_id_of_page
from tests.unit.entrypoints.uploads.invocation import FakeImages, Queues, message, run
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import world


def pages_of_a_scan(*numbers: int, pages: int = 2, rejection: str | None = None) -> dict[str, Any]:
    image = None if rejection else "pages/abc/1.jpg"
    upload = Upload(bucket="uploads", key="uploads/scan.pdf", version="1", etag=None)
    bodies = [
        serialize_message(Page(upload=upload, number=number, pages=pages, image=image, rejection=rejection))
        for number in numbers
    ]
    records = [message()["Records"][0] | {"body": body, "messageId": str(place)} for place, body in enumerate(bodies)]
    return {"Records": records}


def scan_id() -> str:
    upload = Upload(bucket="uploads", key="uploads/scan.pdf", version="1", etag=None)
    return document_of(upload, upload_prefix="uploads/").id


def test_an_upload_that_is_not_provider_ready_is_sent_to_conversion() -> None:
    here, queues = world(), Queues()
    again, _ = run(message(), here, images=FakeImages(provider_ready=False), queues=queues)
    assert again == []
    (upload,) = queues.to_convert
    assert upload.key == "uploads/residence-permit/0a1b2c3d.jpg"
    assert here.results.sent == []
    record = here.documents.states[document_of(upload, upload_prefix="uploads/").id]
    assert record.document is not None
    assert record.document.key == upload.key, "or nobody could delete it before it is read"


def test_a_published_document_is_not_converted_again() -> None:
    here, queues = world(MAINLAND_FRONT), Queues()
    run(message(), here)
    run(message(), here, images=FakeImages(provider_ready=False), queues=queues)
    assert queues.to_convert == []


def test_a_deleted_upload_is_erased_instead_of_converted() -> None:
    here, queues = world(MAINLAND_FRONT), Queues()
    run(message(), here)
    (document_id,) = here.documents.states
    here.documents.mark_deleted(document_id)
    here.erasure.photos[document_id] = ["uploads/1.heic"]
    again, _ = run(message(), here, images=FakeImages(provider_ready=False), queues=queues)
    assert (again, queues.to_convert) == ([], [])
    assert here.erasure.erased == ["uploads/1.heic"]


def test_every_page_of_a_file_is_a_document_and_the_file_has_the_count() -> None:
    here = world(MAINLAND_FRONT, MAINLAND_FRONT)
    again, _ = run(pages_of_a_scan(1, 2), here)
    assert again == []
    events = [json.loads(event)["data"]["document"] for _, event in here.results.sent]
    assert {(event["page"], event["pages"]) for event in events} == {(1, 2), (2, 2)}
    assert {event["id"] for event in events} == {document_id_of_page(scan_id(), page) for page in (1, 2)}
    assert here.documents.states[scan_id()].pages == 2


def test_the_only_page_of_a_file_has_the_id_of_the_upload() -> None:
    here = world(MAINLAND_FRONT)
    run(pages_of_a_scan(1, pages=1), here)
    assert [document_id for document_id, _ in here.results.sent] == [scan_id()]
    assert here.documents.states[scan_id()].pages is None


def test_a_damaged_page_is_rejected_and_the_others_are_recognised() -> None:
    here = world(MAINLAND_FRONT)
    run(pages_of_a_scan(1), here)
    run(pages_of_a_scan(2, rejection="Document.Damaged"), here)
    first, second = (json.loads(event) for _, event in here.results.sent)
    assert first["type"] == "permit.recognized.v1"
    assert second["data"]["error"]["code"] == "Document.Damaged"
    assert second["data"]["document"]["page"] == 2


def test_pages_of_a_deleted_file_are_erased_and_not_published() -> None:
    here = world()
    here.documents.mark_deleted(scan_id(), include_unknown=True)
    here.erasure.photos = {document_id_of_page(scan_id(), page): [f"pages/abc/{page}.jpg"] for page in (1, 2)}
    again, _ = run(pages_of_a_scan(1, 2), here)
    assert (again, here.results.sent, here.ocr.requests) == ([], [], [])
    assert sorted(here.erasure.erased) == ["pages/abc/1.jpg", "pages/abc/2.jpg"]


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_file_gone_before_its_conversion_is_rejected_unless_deleted(*, is_deleted: bool) -> None:
    here, queues = world(), Queues()
    run(message(), here, images=FakeImages(provider_ready=False), queues=queues)
    (upload,) = queues.to_convert
    if is_deleted:
        here.documents.mark_deleted(document_of(upload, upload_prefix="uploads/").id)
    page = Page(upload=upload, number=None, pages=None, image=None, rejection="Document.Gone")
    again, _ = run({"Records": [message()["Records"][0] | {"body": serialize_message(page)}]}, here)
    assert again == []
    codes = [json.loads(event)["data"]["error"]["code"] for _, event in here.results.sent]
    assert codes == ([] if is_deleted else ["Document.Gone"])

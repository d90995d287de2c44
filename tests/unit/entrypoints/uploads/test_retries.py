"""Which messages of an invocation are retried, and when."""

import copy
import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from permit_ocr.application.intake_messages import UnreadableEvent, Upload
from permit_ocr.application.ports import OcrRequest, OcrResponse, StoredEvent, Submission, Unready
from permit_ocr.application.process_upload import MAX_CONCURRENT_PREPARATIONS
from permit_ocr.domain.errors import CircuitOpen, PermitOcrError, RetryableError
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import Kind
from tests.unit.entrypoints.uploads.invocation import (
    BATCH,
    DIRECT,
    ONE_UPLOAD,
    REPUBLISH,
    FakeImages,
    Queues,
    just_sent,
    message,
    run,
)
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import world

if TYPE_CHECKING:
    from permit_ocr.domain.card.answers import Answer


@dataclass
class SlowImages(FakeImages):
    """Takes as long as S3, and records how many fetches run at a time."""

    waiting: int = 0
    most_at_a_time: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fetch(self, upload: Upload, document: Document) -> Submission | Unready:
        with self.lock:
            self.waiting += 1
            self.most_at_a_time = max(self.most_at_a_time, self.waiting)
        time.sleep(0.05)
        with self.lock:
            self.waiting -= 1
        return super().fetch(upload, document)


def test_every_upload_of_a_batch_gets_a_result() -> None:
    here = world(*[MAINLAND_FRONT] * 3)
    failed, _ = run(BATCH, here)
    assert failed == []
    assert len(here.results.sent) == 3


def test_only_the_failed_message_is_retried_after_a_delay() -> None:
    errors: list[Answer | PermitOcrError] = [RetryableError("InternalError", "", "", after_seconds=2)]
    here = world(*errors, MAINLAND_FRONT, MAINLAND_FRONT)
    failed, intake = run(BATCH, here)
    assert len(failed) == 1
    assert [wait >= 2 for wait in intake.waits.values()] == [True]
    failed_again, _ = run(BATCH, world(*[MAINLAND_FRONT] * 3))
    assert failed_again == []


def test_two_documents_are_prepared_at_a_time_but_all_wait_together() -> None:
    here, images = world(*[MAINLAND_FRONT] * 10), SlowImages()
    everyone = threading.Barrier(10)
    call = here.ocr.recognize

    def call_together(request: OcrRequest, *, deadline: float) -> OcrResponse:
        everyone.wait(timeout=30)
        return call(request, deadline=deadline)

    here.ocr.recognize = call_together  # type: ignore[method-assign]
    records = []
    for number in range(10):
        record = copy.deepcopy(ONE_UPLOAD["Records"][0])
        record["messageId"] = str(number)
        record["body"] = record["body"].replace(".jpg", f"-{number}.jpg")
        records.append(record)
    failed, _ = run({"Records": records}, here, images=images)
    assert (failed, len(here.results.sent)) == ([], 10)
    assert images.most_at_a_time <= MAX_CONCURRENT_PREPARATIONS


def test_an_opened_circuit_defers_the_rest_of_a_message_without_a_call() -> None:
    here = world(CircuitOpen("ResourceUnavailable.InArrears", "", ""))
    two_uploads = message(BATCH["Records"][1])  # the second must not be begun
    failed, intake = run(two_uploads, here)
    assert failed == [BATCH["Records"][1]["messageId"]]
    assert len(here.ocr.requests) == 1
    assert all(30 <= wait <= 60 for wait in intake.waits.values())


@pytest.mark.parametrize(
    ("stopped", "fetched"), [(Kind.MAINLAND_PERMIT, 0), (Kind.RESIDENCE_PERMIT, 1)], ids=["its action", "another"]
)
def test_a_photo_is_not_fetched_while_the_circuit_of_its_action_is_open(stopped: Kind, fetched: int) -> None:
    here, images = world(MAINLAND_FRONT), FakeImages()
    here.ocr.opened[stopped] = CircuitOpen("ResourceUnavailable.InArrears", "", "")
    queues = Queues()
    failed, intake = run(message(), here, images=images, queues=queues)
    assert len(failed) == 1 - fetched
    assert all(30 <= wait <= 60 for wait in intake.waits.values())
    assert (images.fetched, len(here.ocr.requests), queues.failures) == (fetched, fetched, {})


def test_an_object_that_is_gone_is_rejected_even_if_the_circuit_is_open() -> None:
    here = world()
    here.ocr.opened[Kind.MAINLAND_PERMIT] = CircuitOpen("ResourceUnavailable.InArrears", "", "")
    failed, _ = run(message(), here, images=FakeImages(gone=True))
    assert (failed, len(here.results.sent)) == ([], 1)


def test_a_batch_out_of_time_defers_the_documents_it_has_not_started() -> None:
    here = world()
    queues = Queues()
    failed, intake = run(BATCH, here, seconds=6, queues=queues)
    assert len(failed) == 2, "the test event needs no time"
    assert all(wait <= 1 for wait in intake.waits.values()), "the next invocation may begin them at once"
    assert queues.failures == {}
    assert here.ocr.requests == []


def test_an_object_that_is_gone_is_a_rejection_and_not_a_failure() -> None:
    here = world()
    failed, _ = run(BATCH, here, images=FakeImages(gone=True))
    assert failed == []
    assert {json.loads(event)["data"]["error"]["code"] for _, event in here.results.sent} == {"Document.Gone"}


def test_a_direct_event_raises_so_that_lambda_retries_it() -> None:
    with pytest.raises(RetryableError):
        run(DIRECT, world(RetryableError("InternalError", "", "")))
    with pytest.raises(UnreadableEvent):
        run({"something": "else"}, world())


def test_a_result_that_the_api_could_not_publish_is_published() -> None:
    here, event = world(), Path("events/samples/permit.recognized.v1.json").read_text()
    here.documents.store_event("0123456789abcdef0123456789abcdef", StoredEvent(event=event, published=False))
    failed, _ = run(REPUBLISH, here)
    assert failed == []
    assert here.results.sent == [("0123456789abcdef0123456789abcdef", event)]


def test_reviews_are_measured_for_a_message_of_the_schedule() -> None:
    here = world()
    body: dict[str, Any] = {"measure_reviews": {}}
    message = just_sent("sqs-republish")
    message["Records"][0]["body"] = json.dumps(body)
    for event in (message, body):
        run(event, here)
    assert here.measured_reviews == [1, 1]
    assert here.audit.lines == []


def test_a_decision_is_published_for_its_message() -> None:
    here = world()
    event = just_sent("sqs-republish")
    event["Records"][0]["body"] = json.dumps({"publish_decision": {"document_id": "0" * 32}})
    failed, _ = run(event, here)
    assert failed == []
    assert [line.action for line in here.audit.lines] == ["publish_decision"]

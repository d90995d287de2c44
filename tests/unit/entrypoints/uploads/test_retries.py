"""One invocation of the uploads function: which messages are retried, and when."""

import contextvars
import copy
import json
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from permit_ocr.application.intake_messages import (
    IntakeMessage,
    MeasureReviewsMessage,
    Page,
    UnreadableEvent,
    Upload,
    document_of,
    serialize_message,
)
from permit_ocr.application.ports import OcrRequest, OcrResponse, StoredEvent, Submission, Unready
from permit_ocr.application.process_upload import MAX_CONCURRENT_PREPARATIONS, ProcessUpload
from permit_ocr.application.retry_policy import MAXIMUM_AGE_SECONDS, RetryPolicy
from permit_ocr.domain.errors import (
    CircuitOpen,
    Deferred,
    InProgress,
    PermitOcrError,
    RateLimited,
    RejectDocument,
    RetryableError,
)
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import document_id_of_page
from permit_ocr.domain.permits import Kind, RecognitionOptions
from permit_ocr.entrypoints.upload_events import messages_in_body
from permit_ocr.entrypoints.uploads import UploadsDependencies, process
from permit_ocr.images.rejections import rejection
from permit_ocr.trace_context import continue_trace, current_traceparent
from tests.unit.fakes.files import jpeg
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.queues import THROTTLED
from tests.unit.fakes.world import World, submission, world

if TYPE_CHECKING:
    from permit_ocr.domain.card.answers import Answer


def just_sent(name: str) -> dict[str, Any]:
    """Return a sample event as if its messages were sent now."""
    event: dict[str, Any] = json.loads(Path(f"events/{name}.json").read_text())
    for record in event["Records"]:
        record["attributes"]["SentTimestamp"] = str(round(time.time() * 1000))
    return event


ROLE = "arn:aws:iam::123456789012:role/uploads"
ONE_UPLOAD = just_sent("sqs-s3-object-created")
REPUBLISH = just_sent("sqs-republish")
REJECTION = '{"type": "permit.rejected.v1"}'
BATCH = just_sent("sqs-s3-batch")
DIRECT = json.loads(Path("events/s3-object-created.json").read_text())


@dataclass
class FakeImages:
    """Every upload is a different photo, unless it is gone."""

    gone: bool = False
    provider_ready: bool = True
    fetched: int = 0

    def options(self, _upload: Upload) -> RecognitionOptions | None:
        return None if self.gone else RecognitionOptions(kind=Kind.MAINLAND_PERMIT)

    def fetch(self, upload: Upload, document: Document) -> Submission | Unready:
        self.fetched += 1
        if self.gone:
            raise RejectDocument("Document.Gone", "gone", "again")
        if not self.provider_ready:
            return Unready(document=document)
        return replace(
            submission(jpeg(upload.key.encode()), kind=Kind.MAINLAND_PERMIT),
            document=document,
        )

    def fetch_page(self, page: Page, document: Document) -> Submission:
        if page.rejection:
            raise rejection(page.rejection)
        return replace(
            submission(jpeg(str(page.number).encode()), kind=Kind.MAINLAND_PERMIT),
            document=document,
        )


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


@dataclass
class FakeIntake:
    waits: dict[str, float] = field(default_factory=dict)

    def change_visibility(self, waits: dict[str, float]) -> None:
        self.waits = dict(waits)


@dataclass
class Queues:
    """The queues and the failure counts, which last from one invocation to the next."""

    intake: FakeIntake = field(default_factory=FakeIntake)
    to_convert: list[Upload] = field(default_factory=list)
    dead: list[tuple[str, str, str | None]] = field(default_factory=list)
    dead_letter_queue_answers: bool = True
    failures: dict[str, int] = field(default_factory=dict)
    table_answers: bool = True

    def enqueue(self, message: IntakeMessage) -> None:
        assert isinstance(message, Upload)
        self.to_convert.append(message)

    def send(self, body: str, *, message_id: str, reason: str, document_id: str | None) -> None:
        assert message_id
        if not self.dead_letter_queue_answers:
            raise THROTTLED
        self.dead.append((body, reason, document_id))

    def count(self, message_id: str) -> int:
        if not self.table_answers:
            raise Deferred("DynamoDB.InternalServerError", "", "")
        self.failures[message_id] = self.failures.get(message_id, 0) + 1
        return self.failures[message_id]


def run(
    event: dict[str, Any],
    here: World,
    *,
    seconds: float = 45,
    images: FakeImages | None = None,
    queues: Queues | None = None,
) -> tuple[list[str], FakeIntake]:
    queues = queues or Queues()
    queues.intake.waits.clear()
    around: Any = queues
    uploaded: Any = images or FakeImages()
    dependencies = UploadsDependencies(
        process_upload=ProcessUpload(
            images=uploaded,
            images_queue=around,
            documents=here.documents,
            start=here.start,
            open_circuits=here.ocr.open_circuits,
            recognize=here.recognize,
            publish=here.publish,
            publish_decision=here.publish_decision,
            erase=here.erase,
            upload_prefix="uploads/",
        ),
        measure_reviews=lambda: here.measured_reviews.append(1),
        upload_prefix="uploads/",
        retry_policy=RetryPolicy(failures=around, maximum_attempts=3),
        queue=around.intake,
        dead_letters=around,
        audit=here.audit,
        role=ROLE,
    )
    answer = process(event, dependencies, seconds=seconds, request_id="request-1")
    again = [failure["itemIdentifier"] for failure in (answer or {"batchItemFailures": []})["batchItemFailures"]]
    return again, queues.intake


def message(
    record: dict[str, Any] = ONE_UPLOAD["Records"][0], *, age_seconds: float = 0, receives: int = 1
) -> dict[str, Any]:
    """Return a batch of one message that has been on the queue for so long."""
    record = copy.deepcopy(record)
    record["attributes"]["SentTimestamp"] = str(round((time.time() - age_seconds) * 1000))
    record["attributes"]["ApproximateReceiveCount"] = str(receives)
    return {"Records": [record]}


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


@pytest.mark.parametrize("body", [None, '{"republish": {"document_id": "%s"}}'])
def test_the_log_names_the_document_that_was_deleted(caplog: pytest.LogCaptureFixture, body: str | None) -> None:
    caplog.set_level("INFO", logger="permit-ocr")
    here = world(MAINLAND_FRONT)
    run(message(), here)
    (document_id,) = here.documents.states
    here.documents.mark_deleted(document_id)
    run(message() if body is None else {"Records": [ONE_UPLOAD["Records"][0] | {"body": body % document_id}]}, here)
    (logged,) = [record for record in caplog.records if record.message == "document_deleted"]
    assert logged.__dict__["document_id"] == document_id


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


def test_only_an_unreadable_message_goes_to_the_dead_letter_queue() -> None:
    spoilt = copy.deepcopy(BATCH)
    spoilt["Records"][0]["body"] = "{"
    here, queues = world(*[MAINLAND_FRONT] * 2), Queues()
    again, _ = run(spoilt, here, queues=queues)
    assert again == []
    assert queues.dead == [("{", "Message.Unreadable", None)]
    assert len(here.results.sent) == 2


def test_a_document_out_of_attempts_is_dead_lettered_with_its_reason() -> None:
    queues = Queues()
    for _ in range(2):
        again, _ = run(message(), world(RetryableError("InternalError", "", "")), queues=queues)
        assert len(again) == 1
    again, intake = run(message(), world(RetryableError("InternalError", "", "")), queues=queues)
    assert (again, intake.waits) == ([], {})
    ((body, reason, document_id),) = queues.dead
    (upload,) = messages_in_body(body)
    assert isinstance(upload, Upload)
    assert (reason, document_id) == ("InternalError", document_of(upload, upload_prefix="uploads/").id)


def test_an_unexpected_error_is_counted_and_named_by_its_type() -> None:
    queues = Queues()
    for _ in range(3):
        run(message(), world(), queues=queues)  # the fake provider has nothing left to say: IndexError
    assert [reason for _, reason, _ in queues.dead] == ["Unexpected.IndexError"]


@pytest.mark.parametrize(
    ("error", "least", "most"),
    [
        (RateLimited(after_seconds=2), 2, 5),
        (InProgress(after_seconds=4), 4, 7),
        (CircuitOpen("ResourceUnavailable.InArrears", "", ""), 30, 60),
        (Deferred("Deadline", "", ""), 1, 4),
    ],
)
def test_a_deferral_is_never_counted_however_often_it_happens(error: PermitOcrError, least: float, most: float) -> None:
    queues = Queues()
    for receives in range(1, 50):
        again, intake = run(message(receives=receives), world(error), queues=queues)
        (wait,) = intake.waits.values()
        assert len(again) == 1
        assert least <= wait <= most
    assert (queues.failures, queues.dead) == ({}, [])


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (RetryableError("InternalError", "", ""), "document_failed"),
        (Deferred("Deadline", "", ""), "document_deferred"),
        (CircuitOpen("ResourceUnavailable.InArrears", "", ""), "document_deferred"),
    ],
)
def test_the_log_tells_counted_failures_from_deferrals(
    error: PermitOcrError, event: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="permit-ocr")
    run(message(), world(error))
    assert [(record.message, record.__dict__["code"]) for record in caplog.records] == [(event, error.code)]


def test_a_dead_letter_that_could_not_be_sent_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="permit-ocr")
    spoilt = message(ONE_UPLOAD["Records"][0] | {"body": "{"})
    run(spoilt, world(), queues=Queues(dead_letter_queue_answers=False))
    assert [record.message for record in caplog.records] == ["dead_letter_not_sent"]


def test_a_deferred_message_is_dead_lettered_before_its_retention_ends() -> None:
    queues = Queues()
    stopped = CircuitOpen("ResourceUnavailable.InArrears", "", "")
    run(message(age_seconds=MAXIMUM_AGE_SECONDS - 60), world(stopped), queues=queues)
    assert queues.dead == []
    again, _ = run(message(age_seconds=MAXIMUM_AGE_SECONDS + 60), world(stopped), queues=queues)
    assert again == []
    assert [reason for _, reason, _ in queues.dead] == ["ResourceUnavailable.InArrears"]


def test_a_failed_message_near_its_retention_is_dead_lettered_early() -> None:
    queues = Queues()
    failing = RetryableError("InternalError", "", "")
    again, _ = run(message(age_seconds=MAXIMUM_AGE_SECONDS + 60), world(failing), queues=queues)
    assert again == []
    assert [reason for _, reason, _ in queues.dead] == ["InternalError"]


def test_a_message_is_deleted_only_once_it_is_in_the_dead_letter_queue() -> None:
    queues = Queues(dead_letter_queue_answers=False)
    spoilt = message(ONE_UPLOAD["Records"][0] | {"body": "{"})
    again, intake = run(spoilt, world(), queues=queues)
    assert len(again) == len(intake.waits) == 1
    queues.dead_letter_queue_answers = True
    again, _ = run(spoilt, world(), queues=queues)
    assert (again, len(queues.dead)) == ([], 1)


def test_a_failure_that_cannot_be_counted_uses_up_no_attempt() -> None:
    queues = Queues(table_answers=False)
    for _ in range(10):
        again, intake = run(message(), world(RetryableError("InternalError", "", "")), queues=queues)
        assert len(again) == len(intake.waits) == 1
    assert queues.dead == []


def test_a_failed_upload_does_not_hold_up_the_others_of_its_message() -> None:
    two_uploads = message(BATCH["Records"][1])
    queues = Queues()
    here = world(RetryableError("InternalError", "", ""), MAINLAND_FRONT)
    again, _ = run(two_uploads, here, queues=queues)
    assert len(again) == len(here.results.sent) == 1
    assert list(queues.failures.values()) == [1]


def test_a_failure_beside_a_deferral_in_one_message_is_counted() -> None:
    queues = Queues()
    here = world(RateLimited(after_seconds=1), RetryableError("InternalError", "", ""))
    run(message(BATCH["Records"][1]), here, queues=queues)
    assert list(queues.failures.values()) == [1]


def test_a_result_that_cannot_be_published_runs_out_of_attempts_too() -> None:
    queues = Queues()
    for _ in range(3):
        here = world(publish_fails=1)
        here.documents.store_event("0123456789abcdef0123456789abcdef", StoredEvent(event=REJECTION, published=False))
        run(REPUBLISH, here, queues=queues)
    assert [(reason, document_id) for _, reason, document_id in queues.dead] == [
        ("SQS.Throttled", "0123456789abcdef0123456789abcdef")
    ]


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


def test_the_log_of_a_batch_has_no_key_and_no_text_of_a_card(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO")
    run(BATCH, world(MAINLAND_FRONT, MAINLAND_FRONT, RetryableError("InternalError", "", "")))
    run(BATCH, world(CircuitOpen("AuthFailure", "", "")))
    printed = repr([vars(record) for record in caplog.records]) + capsys.readouterr().out
    assert "document_done" in printed
    for secret in ("uploads/residence-permit/1.jpg", "H12345678", "样本", "YANG"):
        assert secret not in printed


def test_every_document_is_in_the_audit_trail_before_it_is_read() -> None:
    here = world(*[MAINLAND_FRONT] * len(BATCH["Records"]))
    run(BATCH, here)
    documents = {
        document_of(one, upload_prefix="uploads/").id
        for record in BATCH["Records"]
        for one in messages_in_body(record["body"])
        if not isinstance(one, MeasureReviewsMessage)
    }
    assert {line.document_id for line in here.audit.lines} == documents
    assert {(line.caller, line.action, line.request_id) for line in here.audit.lines} == {
        (ROLE, "read_upload", "request-1")
    }


@pytest.mark.parametrize("event", [ONE_UPLOAD, REPUBLISH])
def test_without_the_audit_trail_nothing_is_read_and_nothing_counted(event: dict[str, Any]) -> None:
    here, images, queues = world(MAINLAND_FRONT), FakeImages(), Queues()
    here.audit.fails = True
    again, _ = run(event, here, images=images, queues=queues)
    assert again == [event["Records"][0]["messageId"]]
    assert (images.fetched, here.results.sent, queues.failures, queues.dead) == (0, [], {}, [])


def test_a_direct_event_without_the_audit_trail_is_retried_by_lambda() -> None:
    here = world(MAINLAND_FRONT)
    here.audit.fails = True
    with pytest.raises(Deferred):
        run(DIRECT, here)
    assert here.results.sent == []


@dataclass
class TracedImages(FakeImages):
    """The first upload has a trace of its own, as one through the API."""

    traces: list[str | None] = field(default_factory=list)

    def fetch(self, upload: Upload, document: Document) -> Submission | Unready:
        self.traces.append(current_traceparent())
        continue_trace(f"00-{'a' * 32}-{'b' * 16}-00" if len(self.traces) == 1 else None)
        return super().fetch(upload, document)


@pytest.mark.parametrize("is_direct", [True, False])
def test_an_upload_does_not_get_the_trace_of_the_one_before(*, is_direct: bool) -> None:
    two = copy.deepcopy(DIRECT)
    two["Records"] = [copy.deepcopy(DIRECT["Records"][0]) for _ in range(2)]
    for number, record in enumerate(two["Records"]):
        record["s3"]["object"]["key"] = f"uploads/mainland-permit/{number}.jpg"
    event = two if is_direct else {"Records": [message()["Records"][0] | {"body": json.dumps(two)}]}
    images = TracedImages()

    def invocation() -> None:
        continue_trace(f"00-{'c' * 32}-{'d' * 16}-00")
        run(event, world(MAINLAND_FRONT, MAINLAND_FRONT), images=images)

    contextvars.Context().run(invocation)
    first, second = images.traces
    assert first == second


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

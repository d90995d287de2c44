"""Which failures are counted, and when a message goes to the dead-letter queue."""

import copy

import pytest

from permit_ocr.application.intake_messages import Upload, document_of
from permit_ocr.application.ports import StoredEvent
from permit_ocr.application.retry_policy import MAXIMUM_AGE_SECONDS
from permit_ocr.domain.errors import CircuitOpen, Deferred, InProgress, PermitOcrError, RateLimited, RetryableError
from permit_ocr.entrypoints.upload_events import messages_in_body
from tests.unit.entrypoints.uploads.invocation import BATCH, ONE_UPLOAD, REPUBLISH, Queues, message, run
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import world

REJECTION = '{"type": "permit.rejected.v1"}'


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

"""Once only, on the real artefacts: however often an upload event arrives, wherever its work is cut off by a kill."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from bench.checkpoint import Checkpoint, Moment
from bench.rehearsal import System, system

DELIVERIES = 100
PATIENCE_SECONDS = 120.0
READING = "OCR MainlandPermitOCR"
PATH = (
    "S3 GET",  # the photograph
    "DynamoDB GetItem WorkTable",  # is it published already?
    "DynamoDB UpdateItem WorkTable",  # the claim
    "secretsmanager GetSecretValue",
    "DynamoDB UpdateItem LimiterTable",  # the slot
    READING,
    "DynamoDB UpdateItem WorkTable",  # the answer is kept
    "SQS SendMessage",  # the result
    "DynamoDB PutItem WorkTable",  # it is published
)
"""What a fresh environment calls for a document, in order."""
ASKED, KEPT = PATH.index(READING), PATH.index(READING) + 1


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The running system, and where it can be struck."""

    system: System
    checkpoint: Checkpoint


@pytest.fixture(scope="module")
def rehearsal() -> Iterator[Rehearsal]:
    with (
        Checkpoint() as checkpoint,
        system("--latency=0.2", "--workers=64", "--waiting=256", "--rate-limit=0", checkpoint=checkpoint) as running,
    ):
        yield Rehearsal(running, checkpoint)


def consume_all(running: System) -> None:
    """Consume until no work is left and no result comes any more."""
    while running.depth("intake_queue_url"):
        running.consume()
    while running.consume(wait_seconds=2):
        pass


def test_the_same_upload_event_delivered_a_hundred_times_at_once_is_one_call_and_one_result(
    rehearsal: Rehearsal,
) -> None:
    running = rehearsal.system
    (document,) = running.upload(1)
    bucket = running.endpoints["upload_bucket"]
    (version,) = running.s3.list_object_versions(Bucket=bucket)["Versions"]
    stored = {"key": version["Key"], "versionId": version["VersionId"], "eTag": version["ETag"].strip('"')}
    record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": stored}}
    body = json.dumps({"Records": [record]})
    queue = running.endpoints["intake_queue_url"]
    with ThreadPoolExecutor(10) as senders:
        list(senders.map(lambda _: running.sqs.send_message(QueueUrl=queue, MessageBody=body), range(DELIVERIES)))
    assert running.consume_until([document], timeout_seconds=PATIENCE_SECONDS)
    consume_all(running)
    assert running.results[document] == 1
    assert sum(running.provider.calls().values()) == 1
    assert running.depth("dead_letter_queue_url") == 0


def test_killed_at_any_step_a_document_is_neither_lost_nor_shown_twice_nor_paid_twice_without_need(
    rehearsal: Rehearsal,
) -> None:
    """Killed when it makes each call (all that went before has happened and was heard), and when each was answered."""
    running, checkpoint = rehearsal.system, rehearsal.checkpoint
    kills = [(call, moment) for call in range(len(PATH)) for moment in Moment]
    documents = {}
    checkpoint.readings.clear()
    running.kill_runtimes()  # so that the first, too, begins in a fresh environment
    for call, moment in kills:
        killed = checkpoint.strike(call, moment, running.kill_caller)
        (document,) = running.upload(1, prefix=f"uploads/mainland-permit/{call}-{moment.value}-")
        assert killed.wait(PATIENCE_SECONDS), f"it never made call {call}"
        assert tuple(checkpoint.calls) == PATH[: call + 1]
        documents[document] = call, moment
    running.end_leases()
    assert running.show_again() == len(kills)
    assert running.consume_until(list(documents), timeout_seconds=PATIENCE_SECONDS)
    consume_all(running)
    assert {document: running.results[document] for document in documents} == dict.fromkeys(documents, 1)
    assert running.depth("dead_letter_queue_url") == 0
    paid = {documents[document]: checkpoint.readings[running.images[document]] for document in documents}
    unheard = {(ASKED, Moment.ANSWERED), (KEPT, Moment.ASKED)}
    assert paid == {kill: 2 if kill in unheard else 1 for kill in kills}

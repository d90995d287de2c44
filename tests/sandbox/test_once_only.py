"""Once only, on the real artefacts: however often an upload event arrives, wherever its work is cut off by a kill."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from bench.chaos import provider_options, work_off
from bench.checkpoint import Checkpoint, Moment
from bench.rehearsal import System, system

DELIVERIES = 100
PATIENCE_SECONDS = 120.0
READING = "OCR MainlandPermitOCR"
PATH = (
    "S3 GET",  # the photograph
    "DynamoDB UpdateItem document#",  # it is begun
    "DynamoDB UpdateItem recognition#",  # the claim
    "secretsmanager GetSecretValue",
    "DynamoDB UpdateItem line#",  # the slot
    READING,
    "DynamoDB UpdateItem recognition#",  # the answer is kept
    "SQS SendMessage",  # the result
    "DynamoDB UpdateItem document#",  # it is published
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
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not running.is_quiet():
        assert time.monotonic() < give_up, "there is always work left"


def test_killed_at_any_step_a_document_is_neither_lost_nor_shown_twice_nor_paid_twice_without_need(
    rehearsal: Rehearsal,
) -> None:
    """Killed when it makes each call (all that went before has happened and was heard), and when each was answered.

    Runs first: no environment has read a document yet.
    """
    running, checkpoint = rehearsal.system, rehearsal.checkpoint
    kills = [(call, moment) for call in range(len(PATH)) for moment in Moment]
    documents = {}
    checkpoint.readings.clear()
    for call, moment in kills:
        killed = checkpoint.strike(call, moment, running.kill_caller)
        (document,) = running.upload(1, prefix=f"uploads/mainland-permit/{call}-{moment.value}-")
        assert killed.wait(PATIENCE_SECONDS), f"it never made call {call}"
        assert tuple(checkpoint.calls) == PATH[: call + 1]
        documents[document] = call, moment
    running.end_leases()
    assert running.change_visibility() >= len(kills)
    assert running.consume_until(list(documents), timeout_seconds=PATIENCE_SECONDS)
    consume_all(running)
    assert {document: running.results[document] for document in documents} == dict.fromkeys(documents, 1)
    assert running.depth("dead_letter_queue_url") == 0
    paid = {documents[document]: checkpoint.readings[running.images[document]] for document in documents}
    unheard = {(ASKED, Moment.ANSWERED), (KEPT, Moment.ASKED)}
    assert paid == {kill: 2 if kill in unheard else 1 for kill in kills}


def test_the_same_upload_event_delivered_a_hundred_times_at_once_is_one_call_and_one_result(
    rehearsal: Rehearsal,
) -> None:
    running = rehearsal.system
    earlier = sum(running.provider.calls().values())
    (document,) = running.upload(1)
    with ThreadPoolExecutor(10) as senders:
        list(senders.map(lambda _: running.announce(document), range(DELIVERIES)))
    assert running.consume_until([document], timeout_seconds=PATIENCE_SECONDS)
    consume_all(running)
    assert running.results[document] == 1
    assert sum(running.provider.calls().values()) == earlier + 1
    assert running.depth("dead_letter_queue_url") == 0


def test_trouble_at_the_provider_and_events_that_arrive_twice_lose_nothing_and_show_nothing_twice(
    rehearsal: Rehearsal,
) -> None:
    """A small run of what ``bench.chaos`` does by the thousand. Runs last: the provider stays in trouble."""
    running = rehearsal.system
    running.provider.stop()
    running.provider.start(*provider_options(latency=0.2, rate=20, seed=1))
    outcome = work_off(running, documents=30, seed=1, timeout_seconds=PATIENCE_SECONDS)
    assert outcome.is_right
    assert outcome.repeated == 2
    assert outcome.calls.total() > len(outcome.documents), "there was trouble"

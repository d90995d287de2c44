"""Once only, on the real artefacts: however often an upload event arrives, wherever its work is cut off by a kill."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from bench.environment.fault_proxy import FaultPoint, FaultProxy
from bench.environment.running_sandbox import RunningSandbox, running_sandbox
from bench.system.chaos import process_documents, provider_options

DELIVERIES = 100
PATIENCE_SECONDS = 120.0
READING = "OCR MainlandPermitOCR"
PATH = (
    "S3 GET",  # the photograph
    "DynamoDB UpdateItem document#",  # it is begun
    "DynamoDB UpdateItem recognition#",  # the claim
    "secretsmanager GetSecretValue",
    "DynamoDB UpdateItem limiter#",  # the slot
    READING,
    "DynamoDB UpdateItem recognition#",  # the answer is kept
    "SQS SendMessage",  # the result
    "DynamoDB UpdateItem document#",  # it is published
)
"""What a fresh environment calls for a document, in order."""
ASKED, KEPT = PATH.index(READING), PATH.index(READING) + 1


@dataclass(frozen=True, slots=True)
class SystemUnderTest:
    """The running sandbox, and the proxy that injects faults."""

    sandbox: RunningSandbox
    proxy: FaultProxy


@pytest.fixture(scope="module")
def system() -> Iterator[SystemUnderTest]:
    with (
        FaultProxy() as proxy,
        running_sandbox("--latency=0.2", "--workers=64", "--waiting=256", "--rate-limit=0", proxy=proxy) as running,
    ):
        yield SystemUnderTest(running, proxy)


def consume_all(running: RunningSandbox) -> None:
    """Consume until no work is left and no result comes any more."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not running.is_idle():
        assert time.monotonic() < give_up, "there is always work left"


def test_killed_at_any_step_a_document_is_neither_lost_nor_shown_twice_nor_paid_twice_without_need(
    system: SystemUnderTest,
) -> None:
    """Killed when it makes each call (all that went before has happened and was heard), and when each was answered.

    Runs first: no environment has read a document yet.
    """
    running, proxy = system.sandbox, system.proxy
    kills = [(call, moment) for call in range(len(PATH)) for moment in FaultPoint]
    documents = {}
    proxy.ocr_calls.clear()
    for call, moment in kills:
        killed = proxy.inject(call, moment, running.kill_caller)
        (document,) = running.upload(1, prefix=f"uploads/mainland-permit/{call}-{moment.value}-")
        assert killed.wait(PATIENCE_SECONDS), f"it never made call {call}"
        assert tuple(proxy.calls) == PATH[: call + 1]
        documents[document] = call, moment
    running.expire_leases()
    assert running.make_messages_visible() >= len(kills)
    assert running.receive_until(list(documents), timeout_seconds=PATIENCE_SECONDS)
    consume_all(running)
    assert {document: running.results[document] for document in documents} == dict.fromkeys(documents, 1)
    assert running.queue_depth("dead_letter_queue_url") == 0
    paid = {documents[document]: proxy.ocr_calls[running.images[document]] for document in documents}
    unheard = {(ASKED, FaultPoint.RESPONSE), (KEPT, FaultPoint.REQUEST)}
    assert paid == {kill: 2 if kill in unheard else 1 for kill in kills}


def test_the_same_upload_event_delivered_a_hundred_times_at_once_is_one_call_and_one_result(
    system: SystemUnderTest,
) -> None:
    running = system.sandbox
    earlier = sum(running.provider.calls().values())
    (document,) = running.upload(1)
    with ThreadPoolExecutor(10) as senders:
        list(senders.map(lambda _: running.repeat_upload_event(document), range(DELIVERIES)))
    assert running.receive_until([document], timeout_seconds=PATIENCE_SECONDS)
    consume_all(running)
    assert running.results[document] == 1
    assert sum(running.provider.calls().values()) == earlier + 1
    assert running.queue_depth("dead_letter_queue_url") == 0


def test_trouble_at_the_provider_and_events_that_arrive_twice_lose_nothing_and_show_nothing_twice(
    system: SystemUnderTest,
) -> None:
    """A small run of what ``bench.system.chaos`` does by the thousand. Runs last: the provider stays in trouble."""
    running = system.sandbox
    running.provider.stop()
    running.provider.start(*provider_options(latency=0.2, rate=20, seed=1))
    outcome = process_documents(running, documents=30, seed=1, timeout_seconds=PATIENCE_SECONDS)
    assert outcome.passed
    assert outcome.duplicate_events == 2
    assert outcome.calls.total() > len(outcome.documents), "there was trouble"

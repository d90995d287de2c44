"""Once-only processing on the real artefacts, with repeated upload events and with kills at every step."""

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
OCR_CALL = "OCR MainlandPermitOCR"
PATH = (
    "Logs CreateLogStream",
    "Logs PutLogEvents",  # the audit trail
    "S3 GET",  # the photo
    "DynamoDB UpdateItem document#",  # begin
    "DynamoDB UpdateItem recognition#",  # the lease
    "secretsmanager GetSecretValue",
    "DynamoDB UpdateItem limiter#",  # the rate limiter's slot
    OCR_CALL,
    "DynamoDB UpdateItem recognition#",  # store the outcome
    "SQS SendMessage",  # publish the result
    "DynamoDB UpdateItem document#",  # store that it is published
)
"""The calls that a new environment makes for a document, in order."""
CALLED, STORED = PATH.index(OCR_CALL), PATH.index(OCR_CALL) + 1


@dataclass(frozen=True, slots=True)
class SystemUnderTest:
    """The running sandbox, and the proxy that injects faults."""

    sandbox: RunningSandbox
    proxy: FaultProxy


@pytest.fixture(scope="module")
def system() -> Iterator[SystemUnderTest]:
    with (
        FaultProxy() as proxy,
        running_sandbox(
            *("--latency=0.2", "--workers=64", "--waiting=256", "--rate-limit=0"),
            parameters=["Reviews=disabled"],  # its schedule would make other calls
            proxy=proxy,
        ) as running,
    ):
        yield SystemUnderTest(running, proxy)


def consume_all(running: RunningSandbox) -> None:
    """Consume results until no work is left."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not running.is_idle():
        assert time.monotonic() < deadline, "work is still left"


def test_a_kill_at_any_step_neither_loses_nor_repeats_a_result(system: SystemUnderTest) -> None:
    """Kills the function before each call is sent and after each was answered, when the response has not arrived.

    It is paid for twice only if the response was lost before it was stored. Runs first: environments must be new.
    """
    running, proxy = system.sandbox, system.proxy
    kills = [(call, moment) for call in range(len(PATH)) for moment in FaultPoint]
    documents = {}
    proxy.ocr_calls.clear()
    for call, moment in kills:
        killed = proxy.inject(call, moment, running.kill_caller)
        (document,) = running.upload(1, prefix=f"uploads/mainland-permit/{call}-{moment.value}-")
        assert killed.wait(PATIENCE_SECONDS), f"call {call} was not made"
        assert tuple(proxy.calls) == PATH[: call + 1]
        documents[document] = call, moment
    running.expire_leases()
    assert running.make_messages_visible() >= len(kills)
    assert running.receive_until(list(documents), timeout_seconds=PATIENCE_SECONDS)
    consume_all(running)
    assert {document: running.results[document] for document in documents} == dict.fromkeys(documents, 1)
    assert running.queue_depth("dead_letter_queue_url") == 0
    paid = {documents[document]: proxy.ocr_calls[running.images[document]] for document in documents}
    lost = {(CALLED, FaultPoint.RESPONSE), (STORED, FaultPoint.REQUEST)}
    assert paid == {kill: 2 if kill in lost else 1 for kill in kills}


def test_a_hundred_concurrent_deliveries_cause_one_call_and_one_result(system: SystemUnderTest) -> None:
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


def test_provider_errors_and_repeated_events_neither_lose_nor_repeat(system: SystemUnderTest) -> None:
    """A small run of ``bench.system.chaos``. Runs last: the provider continues to fail."""
    running = system.sandbox
    running.provider.stop()
    running.provider.start(*provider_options(latency=0.2, rate=20, seed=1))
    # A call that may be charged is repeated after 10 s, and if that fails too, after another minute.
    outcome = process_documents(running, documents=30, seed=1, timeout_seconds=3 * PATIENCE_SECONDS)
    assert outcome.passed
    assert outcome.duplicate_events == 2
    assert outcome.calls.total() > len(outcome.documents), "some calls failed"

"""A reviewer's decision is published once, with a kill at every call that it makes."""

import time
from collections.abc import Iterator

import httpx
import pytest

from bench.environment.fault_proxy import FaultPoint, FaultProxy
from bench.environment.running_sandbox import RunningSandbox, running_sandbox
from bench.system.chaos import process_documents, provider_options
from tests.sandbox.test_once_only import PATIENCE_SECONDS, SystemUnderTest, consume_all

PATH = (
    "DynamoDB GetItem document#",  # the state
    "SQS SendMessage",  # what publishes the decision if the function is killed
    "DynamoDB UpdateItem document#",  # store the decision
    "SQS SendMessage",  # publish it
    "DynamoDB UpdateItem document#",  # store that it is published
    "Logs PutLogEvents",  # the audit trail
)
"""The calls that a decision makes, in order."""
STORED = 2
SCHEDULE_SECONDS, MARGIN_SECONDS = 900, 60


@pytest.fixture(scope="module")
def system() -> Iterator[SystemUnderTest]:
    with (
        FaultProxy() as proxy,
        running_sandbox("--latency=0", "--workers=64", "--rate-limit=0", proxy=proxy, doubtful_every=1) as running,
    ):
        yield SystemUnderTest(running, proxy)


def decide(running: RunningSandbox, document_id: str, etag: str) -> int:
    """Decide on a document and return the status of the response."""
    url = f"{running.endpoints['api_url']}/v1/recognitions/{document_id}/review"
    body = {"decision": "rejected", "reason": "not_genuine"}
    return httpx.post(url, json=body, headers={"if-match": etag}, timeout=60).status_code


def state(running: RunningSandbox, document_id: str) -> httpx.Response:
    return httpx.get(f"{running.endpoints['api_url']}/v1/recognitions/{document_id}/review", timeout=60)


def test_a_kill_at_any_call_of_a_decision_neither_loses_nor_repeats_it(system: SystemUnderTest) -> None:
    """Also if nobody repeats the request: a message publishes what was stored."""
    running, proxy = system.sandbox, system.proxy
    kills = [(call, moment) for call in range(len(PATH)) for moment in FaultPoint]
    documents = dict(zip(running.upload(len(kills)), kills, strict=True))
    assert running.receive_until(list(documents), timeout_seconds=PATIENCE_SECONDS)
    consume_all(running)
    if (left := SCHEDULE_SECONDS - time.time() % SCHEDULE_SECONDS) < MARGIN_SECONDS:
        time.sleep(left + 5)  # the schedule's message would be another call
    for document, (call, moment) in documents.items():
        etag = state(running, document).headers["etag"]
        killed = proxy.inject(call, moment, running.kill_caller)
        assert decide(running, document, etag) >= httpx.codes.INTERNAL_SERVER_ERROR
        assert killed.wait(PATIENCE_SECONDS), f"call {call} was not made"
        assert tuple(proxy.calls) == PATH[: call + 1]
    decided = {document for document in documents if state(running, document).json()["state"] == "decided"}
    is_stored = set(kills[2 * STORED + 1 :])  # from the response to its writing on
    assert {documents[document] for document in decided} == is_stored
    running.expire_leases()
    running.make_messages_visible()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while running.reviewed.keys() != decided or not running.is_idle():
        assert time.monotonic() < deadline, "a decision was not published"
        running.receive_results()
    assert running.reviewed == dict.fromkeys(decided, 1)
    assert running.queue_depth("dead_letter_queue_url") == 0


def test_faults_and_repeated_events_neither_lose_nor_repeat_a_decision(system: SystemUnderTest) -> None:
    """A small run of ``bench.system.chaos``, without its kills. Runs last: the provider continues to fail."""
    running = system.sandbox
    running.provider.stop()
    running.provider.doubtful_every = 3
    running.provider.start(*provider_options(latency=0.2, rate=20, seed=1))
    outcome = process_documents(running, documents=20, seed=1, timeout_seconds=3 * PATIENCE_SECONDS)
    assert outcome.passed
    assert outcome.for_review >= 4

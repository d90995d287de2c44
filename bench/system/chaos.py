"""Reliability under faults: no document is lost, paid for twice needlessly, or published twice.

    .venv/bin/python -m bench.system.chaos --documents 2000

The provider fails 5 % of the calls with InternalError, resets 3 % of the connections, answers HTTP 502 to 2 %, hangs on
1 % and throttles 2 %. 5 % of the upload events arrive twice, half of them immediately and half at the end, all out of
order. One document in ten needs a review. A reviewer decides on each as soon as it is listed, and never repeats a
request whose response is lost.

For the first minute a function process is killed every few seconds, in the middle of its batch. Such a batch becomes
visible again after the queue's visibility timeout of 270 seconds, as on AWS, so the last results arrive five to six
minutes after the last kill, however few documents there are. Then the sandbox's date becomes the day on which a
reminder of each card is due, and the function that sends them is killed in the middle; the next invocation goes on
within four minutes. Exit status: 0 if every document has exactly one result, one reminder and, if it needs a review,
one decision, and the dead-letter queue is empty.
"""

import argparse
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from bench.environment.fake_provider import AMPLE_CAPACITY, LAST_DAY
from bench.environment.load import ProcessKiller, Reviewer
from bench.environment.running_sandbox import UPLOAD_THREADS, RunningSandbox, running_sandbox
from permit_ocr.domain.identity import reminder_id

FAULTS: Final = {"InternalError": 0.05, "reset": 0.03, "http-502": 0.02, "hang": 0.01, "RequestLimitExceeded": 0.02}
DUPLICATES: Final = 0.05
NOTICE_DAYS: Final = 30
READ_ON: Final = LAST_DAY - timedelta(days=NOTICE_DAYS + 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened to the documents of a run."""

    documents: list[str]
    duplicate_events: int
    finished: int
    duplicate_results: int
    calls: Counter[str]
    dead_letters: int
    waiting: int
    seconds: float
    for_review: int
    decided: int
    duplicate_decisions: int
    lost_responses: int
    """To reviewers: of functions that were killed."""

    @property
    def lost(self) -> int:
        """Documents that have no result and are on no queue."""
        return max(0, len(self.documents) - self.finished - self.waiting - self.dead_letters)

    @property
    def passed(self) -> bool:
        """Whether each document has exactly one result, and one decision if it needs one."""
        is_complete = self.finished == len(self.documents) and self.decided == self.for_review
        return is_complete and not (
            self.duplicate_results or self.duplicate_decisions or self.dead_letters or self.lost
        )


def provider_options(*, latency: float, rate: int, seed: int) -> list[str]:
    """Return the options of a provider with all faults."""
    faults = [f"--fault={name}={probability}" for name, probability in FAULTS.items()]
    return [f"--latency={latency}", f"--rate-limit={rate}", *AMPLE_CAPACITY, f"--seed={seed}", *faults]


def process_documents(sandbox: RunningSandbox, *, documents: int, seed: int, timeout_seconds: float) -> Outcome:
    """Upload documents in random order, send some of their events twice, and wait for the results."""
    started, earlier_calls = time.monotonic(), sandbox.provider.calls()
    chosen = random.Random(seed)
    order = chosen.sample(range(documents), documents)
    duplicates = chosen.sample(order, round(documents * DUPLICATES))
    immediately, at_the_end = set(duplicates[::2]), duplicates[1::2]

    def upload(number: int) -> tuple[int, str]:
        document = sandbox.upload_one(f"uploads/mainland-permit/chaos-{seed}-{number}.jpg")
        if number in immediately:
            sandbox.repeat_upload_event(document)
        return number, document

    with Reviewer(sandbox) as reviewer:
        with ThreadPoolExecutor(UPLOAD_THREADS) as threads:
            uploaded = dict(threads.map(upload, order))
        for number in at_the_end:
            sandbox.repeat_upload_event(uploaded[number])
        ids = list(uploaded.values())
        sandbox.receive_until(ids, timeout_seconds=timeout_seconds)
        seconds = time.monotonic() - started
        while time.monotonic() < started + timeout_seconds:
            is_idle = sandbox.is_idle()
            if sandbox.for_review <= sandbox.reviewed.keys():
                if is_idle:
                    break
                sandbox.make_messages_visible()  # those that would publish the decisions: they find nothing to do
    for_review = sandbox.for_review.intersection(ids)
    return Outcome(
        for_review=len(for_review),
        decided=len(for_review & sandbox.reviewed.keys()),
        duplicate_decisions=sum(max(0, sandbox.reviewed[document] - 1) for document in for_review),
        lost_responses=reviewer.lost_responses,
        documents=ids,
        duplicate_events=len(duplicates),
        finished=sum(1 for document in ids if sandbox.results[document]),
        duplicate_results=sum(max(0, sandbox.results[document] - 1) for document in ids),
        calls=sandbox.provider.calls() - earlier_calls,
        dead_letters=sandbox.queue_depth("dead_letter_queue_url"),
        waiting=sandbox.queue_depth("intake_queue_url"),
        seconds=seconds,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """What happened to the reminders of a run."""

    received: int
    lost: int
    duplicates: int
    kills: int

    @property
    def passed(self) -> bool:
        """Whether each document has exactly one reminder, although the function was killed."""
        return self.kills > 0 and not (self.lost or self.duplicates)


def remind(sandbox: RunningSandbox, documents: Sequence[str], *, timeout_seconds: float) -> Reminders:
    """Let a reminder of each document become due, kill the function that sends them, and wait for all of them."""
    due = [reminder_id(document=one, valid_until=LAST_DAY, notice=NOTICE_DAYS) for one in documents]
    Path(sandbox.endpoints["today_file"]).write_text((LAST_DAY - timedelta(days=NOTICE_DAYS)).isoformat())
    deadline = time.monotonic() + timeout_seconds
    kills = 0
    while time.monotonic() < deadline and not all(sandbox.results[one] for one in due):
        sandbox.receive_results(wait_seconds=0)
        if not kills and any(sandbox.results[one] for one in due):
            for process in sandbox.function_processes("ExpiryFunction"):
                os.kill(process, signal.SIGKILL)
                kills += 1
    while sandbox.receive_results(wait_seconds=2):
        continue
    counts = [sandbox.results[one] for one in due]
    return Reminders(
        received=sum(1 for count in counts if count),
        lost=counts.count(0),
        duplicates=sum(max(0, count - 1) for count in counts),
        kills=kills,
    )


def main() -> int:
    """Run the benchmark, print its table and return the exit status."""
    arguments = _parse_arguments()
    seed = arguments.seed
    options = provider_options(latency=arguments.latency, rate=arguments.rate, seed=seed)
    with (
        running_sandbox(
            *options, parameters=[f"ExpiryNoticeDays={NOTICE_DAYS}"], today=READ_ON, doubtful_every=10
        ) as sandbox,
        ProcessKiller(sandbox, every_seconds=arguments.kill_every, for_seconds=arguments.kill_for, seed=seed) as killer,
    ):
        outcome = process_documents(
            sandbox, documents=arguments.documents, seed=seed, timeout_seconds=arguments.timeout
        )
        busiest_second = sandbox.provider.busiest_second()
        reminders = remind(sandbox, outcome.documents, timeout_seconds=arguments.timeout)
    rows = {
        "documents": len(outcome.documents),
        "upload events sent twice": outcome.duplicate_events,
        "function processes killed": killer.kills,
        "documents with a result": outcome.finished,
        "duplicate results": outcome.duplicate_results,
        "documents for review": outcome.for_review,
        "responses lost to the reviewer": outcome.lost_responses,
        "documents with a decision": outcome.decided,
        "duplicate decisions": outcome.duplicate_decisions,
        "calls to the provider": outcome.calls.total(),
        "  by code": ", ".join(f"{code} {count}" for code, count in sorted(outcome.calls.items())),
        "calls per document": f"{outcome.calls.total() / len(outcome.documents):.3f}",
        "successful calls per document": f"{outcome.calls['OK'] / len(outcome.documents):.3f}",
        "most calls in one calendar second": busiest_second,
        "dead letters": outcome.dead_letters,
        "still waiting on the intake queue": outcome.waiting,
        "lost": outcome.lost,
        "reminders received": reminders.received,
        "  killed while they were sent": reminders.kills,
        "  lost": reminders.lost,
        "  duplicates": reminders.duplicates,
        "seconds": f"{outcome.seconds:.0f}",
    }
    for name, value in rows.items():
        sys.stdout.write(f"{name:<36} {value}\n")
    return 0 if outcome.passed and reminders.passed else 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--latency", type=float, default=0.6, help="seconds the provider takes to answer")
    parser.add_argument("--rate", type=int, default=20, help="calls a second that the provider admits")
    parser.add_argument("--kill-every", type=float, default=5.0, help="seconds between two kills")
    parser.add_argument("--kill-for", type=float, default=60.0, help="seconds after which the kills stop")
    parser.add_argument("--timeout", type=float, default=1800.0, help="seconds to wait for the last result")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

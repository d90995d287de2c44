"""Nothing is lost, nothing is paid for twice without need, nothing is shown twice: measured under stated trouble.

    .venv/bin/python -m bench.chaos --documents 2000

The provider fails 5 % of the calls with InternalError, resets 3 %, answers HTTP 502 to 2 %, hangs on 1 % and
throttles 2 %; 5 % of the upload events arrive twice, half of them at once and half at the end, all out of order; and
for the first minute a runtime is killed every few seconds, in the middle of its batch. Such a batch shows again after
the queue's visibility timeout of 270 seconds, as on AWS, so the last results come five to six minutes after the last
kill, however few documents there are. Exit status: 0 if every document got its result and none was seen twice, given up
or lost.
"""

import argparse
import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from bench.rehearsal import UPLOADERS, Killer, System, system

FAULTS: Final = {"InternalError": 0.05, "reset": 0.03, "http-502": 0.02, "hang": 0.01, "RequestLimitExceeded": 0.02}
DUPLICATES: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a run's documents."""

    documents: list[str]
    repeated: int
    finished: int
    twice: int
    calls: Counter[str]
    dead: int
    waiting: int
    seconds: float

    @property
    def lost(self) -> int:
        """Documents that have no result and are on no queue."""
        return max(0, len(self.documents) - self.finished - self.waiting - self.dead)

    @property
    def is_right(self) -> bool:
        """Whether each document has exactly one result."""
        return self.finished == len(self.documents) and not (self.twice or self.dead or self.lost)


def provider_options(*, latency: float, rate: int, seed: int) -> list[str]:
    """Return the options of a provider in trouble."""
    faults = [f"--fault={name}={share}" for name, share in FAULTS.items()]
    return [f"--latency={latency}", f"--rate-limit={rate}", "--workers=64", "--waiting=256", f"--seed={seed}", *faults]


def work_off(running: System, *, documents: int, seed: int, timeout_seconds: float) -> Outcome:
    """Upload so many documents in random order, some of them announced twice, and wait for their results."""
    began, earlier = time.monotonic(), running.provider.calls()
    choose = random.Random(seed)
    order = choose.sample(range(documents), documents)
    repeated = choose.sample(order, round(documents * DUPLICATES))
    at_once, in_the_end = set(repeated[::2]), repeated[1::2]

    def upload(number: int) -> tuple[int, str]:
        document = running.upload_one(f"uploads/mainland-permit/chaos-{seed}-{number}.jpg")
        if number in at_once:
            running.announce(document)
        return number, document

    with ThreadPoolExecutor(UPLOADERS) as uploaders:
        uploaded = dict(uploaders.map(upload, order))
    for number in in_the_end:
        running.announce(uploaded[number])
    sent = list(uploaded.values())
    running.consume_until(sent, timeout_seconds=timeout_seconds)
    seconds = time.monotonic() - began
    while not running.is_quiet() and time.monotonic() < began + timeout_seconds:
        continue
    return Outcome(
        documents=sent,
        repeated=len(repeated),
        finished=sum(1 for document in sent if running.results[document]),
        twice=sum(max(0, running.results[document] - 1) for document in sent),
        calls=running.provider.calls() - earlier,
        dead=running.depth("dead_letter_queue_url"),
        waiting=running.depth("intake_queue_url"),
        seconds=seconds,
    )


def main() -> int:
    """Run the measurement, print its table and return the exit status."""
    arguments = _arguments()
    options = provider_options(latency=arguments.latency, rate=arguments.rate, seed=arguments.seed)
    every, until, seed = arguments.kill_every, arguments.kill_for, arguments.seed
    with system(*options) as running, Killer(running, every_seconds=every, for_seconds=until, seed=seed) as killer:
        outcome = work_off(running, documents=arguments.documents, seed=seed, timeout_seconds=arguments.timeout)
        busiest = running.provider.busiest_second()
    rows = {
        "documents": len(outcome.documents),
        "upload events sent twice": outcome.repeated,
        "runtimes killed": killer.kills,
        "terminal results": outcome.finished,
        "results seen twice by the consumer": outcome.twice,
        "calls to the provider": outcome.calls.total(),
        "  by code": ", ".join(f"{code} {count}" for code, count in sorted(outcome.calls.items())),
        "calls per document": f"{outcome.calls.total() / len(outcome.documents):.3f}",
        "answered calls per document": f"{outcome.calls['OK'] / len(outcome.documents):.3f}",
        "most calls in one calendar second": busiest,
        "dead letters": outcome.dead,
        "still waiting on the intake queue": outcome.waiting,
        "lost": outcome.lost,
        "seconds": f"{outcome.seconds:.0f}",
    }
    for name, value in rows.items():
        sys.stdout.write(f"{name:<36} {value}\n")
    return 0 if outcome.is_right else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--latency", type=float, default=0.6, help="seconds the provider takes for an answer")
    parser.add_argument("--rate", type=int, default=20, help="calls a second the provider admits")
    parser.add_argument("--kill-every", type=float, default=5.0, help="seconds between two killed runtimes")
    parser.add_argument("--kill-for", type=float, default=60.0, help="seconds after which no more runtimes are killed")
    parser.add_argument("--timeout", type=float, default=1800.0, help="seconds to wait for the last result")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

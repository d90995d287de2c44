"""Nothing is lost, nothing is paid for twice without need, nothing is shown twice: measured under stated trouble.

    .venv/bin/python -m bench.chaos --documents 200

The provider fails 5 % of the calls with InternalError, resets 3 %, answers HTTP 502 to 2 %, hangs on 1 % and
throttles 2 %; 5 % of the upload events arrive twice, out of order, and a runtime is killed every few seconds for a
while. A killed batch shows again only after the queue's visibility timeout, as on AWS, so the end takes minutes. Exit
status: 0 if every document got its result and none was seen twice.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from bench.rehearsal import Killer, System, system

FAULTS: Final = {"InternalError": 0.05, "reset": 0.03, "http-502": 0.02, "hang": 0.01, "RequestLimitExceeded": 0.02}
DUPLICATES: Final = 0.05


def main() -> int:
    """Run the measurement, print its table and return the exit status."""
    arguments = _arguments()
    faults = [f"--fault={name}={share}" for name, share in FAULTS.items()]
    options = [
        f"--latency={arguments.latency}",
        f"--rate-limit={arguments.rate}",
        "--workers=64",
        "--waiting=256",
        f"--seed={arguments.seed}",
    ]
    with (
        system(*options, *faults) as running,
        Killer(
            running, every_seconds=arguments.kill_every, for_seconds=arguments.kill_for, seed=arguments.seed
        ) as killer,
    ):
        began = time.monotonic()
        documents = running.upload(arguments.documents)
        repeated = _send_again(running, documents, random.Random(arguments.seed))
        running.consume_until(documents, timeout_seconds=arguments.timeout)
        seconds = time.monotonic() - began
        while running.consume(wait_seconds=2):
            pass
        return _report(running, documents, repeated, killer.kills, seconds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--latency", type=float, default=0.6, help="seconds the provider takes for an answer")
    parser.add_argument("--rate", type=int, default=20, help="calls a second the provider admits")
    parser.add_argument("--kill-every", type=float, default=5.0, help="seconds between two killed runtimes")
    parser.add_argument("--kill-for", type=float, default=60.0, help="seconds after which no more runtimes are killed")
    parser.add_argument("--timeout", type=float, default=1200.0, help="seconds to wait for the last result")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _send_again(running: System, documents: Sequence[str], choose: random.Random) -> int:
    """Send a share of the upload events a second time, in random order."""
    bucket = running.endpoints["upload_bucket"]
    listed: list[dict[str, Any]] = []
    for page in running.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        listed += page.get("Versions", [])
    chosen = choose.sample(listed, round(len(documents) * DUPLICATES))
    for version in chosen:
        stored = {"key": version["Key"], "versionId": version["VersionId"], "eTag": version["ETag"].strip('"')}
        record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": stored}}
        running.sqs.send_message(
            QueueUrl=running.endpoints["intake_queue_url"], MessageBody=json.dumps({"Records": [record]})
        )
    return len(chosen)


def _report(running: System, documents: Sequence[str], repeated: int, kills: int, seconds: float) -> int:
    calls = running.provider.calls()
    finished = [document for document in documents if running.results[document]]
    twice = sum(count - 1 for count in running.results.values())
    dead = running.depth("dead_letter_queue_url")
    waiting = running.depth("intake_queue_url")
    lost = max(0, len(documents) - len(finished) - waiting - dead)
    answered = calls["OK"]
    rows = {
        "documents": len(documents),
        "upload events sent again": repeated,
        "runtimes killed": kills,
        "terminal results": len(finished),
        "results seen twice by the consumer": twice,
        "calls to the provider": sum(calls.values()),
        "  by code": ", ".join(f"{code} {count}" for code, count in sorted(calls.items())),
        "answered calls per document": f"{answered / len(documents):.3f}",
        "most calls in one calendar second": running.provider.busiest_second(),
        "dead letters": dead,
        "still waiting on the intake queue": waiting,
        "lost": lost,
        "seconds": f"{seconds:.0f} ({len(finished) / seconds:.1f} documents a second)",
    }
    for name, value in rows.items():
        sys.stdout.write(f"{name:<36} {value}\n")
    return 0 if len(finished) == len(documents) and twice == 0 else 1


if __name__ == "__main__":
    sys.exit(main())

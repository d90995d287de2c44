"""An account in trouble: how many calls it costs, whether anything is lost, whether work resumes by itself.

    .venv/bin/python -m bench.outage --minutes 10

The provider answers ResourceUnavailable.InArrears to every call while documents keep coming, then it answers again.
Exit status: 0 if the dead-letter queue stayed empty and every document got its result.
"""

import argparse
import sys
import time

from bench.checkpoint import Checkpoint
from bench.rehearsal import system

PROVIDER = ("--latency=0.3", "--workers=64", "--waiting=256", "--rate-limit=20")


def main() -> int:
    """Run the measurement, print its table and return the exit status."""
    arguments = _arguments()
    trouble = "--fault=ResourceUnavailable.InArrears=1"
    with Checkpoint() as checkpoint, system(*PROVIDER, trouble, checkpoint=checkpoint) as running:
        documents = []
        end = time.monotonic() + 60 * arguments.minutes
        for batch in range(4):
            documents += running.upload(arguments.documents // 4, prefix=f"uploads/mainland-permit/{batch}-")
            time.sleep(max(0, (end - time.monotonic()) / (4 - batch)))
        during = running.provider.calls().total()
        passed = checkpoint.passed.copy()
        running.provider.stop()
        running.provider.start(*PROVIDER)
        restored = time.monotonic()
        finished = running.consume_until(documents, timeout_seconds=900)
        first = min(running.finished.values(), default=restored) - restored
        dead = running.depth("dead_letter_queue_url")
        rows = {
            "documents": len(documents),
            "minutes of outage": arguments.minutes,
            "calls during the outage": during,
            "photographs downloaded during the outage": passed["S3 GET"],
            "looks at their metadata": passed["S3 HEAD"],
            "messages made to wait (calls to SQS)": passed["SQS ChangeMessageVisibilityBatch"],
            "seconds from its end to the first result": f"{first:.0f}",
            "seconds from its end to the last result": f"{time.monotonic() - restored:.0f}",
            "terminal results": sum(1 for document in documents if running.results[document]),
            "dead letters": dead,
        }
    for name, value in rows.items():
        sys.stdout.write(f"{name:<44} {value}\n")
    return 0 if finished and dead == 0 else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=10.0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""An outage of the provider: how many calls it costs, whether a document is lost, whether work resumes automatically.

    .venv/bin/python -m bench.system.outage --minutes 10

The provider answers ResourceUnavailable.InArrears to every call while documents keep arriving, then it recovers. Exit
status: 0 if every document got its result and the dead-letter queue stayed empty.
"""

import argparse
import sys
import time
from typing import Final

from bench.environment.fake_provider import AMPLE_CAPACITY
from bench.environment.fault_proxy import FaultProxy
from bench.environment.running_sandbox import running_sandbox

PROVIDER: Final = ("--latency=0.3", "--rate-limit=20", *AMPLE_CAPACITY)
OUTAGE: Final = "--fault=ResourceUnavailable.InArrears=1"
_BATCHES: Final = 4


def main() -> int:
    """Run the benchmark, print its table and return the exit status."""
    arguments = _parse_arguments()
    with FaultProxy() as proxy, running_sandbox(*PROVIDER, OUTAGE, proxy=proxy) as sandbox:
        documents = []
        end = time.monotonic() + 60 * arguments.minutes
        for batch in range(_BATCHES):
            prefix = f"uploads/mainland-permit/{batch}-"
            documents += sandbox.upload(arguments.documents // _BATCHES, prefix=prefix)
            time.sleep(max(0, (end - time.monotonic()) / (_BATCHES - batch)))
        provider_calls = sandbox.provider.calls().total()
        counts = proxy.counts.copy()
        sandbox.provider.stop()
        sandbox.provider.start(*PROVIDER)
        recovered = time.monotonic()
        all_finished = sandbox.receive_until(documents, timeout_seconds=900)
        last = time.monotonic() - recovered
        first = min(sandbox.finished.values(), default=recovered) - recovered
        dead_letters = sandbox.queue_depth("dead_letter_queue_url")
        rows = {
            "documents": len(documents),
            "minutes of outage": arguments.minutes,
            "provider calls during the outage": provider_calls,
            "photos downloaded during the outage": counts["S3 GET"],
            "S3 HEAD requests": counts["S3 HEAD"],
            "SQS calls to change visibility timeouts": counts["SQS ChangeMessageVisibilityBatch"],
            "seconds from recovery to the first result": f"{first:.0f}",
            "seconds from recovery to the last result": f"{last:.0f}",
            "results": sum(1 for document in documents if sandbox.results[document]),
            "dead letters": dead_letters,
        }
    for name, value in rows.items():
        sys.stdout.write(f"{name:<44} {value}\n")
    return 0 if all_finished and dead_letters == 0 else 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=10.0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

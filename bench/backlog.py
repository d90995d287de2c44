"""A backlog within the quota: how fast it drains, whether the quota is ever exceeded, whether the API still answers.

    .venv/bin/python -m bench.backlog

The whole protocol in one run. First the sandbox's own ceiling is measured, with the provider and the limiter admitting
far more than it can do. Then the provider admits half of that a second, the rate is what the quota allows, and the same
backlog is worked off while somebody asks the API every few seconds. Exit status: 0 if at least 90 % of the quota was
used, not one call was refused for it, and the API always answered a result within 3 seconds.
"""

import argparse
import base64
import sys
import threading
import time
from typing import Final, Self

import httpx

from bench.rehearsal import Consumer, System, photograph, system
from permit_ocr.adapters.dynamodb_line import HORIZON_SECONDS, Lane
from permit_ocr.tencent.quota import LATE_SECONDS

LEAST_SHARE: Final = 0.9
MOST_API_SECONDS: Final = 3.0
API_EVERY_SECONDS: Final = 3.0
BATCH: Final = 5
"""Photographs in one invocation: at rates as low as a sandbox's, tens would be too many at once."""
NO_LIMIT: Final = 1000


def main() -> int:
    """Run both measurements, print their table and return the exit status."""
    arguments = _arguments()
    provider = [f"--latency={arguments.latency}", "--workers=64", "--waiting=256"]
    with system(*provider, "--rate-limit=0", parameters=[f"MainlandPermitRate={NO_LIMIT}"]) as running:
        ceiling = _documents_a_second(running, arguments.documents)
    quota = arguments.quota or max(2, int(ceiling / 2))
    rate = int(100 * quota / (1 + LATE_SECONDS)) / 100
    at_once = max(2, int(rate * (HORIZON_SECONDS[Lane.UPLOADS] + arguments.latency) / BATCH))
    parameters = [f"MainlandPermitRate={rate:g}", f"MaximumConcurrency={at_once}", f"BatchSize={BATCH}"]
    with system(*provider, f"--rate-limit={quota}", parameters=parameters) as running:
        with ApiClient(running) as client:
            sustained = _documents_a_second(running, arguments.documents)
        calls = running.provider.calls()
        dead = running.depth("dead_letter_queue_url")
        busiest = running.provider.busiest_second()
    refused = calls["RequestLimitExceeded"]
    slowest = max(client.seconds, default=0.0)
    rows = {
        "documents": arguments.documents,
        "ceiling of the sandbox, limiter off": f"{ceiling:.1f} documents a second",
        "quota of the provider": f"{quota} calls a second; rate {rate:g}, {at_once} × {BATCH} photographs at once",
        "sustained": f"{sustained:.2f} documents a second, {sustained / quota:.1%} of the quota",
        "most calls in one calendar second": busiest,
        "refused for the quota": refused,
        "API answers during the backlog": f"{len(client.seconds)}, slowest {slowest:.1f} s",
        "API answers by status": ", ".join(f"{status}" for status in client.statuses),
        "dead letters": dead,
    }
    for name, value in rows.items():
        sys.stdout.write(f"{name:<36} {value}\n")
    met = {
        f"at least {LEAST_SHARE:.0%} of the quota": sustained >= LEAST_SHARE * quota,
        "no call refused for the quota": refused == 0,
        f"the API's results within {MOST_API_SECONDS:g} s": (
            bool(client.statuses) and set(client.statuses) == {httpx.codes.OK} and slowest <= MOST_API_SECONDS
        ),
        "nothing given up": dead == 0,
    }
    for name, is_met in met.items():
        sys.stdout.write(f"{name:<36} {'met' if is_met else 'NOT MET'}\n")
    return 0 if all(met.values()) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=0.6, help="seconds the provider takes for an answer")
    parser.add_argument("--quota", type=int, default=0, help="calls a second; 0: half of the sandbox's ceiling")
    return parser.parse_args()


def _documents_a_second(running: System, documents: int) -> float:
    """Return the rate of results after the last upload, without the last tenth, where environments run out of work."""
    with Consumer(running) as consumer:
        sent = running.upload(documents)
        uploaded = time.monotonic()
        if not consumer.wait_for(sent, timeout_seconds=1800):
            raise SystemExit("not every document had a result within half an hour")
    times = sorted(running.finished.values())
    times = [at for at in times[: -max(1, len(times) // 10)] if at > uploaded]
    return (len(times) - 1) / (times[-1] - times[0])


class ApiClient:
    """Sends an image of its own every few seconds and notes how long the answer took."""

    def __init__(self, running: System) -> None:
        self.seconds: list[float] = []
        self.statuses: list[int] = []
        self._url = f"{running.endpoints['api_url']}/v1/recognitions"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(API_EVERY_SECONDS):
            image = base64.b64encode(photograph()).decode()
            began = time.monotonic()
            response = httpx.post(self._url, json={"document": "mainland-permit", "image_base64": image}, timeout=60)
            self.seconds.append(time.monotonic() - began)
            self.statuses.append(response.status_code)


if __name__ == "__main__":
    sys.exit(main())

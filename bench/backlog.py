"""A backlog within the quota: how fast it drains, whether the quota is ever exceeded, whether the API still answers.

    .venv/bin/python -m bench.backlog --documents 300

First the sandbox's own ceiling is measured, with the limiter far above it; then the provider admits half of that a
second, and the same backlog is worked off. Exit status: 0 if not one call was refused for the quota.
"""

import argparse
import base64
import secrets
import sys
import threading
import time
from collections.abc import Sequence
from typing import Self

import httpx

from bench.rehearsal import System, system

API_EVERY_SECONDS = 3.0


def main() -> int:
    """Run both measurements, print their table and return the exit status."""
    arguments = _arguments()
    provider = [f"--latency={arguments.latency}", "--workers=64", "--waiting=256"]
    with system(*provider, "--rate-limit=0", parameters=["MainlandPermitRate=200"]) as running:
        ceiling = _documents_a_second(running, arguments.documents)
    quota = arguments.quota or max(4, round(ceiling / 2))
    rate = max(2, int(quota / 1.05))
    with system(*provider, f"--rate-limit={quota}", parameters=[f"MainlandPermitRate={rate}"]) as running:
        with ApiClient(running) as client:
            sustained = _documents_a_second(running, arguments.documents)
        calls = running.provider.calls()
        rows = {
            "documents": arguments.documents,
            "ceiling of the sandbox, limiter off": f"{ceiling:.1f} documents a second",
            "quota of the provider": f"{quota} calls a second; rate parameter {rate}",
            "sustained": f"{sustained:.1f} documents a second, {sustained / quota:.0%} of the quota",
            "most calls in one calendar second": running.provider.busiest_second(),
            "refused for the quota": calls["RequestLimitExceeded"],
            "API answers during the backlog": f"{len(client.seconds)}, slowest {max(client.seconds, default=0):.1f} s",
            "API answers by status": ", ".join(f"{status}" for status in client.statuses),
            "dead letters": running.depth("dead_letter_queue_url"),
        }
    for name, value in rows.items():
        sys.stdout.write(f"{name:<36} {value}\n")
    return 0 if calls["RequestLimitExceeded"] == 0 else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--latency", type=float, default=0.6, help="seconds the provider takes for an answer")
    parser.add_argument("--quota", type=int, default=0, help="calls a second; 0: half of the sandbox's ceiling")
    return parser.parse_args()


def _documents_a_second(running: System, documents: int) -> float:
    """Return the rate between the first and the last tenth of the results: neither start nor end counts."""
    sent = running.upload(documents)
    if not running.consume_until(sent, timeout_seconds=900):
        raise SystemExit("not every document had a result within 900 s")
    times = sorted(running.finished.values())
    return _rate(times[len(times) // 10 : -len(times) // 10])


def _rate(times: Sequence[float]) -> float:
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
            image = base64.b64encode(b"\xff\xd8\xff" + secrets.token_bytes(64)).decode()
            began = time.monotonic()
            response = httpx.post(self._url, json={"document": "mainland-permit", "image_base64": image}, timeout=60)
            self.seconds.append(time.monotonic() - began)
            self.statuses.append(response.status_code)


if __name__ == "__main__":
    sys.exit(main())

"""A backlog within the quota: how fast it drains, whether the quota is ever exceeded, whether the API still answers.

    .venv/bin/python -m bench.backlog

The whole protocol in one run. First the sandbox's own ceiling is measured, with the provider and the limiter admitting
far more than it can do. Then the provider admits half of that a second, the rate is what the quota allows, and the same
backlog is worked off while somebody asks the API every few seconds. Exit status: 0 if at least 90 % of the quota was
used, not one call was refused for it, and the API always answered a result within 3 seconds.

``make bench`` does the same, and has the baseline work off as many documents at the same quota.
"""

import argparse
import asyncio
import base64
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Self

import httpx

from bench import baseline_backlog
from bench.comparison import Comparison
from bench.measurement import Measurement
from bench.rehearsal import Consumer, System, photograph, system
from permit_ocr.rate_limit.dynamodb_rate_limiter import HORIZON_SECONDS, Priority
from permit_ocr.rate_limit.gcra import LATE_SECONDS

DOCUMENTS: Final = 1000
LATENCY_SECONDS: Final = 0.6
LEAST_SHARE: Final = 0.9
MOST_API_SECONDS: Final = 3.0
API_EVERY_SECONDS: Final = 3.0
BATCH: Final = 5
"""Photographs in one invocation: at rates as low as a sandbox's, tens would be too many at once."""
_SPREAD: Final = 0.4
"""A backlog is worked off once. Four runs left 4.9 to 6.3 % of the quota unused; slowest answers took 1.5 to 1.8 s."""
NO_LIMIT: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How one of the API's answers came about; ``waited`` is the part of ``seconds`` for slots and the provider."""

    seconds: float
    status: int
    waited: float = 0.0
    calls: int = 0

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.waited:.1f} s of it for slots and the provider, called {self.calls} ×"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How a backlog was worked off; rates a second, ``answers`` the API's in order."""

    documents: int
    ceiling: float
    quota: int
    rate: float
    at_once: int
    sustained: float
    busiest_second: int
    refused: int
    dead: int
    answers: Sequence[Answer]

    @property
    def share(self) -> float:
        """The part of the quota that was used."""
        return self.sustained / self.quota

    @property
    def slowest_answer(self) -> float:
        """The API's slowest answer, in seconds."""
        return max((answer.seconds for answer in self.answers), default=0.0)

    @property
    def met(self) -> dict[str, bool]:
        """Whether each promise was kept."""
        answered = {answer.status for answer in self.answers} == {httpx.codes.OK}
        return {
            f"at least {LEAST_SHARE:.0%} of the quota": self.share >= LEAST_SHARE,
            "no call refused for the quota": self.refused == 0,
            f"the API's results within {MOST_API_SECONDS:g} s": answered and self.slowest_answer <= MOST_API_SECONDS,
            "nothing given up": self.dead == 0,
        }

    def rows(self) -> Mapping[str, object]:
        """Return what is printed, by name."""
        return {
            "documents": self.documents,
            "ceiling of the sandbox, limiter off": f"{self.ceiling:.1f} documents a second",
            "quota of the provider": f"{self.quota} calls a second; rate {self.rate:g}, "
            f"{self.at_once} × {BATCH} photographs at once",
            "sustained": f"{self.sustained:.2f} documents a second, {self.share:.1%} of the quota",
            "most calls in one calendar second": self.busiest_second,
            "refused for the quota": self.refused,
            "API answers during the backlog": len(self.answers),
            "slowest of them": self._slowest_of_the_api(),
            "API answers by status": ", ".join(f"{answer.status}" for answer in self.answers),
            "dead letters": self.dead,
        }

    def _slowest_of_the_api(self) -> str:
        numbered = list(enumerate(self.answers, start=1))
        number, slowest = max(numbered, key=lambda one: one[1].seconds, default=(0, "none"))
        return f"no. {number}: {slowest}"


def main() -> int:
    """Run both measurements, print their table and return the exit status."""
    arguments = _arguments()
    done = work_off(documents=arguments.documents, latency=arguments.latency, quota=arguments.quota)
    for name, value in done.rows().items():
        sys.stdout.write(f"{name:<36} {value}\n")
    for name, is_met in done.met.items():
        sys.stdout.write(f"{name:<36} {'met' if is_met else 'NOT MET'}\n")
    return 0 if all(done.met.values()) else 1


def work_off(*, documents: int, latency: float, quota: int = 0) -> Backlog:
    """Work off so many documents at a quota of calls a second (0: half of the ceiling), after measuring the ceiling."""
    provider = [f"--latency={latency}", "--workers=64", "--waiting=256"]
    with system(*provider, "--rate-limit=0", parameters=[f"MainlandPermitRate={NO_LIMIT}"]) as running:
        ceiling = _documents_a_second(running, documents)
    quota = quota or max(2, int(ceiling / 2))
    rate = int(100 * quota / (1 + LATE_SECONDS)) / 100
    at_once = max(2, int(rate * (HORIZON_SECONDS[Priority.UPLOADS] + latency) / BATCH))
    parameters = [f"MainlandPermitRate={rate:g}", f"MaximumConcurrency={at_once}", f"BatchSize={BATCH}"]
    with system(*provider, f"--rate-limit={quota}", parameters=parameters) as running:
        with ApiClient(running.endpoints["api_url"]) as client:
            sustained = _documents_a_second(running, documents)
        return Backlog(
            documents=documents,
            ceiling=ceiling,
            quota=quota,
            rate=rate,
            at_once=at_once,
            sustained=sustained,
            busiest_second=running.provider.busiest_second(),
            refused=running.provider.calls()["RequestLimitExceeded"],
            dead=running.depth("dead_letter_queue_url"),
            answers=client.answers,
        )


async def measure(rounds: int) -> list[Comparison]:
    """Return the comparisons. One round is a thousand documents, so ``rounds`` makes no difference."""
    del rounds
    ours = await asyncio.to_thread(work_off, documents=DOCUMENTS, latency=LATENCY_SECONDS)
    theirs = await baseline_backlog.work_off(documents=DOCUMENTS, latency=LATENCY_SECONDS, quota=ours.quota)
    at = f"of a backlog of {DOCUMENTS:,} at a quota of {ours.quota} a second"
    return [
        Comparison(
            key="backlog-unused",
            what=f"Quota left unused {at}, half of what the sandbox can do ({ours.ceiling:.1f} documents a second)",
            unit="%",
            ours=[100 * (1 - ours.share)],
            most=100 * (1 - LEAST_SHARE),
            spread=_SPREAD,
            digits=1,
        ),
        Comparison(
            key="backlog-refused",
            what="… calls refused for the quota",
            unit="calls",
            ours=[ours.refused],
            baseline=[theirs.refused],
            most=0,
        ),
        Comparison(
            key="backlog-lost",
            what=f"… documents lost (the baseline: {baseline_backlog.AT_ONCE} environments, Lambda's two retries)",
            unit="documents",
            ours=[ours.dead],
            baseline=[theirs.lost],
            most=0,
        ),
        Comparison(
            key="backlog-api",
            what="… the API's slowest answer meanwhile",
            unit="s",
            ours=[ours.slowest_answer],
            most=MOST_API_SECONDS,
            spread=_SPREAD,
            digits=1,
        ),
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument(
        "--latency", type=float, default=LATENCY_SECONDS, help="seconds the provider takes for an answer"
    )
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
    """Sends an image of its own every few seconds and notes what the answer took. A request that fails ends the run."""

    def __init__(
        self, url: str, *, every_seconds: float = API_EVERY_SECONDS, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.answers: list[Answer] = []
        self._url = f"{url}/v1/recognitions"
        # Made once: reading certificates, which no request needs, takes longer than the API's front does.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(timeout=60, limits=limits, transport=transport)
        self._every = every_seconds
        self._stop = threading.Event()
        self._thread = ThreadPoolExecutor(max_workers=1)

    def __enter__(self) -> Self:
        self._asking = self._thread.submit(self._run)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.shutdown()
        self._client.close()
        self._asking.result()

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self.answers.append(_answer(self._client, self._url))


def _answer(client: httpx.Client, url: str) -> Answer:
    image = base64.b64encode(photograph()).decode()
    began = time.monotonic()
    response = client.post(url, json={"document": "mainland-permit", "image_base64": image})
    seconds = time.monotonic() - began
    if response.status_code != httpx.codes.OK:
        return Answer(seconds=seconds, status=response.status_code)
    provider = response.json()["data"]["provider"]
    return Answer(
        seconds=seconds,
        status=response.status_code,
        waited=provider["milliseconds"] / 1000,
        calls=provider["attempts"],
    )


MEASUREMENT: Final = Measurement(title="A backlog", measure=measure, rounds=1)

if __name__ == "__main__":
    sys.exit(main())

"""Background threads of a benchmark: consuming results, calling the API, reviewing, killing function processes."""

import base64
import os
import random
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Self

import httpx

from bench.environment.photos import small_photo
from bench.environment.running_sandbox import RunningSandbox

API_INTERVAL_SECONDS: Final = 3.0


class _Background(ABC):
    """Runs in a thread during the ``with`` block; an error of the thread is raised at the end of the block."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._executor = ThreadPoolExecutor(max_workers=1)
        self.future: Future[None] | None = None

    def __enter__(self) -> Self:
        self.future = self._executor.submit(self.run)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self.future:
            self.future.result()

    def stop(self) -> None:
        """Stop the thread and wait for its end."""
        self.stopping.set()
        self._executor.shutdown()

    @abstractmethod
    def run(self) -> None:
        """Work until ``stopping`` is set."""


class ResultConsumer(_Background):
    """Receives results continuously, while the benchmark uploads."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        super().__init__()
        self._sandbox = sandbox

    def __exit__(self, *_: object) -> None:
        self.stop()  # the wait methods report the thread's error

    def run(self) -> None:
        """Receive results."""
        while not self.stopping.is_set():
            self._sandbox.receive_results()

    def wait_for(self, documents: Sequence[str], *, timeout_seconds: float) -> bool:
        """Wait until each of ``documents`` has a result; return whether that happened in time.

        Raises ``RuntimeError`` if results can no longer be received.
        """
        expected = set(documents)
        return self._wait_until(lambda: self._sandbox.results.keys() >= expected, timeout_seconds)

    def wait_for_any(self, count: int, *, timeout_seconds: float) -> bool:
        """Wait until any ``count`` documents have a result, as ``wait_for`` does."""
        return self._wait_until(lambda: len(self._sandbox.results) >= count, timeout_seconds)

    def _wait_until(self, is_done: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not is_done():
            if self.future is None or self.future.done():
                error = self.future.exception() if self.future else None
                raise RuntimeError("results can no longer be received") from error
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


class ProcessKiller(_Background):
    """Kills a random function process at intervals, more often than any outage would."""

    def __init__(self, sandbox: RunningSandbox, *, every_seconds: float, for_seconds: float, seed: int) -> None:
        super().__init__()
        self.kills = 0
        self._sandbox = sandbox
        self._every = every_seconds
        self._end = time.monotonic() + for_seconds
        self._random = random.Random(seed)

    def run(self) -> None:
        """Kill processes."""
        while not self.stopping.wait(self._every) and time.monotonic() < self._end:
            if processes := self._sandbox.function_processes():
                try:
                    os.kill(self._random.choice(processes), signal.SIGKILL)
                except ProcessLookupError:
                    continue
                self.kills += 1


class Reviewer(_Background):
    """Decides on every open review. A decision whose response is lost is not requested again."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        super().__init__()
        self.lost_responses = 0
        self._api = httpx.Client(base_url=sandbox.endpoints["api_url"], timeout=60)

    def run(self) -> None:
        """Review."""
        with self._api:
            while not self.stopping.wait(0.5):
                with suppress(httpx.HTTPError):  # of a function that was killed
                    self.review_all()

    def review_all(self) -> int:
        """Decide on a page of the list, and return how many documents it has."""
        listed = self._api.get("/v1/reviews", params={"limit": "100"}).raise_for_status().json()["reviews"]
        for one in listed:
            self._review(one["document_id"])
        return len(listed)

    def _review(self, document_id: str) -> None:
        path = f"/v1/recognitions/{document_id}/review"
        state = self._api.get(path)
        if state.status_code != httpx.codes.OK or state.json()["state"] != "open":
            return
        body = {"decision": "accepted", "reason": "read_correctly", "override": "original_seen"}
        try:
            response = self._api.post(path, json=body, headers={"if-match": state.headers["etag"]})
            self.lost_responses += response.is_server_error
        except httpx.HTTPError:
            self.lost_responses += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiResponse:
    """How long one API response took; ``provider_seconds`` is the part for slots and the provider."""

    seconds: float
    status: int
    provider_seconds: float = 0.0
    attempts: int = 0

    def __str__(self) -> str:
        return (
            f"{self.seconds:.1f} s, {self.provider_seconds:.1f} s of it for slots and the provider, "
            f"{self.attempts} attempts"
        )


class ApiClient(_Background):
    """Sends a different image to the API at intervals. A request that breaks off ends the benchmark."""

    def __init__(
        self, url: str, *, every_seconds: float = API_INTERVAL_SECONDS, transport: httpx.BaseTransport | None = None
    ) -> None:
        super().__init__()
        self.responses: list[ApiResponse] = []
        self._url = f"{url}/v1/recognitions"
        # One client for all requests: loading certificates, which none of them needs, takes longer than routing one.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(timeout=60, limits=limits, transport=transport)
        self._every = every_seconds

    def run(self) -> None:
        """Send requests."""
        with self._client:
            while not self.stopping.wait(self._every):
                self.responses.append(self._recognize())

    def _recognize(self) -> ApiResponse:
        image = base64.b64encode(small_photo()).decode()
        started = time.monotonic()
        response = self._client.post(self._url, json={"document": "mainland-permit", "image_base64": image})
        seconds = time.monotonic() - started
        if response.status_code != httpx.codes.OK:
            return ApiResponse(seconds=seconds, status=response.status_code)
        provider: dict[str, Any] = response.json()["data"]["provider"]
        return ApiResponse(
            seconds=seconds,
            status=response.status_code,
            provider_seconds=provider["milliseconds"] / 1000,
            attempts=provider["attempts"],
        )

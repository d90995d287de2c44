"""The fake provider: recorded answers instead of reading cards, and injected faults and latency."""

import asyncio
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from permit_ocr.domain.permits import Kind, Side
from permit_ocr.tencent.actions import ACTIONS
from permit_ocr.tencent.error_table import UNLISTED, look_up
from permit_ocr.tencent.report_format import REPORT_NAMES, report_in_response
from permit_ocr.tencent.response_format import parse_answer
from recognizer.reading.result import Reading
from recognizer.wire.api_error import ApiError
from recognizer.wire.common_parameters import ACTION_BY_NAME

CONNECTION_FAULTS: Final = ("reset", "hang", "truncated", "html")
"""Faults below the protocol: connection reset, no response, half a response, an HTML page with status 200."""
_HTTP_FAULT: Final = re.compile(r"http-([345]\d\d)")


class InvalidFakeProviderSettings(ValueError):
    """A recorded answer, a fault or a latency is malformed; the message says which and why."""


class RecordedAnswers:
    """Answers from a file, used instead of a reader. Thread-safe.

    The file is a JSON object with one or both of

    - ``images``: SHA-256 of an image in hexadecimal → name of an action → recording;
    - ``sequence``: name of an action → list of recordings, used in turn and repeatedly for images not listed.

    A recording is the fields of an answer, optionally with the members of ``REPORT_NAMES``, or ``{"Error": "<code>"}``.
    Raises ``InvalidFakeProviderSettings`` for anything else.
    """

    def __init__(self, recordings: Any) -> None:  # noqa: ANN401  JSON, not validated yet
        for key in _object(recordings, "the file"):
            if key not in {"images", "sequence"}:
                raise InvalidFakeProviderSettings(f"`{key}` is neither `images` nor `sequence`")
        self._images = {
            digest.lower(): {name: _recording(name, value) for name, value in _object(by_action, "an image").items()}
            for digest, by_action in _object(recordings.get("images", {}), "`images`").items()
        }
        self._sequence = {
            name: [_recording(name, value) for value in _list(listed, f"`sequence` of {name}")]
            for name, listed in _object(recordings.get("sequence", {}), "`sequence`").items()
        }
        self._given: Counter[str] = Counter()
        self._lock = threading.Lock()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the answers in ``path``. Raises ``InvalidFakeProviderSettings``, ``OSError``."""
        try:
            return cls(json.loads(path.read_bytes()))
        except ValueError as error:
            raise InvalidFakeProviderSettings(f"{path}: {error}") from None

    def __call__(self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:  # noqa: ARG002
        """Return the answer recorded for the image, else the next in the sequence. Raises ``ApiError``."""
        name = ACTIONS[kind].name
        recording = self._images.get(sha256(image).hexdigest(), {}).get(name) or self._next(name)
        if isinstance(recording, str):
            raise ApiError(recording)
        return recording

    def _next(self, name: str) -> Reading | str:
        recordings = self._sequence.get(name)
        if not recordings:
            return "FailedOperation.ImageNoSpecifiedCard"
        with self._lock:
            given = self._given[name]
            self._given[name] += 1
        return recordings[given % len(recordings)]


def _object(value: Any, what: str) -> dict[str, Any]:  # noqa: ANN401  JSON
    if not isinstance(value, dict):
        raise InvalidFakeProviderSettings(f"{what} must be an object")
    return value


def _list(value: Any, what: str) -> list[Any]:  # noqa: ANN401  JSON
    if not isinstance(value, list):
        raise InvalidFakeProviderSettings(f"{what} must be a list")
    return value


def _recording(name: str, value: Any) -> Reading | str:  # noqa: ANN401  JSON
    """Return the reading or the error code recorded for the action called ``name``."""
    if name not in ACTION_BY_NAME:
        raise InvalidFakeProviderSettings(f"`{name}` is not an action")
    recorded = _object(value, f"a recording of {name}")
    if isinstance(recorded.get("Error"), str):
        return str(recorded["Error"])
    action = ACTION_BY_NAME[name]
    known = {field.name for field in fields(action.answer)} | {"RequestId", *REPORT_NAMES.values()}
    if unknown := set(recorded) - known:
        raise InvalidFakeProviderSettings(f"a recording of {name} has an unknown field `{min(unknown)}`")
    confidences = _object(recorded.get(REPORT_NAMES["confidences"], {}), f"`FieldConfidences` of {name}")
    report = report_in_response(action, recorded)
    if set(confidences) != set(report.confidences):
        raise InvalidFakeProviderSettings(f"`FieldConfidences` of {name} must hold numbers from 0 to 1, by field")
    return Reading(parse_answer(action, recorded), report)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault injected into calls with a ``probability`` from 0 to 1.

    ``name`` is one of ``CONNECTION_FAULTS``, ``http-<status>`` or an error code.
    """

    name: str
    probability: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``NAME=PROBABILITY``. Raises ``InvalidFakeProviderSettings``."""
        name, _, probability_text = text.partition("=")
        try:
            probability = float(probability_text)
        except ValueError:
            probability = -1
        if not 0 <= probability <= 1:
            raise InvalidFakeProviderSettings(f"fault `{text}`: must be NAME=PROBABILITY, from 0 to 1")
        if name not in CONNECTION_FAULTS and not _HTTP_FAULT.fullmatch(name) and look_up(name) is UNLISTED:
            named = ", ".join(CONNECTION_FAULTS)
            raise InvalidFakeProviderSettings(
                f"fault `{name}`: must be one of {named}, http-300 to http-599, or an error code"
            )
        return cls(name, probability)

    @property
    def http_status(self) -> int | None:
        """The status in ``http-<status>``; None for other faults."""
        match = _HTTP_FAULT.fullmatch(self.name)
        return int(match[1]) if match else None


class FaultInjector:
    """Decides which calls fail and how long each is delayed. The same seed gives the same sequence."""

    def __init__(self, faults: Sequence[Fault] = (), latency: tuple[float, float] = (0.0, 0.0), seed: int = 0) -> None:
        if sum(fault.probability for fault in faults) > 1:
            raise InvalidFakeProviderSettings("faults: the probabilities together must not exceed 1")
        self._faults = tuple(faults)
        self._latency = latency
        self._chance = random.Random(seed)  # noqa: S311  must be reproducible, not secret

    def next_fault(self) -> Fault | None:
        """Return the fault for the next call, if any."""
        drawn = self._chance.random()
        for fault in self._faults:
            if drawn < fault.probability:
                return fault
            drawn -= fault.probability
        return None

    async def delay(self) -> None:
        """Add the configured latency to a call."""
        seconds = self._chance.uniform(*self._latency)
        if seconds > 0:
            await asyncio.sleep(seconds)


def parse_latency(text: str) -> tuple[float, float]:
    """Parse ``0.6`` or ``0.3-0.9`` into the least and the most seconds. Raises ``InvalidFakeProviderSettings``."""
    least, dash, most = text.partition("-")
    try:
        latency = (float(least), float(most if dash else least))
    except ValueError:
        latency = (-1.0, -1.0)
    if not 0 <= latency[0] <= latency[1] < float("inf"):
        raise InvalidFakeProviderSettings(f"latency `{text}`: must be seconds, such as 0.6 or 0.3-0.9")
    return latency

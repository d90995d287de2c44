"""Rehearsing trouble: recorded answers instead of reading, and calls that fail, hang or break off as often as told."""

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
from permit_ocr.tencent.answer_format import CONFIDENCES, parse_answer
from permit_ocr.tencent.error_table import UNLISTED, look_up
from recognizer.reading.result import Reading
from recognizer.wire.api_error import ApiError
from recognizer.wire.common_parameters import ACTION_BY_NAME

CONNECTION_FAULTS: Final = ("reset", "hang", "truncated", "html")
"""Faults below the protocol: connection reset, no answer at all, half an answer, a page of HTML with status 200."""
_HTTP_FAULT: Final = re.compile(r"http-([45]\d\d)")


class InvalidFakeProviderSettings(ValueError):  # noqa: N818
    """A recorded answer or a fault is not of the form it must have; the text says which and why."""


class RecordedAnswers:
    """Answers from a file in place of a reader. Any thread may call it.

    The file is a JSON object with one or both of

    - ``images``: SHA-256 of an image in hexadecimal → name of an action → recording;
    - ``sequence``: name of an action → list of recordings, given in turn to images not listed, over and over.

    A recording is the fields of an answer, ``FieldConfidences`` among them if need be, or ``{"Error": "<code>"}``.
    Raises ``BadRehearsal`` for any other form.
    """

    def __init__(self, recordings: Any) -> None:  # noqa: ANN401  JSON, yet to be checked
        for key in _object(recordings, "the file"):
            if key not in {"images", "sequence"}:
                raise InvalidFakeProviderSettings(f"`{key}` is neither `images` nor `sequence`")
        self._images = {
            digest.lower(): {name: _recording(name, said) for name, said in _object(by_action, "an image").items()}
            for digest, by_action in _object(recordings.get("images", {}), "`images`").items()
        }
        self._sequence = {
            name: [_recording(name, said) for said in _list(listed, f"`sequence` of {name}")]
            for name, listed in _object(recordings.get("sequence", {}), "`sequence`").items()
        }
        self._given: Counter[str] = Counter()
        self._lock = threading.Lock()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the answers in ``path``. Raises ``BadRehearsal``, ``OSError``."""
        try:
            return cls(json.loads(path.read_bytes()))
        except ValueError as error:
            raise InvalidFakeProviderSettings(f"{path}: {error}") from None

    def __call__(self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:  # noqa: ARG002
        """Return the answer recorded for the image, else the next in the sequence. Raises ``Refusal``."""
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


def _object(said: Any, what: str) -> dict[str, Any]:  # noqa: ANN401  JSON
    if not isinstance(said, dict):
        raise InvalidFakeProviderSettings(f"{what} must be an object")
    return said


def _list(said: Any, what: str) -> list[Any]:  # noqa: ANN401  JSON
    if not isinstance(said, list):
        raise InvalidFakeProviderSettings(f"{what} must be a list")
    return said


def _recording(name: str, said: Any) -> Reading | str:  # noqa: ANN401  JSON
    """Return the reading, or the error code, that is recorded for the action called ``name``."""
    if name not in ACTION_BY_NAME:
        raise InvalidFakeProviderSettings(f"`{name}` is no action")
    recorded = _object(said, f"a recording of {name}")
    if isinstance(recorded.get("Error"), str):
        return str(recorded["Error"])
    known = {field.name for field in fields(ACTION_BY_NAME[name].answer)} | {"RequestId", CONFIDENCES}
    if unknown := set(recorded) - known:
        raise InvalidFakeProviderSettings(f"a recording of {name} has an unknown field `{min(unknown)}`")
    confidences = _object(recorded.get(CONFIDENCES, {}), f"`{CONFIDENCES}` of {name}")
    if not all(isinstance(confidence, int | float) for confidence in confidences.values()):
        raise InvalidFakeProviderSettings(f"`{CONFIDENCES}` of {name} must hold numbers")
    return Reading(parse_answer(ACTION_BY_NAME[name], recorded), confidences)


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls a ``share`` (0 to 1) of the calls.

    ``name`` is one of ``CONNECTION_FAULTS``, ``http-<status>`` or an error code.
    """

    name: str
    share: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the fault that ``NAME=SHARE`` says. Raises ``BadRehearsal``."""
        name, _, share_text = text.partition("=")
        try:
            share = float(share_text)
        except ValueError:
            share = -1
        if not 0 <= share <= 1:
            raise InvalidFakeProviderSettings(f"fault `{text}`: must be NAME=SHARE with a share from 0 to 1")
        if name not in CONNECTION_FAULTS and not _HTTP_FAULT.fullmatch(name) and look_up(name) is UNLISTED:
            named = ", ".join(CONNECTION_FAULTS)
            raise InvalidFakeProviderSettings(
                f"fault `{name}`: must be one of {named}, http-400 to http-599, or an error code"
            )
        return cls(name, share)

    @property
    def http_status(self) -> int | None:
        """The status that ``http-<status>`` names, else None."""
        match = _HTTP_FAULT.fullmatch(self.name)
        return int(match[1]) if match else None


class FaultInjector:
    """Which call meets which fault, and how long each takes. The same seed gives the same series."""

    def __init__(self, faults: Sequence[Fault] = (), latency: tuple[float, float] = (0.0, 0.0), seed: int = 0) -> None:
        if sum(fault.share for fault in faults) > 1:
            raise InvalidFakeProviderSettings("faults: the shares together must not exceed 1")
        self._faults = tuple(faults)
        self._latency = latency
        self._chance = random.Random(seed)  # noqa: S311  a series to repeat, not a secret

    def next_fault(self) -> Fault | None:
        """Return what befalls the next call."""
        drawn = self._chance.random()
        for fault in self._faults:
            if drawn < fault.share:
                return fault
            drawn -= fault.share
        return None

    async def delay(self) -> None:
        """Wait as long as a call is told to take on top of its work."""
        seconds = self._chance.uniform(*self._latency)
        if seconds > 0:
            await asyncio.sleep(seconds)


def parse_latency(text: str) -> tuple[float, float]:
    """Return the seconds that ``0.6`` or ``0.3-0.9`` says, from and to. Raises ``BadRehearsal``."""
    least, dash, most = text.partition("-")
    try:
        latency = (float(least), float(most if dash else least))
    except ValueError:
        latency = (-1.0, -1.0)
    if not 0 <= latency[0] <= latency[1] < float("inf"):
        raise InvalidFakeProviderSettings(f"latency `{text}`: must be seconds, such as 0.6 or 0.3-0.9")
    return latency

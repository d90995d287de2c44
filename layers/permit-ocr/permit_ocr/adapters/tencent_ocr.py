"""The provider, through the official SDK's common client.

Called by action name: the typed clients lost one of the two actions twice. The SDK's own retryer and region breaker
stay off (both lose answers), its timeouts are per read, so the deadline is kept here, and its logger is silenced for
good: at DEBUG it prints whole images.

Each call takes a slot of the fleet's line (``dynamodb_line``), a retry as well as the first: when it is encoded, signed
and connected, right before its first byte leaves (``gated_connections``).
"""

import base64
import logging
import random
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import requests
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from permit_ocr.adapters.bytes_in_flight import BytesInFlight
from permit_ocr.adapters.credentials import CredentialSource
from permit_ocr.adapters.dynamodb_line import LineStands
from permit_ocr.adapters.gated_connections import GatedRequests, gate
from permit_ocr.adapters.journal import count, note, note_trouble
from permit_ocr.domain.errors import NotNow, PermitOcrError, RejectDocument, RetryLater, StopTheLine
from permit_ocr.domain.permits import Kind
from permit_ocr.tencent.actions import ACTIONS, SERVICE, VERSION, Action, is_providers_own
from permit_ocr.tencent.answer_format import CONFIDENCE_HEADER, parse_answer, parse_confidences
from permit_ocr.tencent.error_table import ErrorCode, Outcome, Remedy, listed, look_up
from permit_ocr.workflow.ports import Question, Reply

logging.getLogger("tencentcloud_sdk_common").disabled = True

_LEAST_SECONDS: Final = 1.0
"""Below this a call is not worth beginning."""
_JITTER_SECONDS: Final = 1.0
_CALLS_AT_ONCE: Final = 32
_WITHDRAWN_SECONDS: Final = 300.0
"""So long an environment passes over an endpoint that has withdrawn an action, before it asks there again."""
_REQUEST_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where an action is offered. ``host`` may carry a port; ``region`` may be empty."""

    host: str
    region: str
    scheme: str


class Line(Protocol):
    """Who lets calls through, for the whole fleet."""

    def enter(self, action: str, *, seconds: float, probing: bool = False) -> bool:
        """Wait for a call's slot, for at most ``seconds``, and return whether the call is a probe.

        Raises ``NoSlot``, ``LineStands`` or ``RetryLater``.
        """
        ...

    def look(self, action: str, *, seconds: float, probing: bool = False) -> None:
        """Raise what ``enter`` is known to raise, without asking anybody."""
        ...

    def standing(self, action: str) -> StopTheLine | None:
        """Return why calls are stopped, if it is known here that they are and no probe is due."""
        ...

    def stop(self, action: str, error: StopTheLine) -> None:
        """Let no call through but a probe now and then."""
        ...

    def resume(self, action: str) -> None:
        """Let calls through again."""
        ...


class _Client(CommonClient):  # type: ignore[misc]  # the SDK has no types
    def _check_error(self, _response: requests.Response) -> None:
        """Leave errors to us. The SDK sees them in some responses only, and warns on stderr with an endpoint's text."""


class _Refusal(Exception):  # noqa: N818  it never leaves this module
    def __init__(self, row: ErrorCode, code: str, request_id: str | None) -> None:
        super().__init__(code)
        self.row = row
        self.code = code
        self.request_id = request_id


@dataclass(slots=True)
class _Departure:
    """One call on its way to its first byte."""

    over: threading.Event = field(default_factory=threading.Event)
    """It has left, or never will."""
    left: bool = False
    """It may be paid for."""
    cancelled: bool = False
    """Nobody waits for it any more: if it has not left, it must not."""
    error: PermitOcrError | None = None
    """Why it never left."""


@dataclass(slots=True)
class _Asking:
    """One question, and what has been done for it so far."""

    action: Action
    question: Question
    deadline: float
    as_base64: bool
    calls: int = 0
    retries: int = 0
    """Calls that the error table has granted; those to another endpoint or with another credential are not counted."""
    probing: bool = False
    credential: Credential | None = None
    credential_read_again: bool = False
    withdrawn_at: set[str] = field(default_factory=set)


class TencentOcr:
    """The port ``Ocr``. Any number of threads may ask at once: each endpoint of an action has one connection pool."""

    def __init__(
        self,
        *,
        site: str,
        endpoints: Mapping[Kind, Sequence[Endpoint]],
        timeout_seconds: float,
        credentials: CredentialSource,
        line: Line,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the preferred endpoint of each kind first; ``timeout_seconds`` is one call's.

        ``credentials`` and ``line`` are asked before each call.
        """
        self.site = site
        self._endpoints = endpoints
        self._timeout = timeout_seconds
        self._credentials = credentials
        self._line = line
        self._sleep = sleep
        self._clock = clock
        self._clients: dict[tuple[Kind, str], tuple[Credential, CommonClient]] = {}
        self._withdrawn_until: dict[tuple[Kind, str], float] = {}
        self._bytes = BytesInFlight()
        self._calls = ThreadPoolExecutor(max_workers=_CALLS_AT_ONCE, thread_name_prefix="ocr-call")

    def ask(self, question: Question, *, deadline: float) -> Reply:
        """Call the question's action, again as often as the error table allows; see the port.

        Account trouble stops the line for the whole fleet. An answer to a probe lets it go on, and so does a refusal of
        the document: whoever judges a document has taken the account.
        """
        asking = _Asking(ACTIONS[question.kind], question, deadline, as_base64=question.url is None)
        try:
            reply = self._ask(asking)
        except StopTheLine as error:
            count("LineStopped")
            if not isinstance(error, LineStands):
                note_trouble("line_stopped", action=asking.action.name, code=error.code, request_id=error.request_id)
                self._line.stop(asking.action.name, error)
            raise
        except RejectDocument:
            self._resume(asking)
            raise
        self._resume(asking)
        return reply

    def stops(self) -> dict[Kind, StopTheLine]:
        """See the port."""
        standing = {kind: self._line.standing(ACTIONS[kind].name) for kind in self._endpoints}
        return {kind: error for kind, error in standing.items() if error}

    def _resume(self, asking: _Asking) -> None:
        if asking.probing:
            self._line.resume(asking.action.name)

    def _ask(self, asking: _Asking) -> Reply:
        began = self._clock()
        while True:
            endpoint = self._endpoint(asking)
            try:
                response = self._call(asking, endpoint)
            except _Refusal as refusal:
                note("ocr_refused", action=asking.action.name, code=refusal.code, request_id=refusal.request_id)
                if not self._may_go_on(asking, endpoint, refusal):
                    raise _as_error(refusal) from None
            else:
                return Reply(
                    answer=parse_answer(asking.action, response),
                    endpoint=endpoint.host,
                    request_id=_request_id(response) or "",
                    attempts=asking.calls,
                    milliseconds=round((self._clock() - began) * 1000),
                    fallback=endpoint != self._endpoints[asking.action.kind][0],
                    confidences=parse_confidences(asking.action, response),
                )

    def _endpoint(self, asking: _Asking) -> Endpoint:
        """Return the first endpoint that offers the action, as far as is known.

        Where all have withdrawn it, the first that has not said so to this question: it may be back.
        """
        kind = asking.action.kind
        left = [endpoint for endpoint in self._endpoints[kind] if endpoint.host not in asking.withdrawn_at]
        offering = (one for one in left if self._withdrawn_until.get((kind, one.host), 0.0) <= self._clock())
        return next(offering, left[0])

    def _may_go_on(self, asking: _Asking, endpoint: Endpoint, refusal: _Refusal) -> bool:
        """Say whether there shall be another call after ``refusal``, and wait until its time has come."""
        if refusal.row.outcome is Outcome.WAIT:
            count("QuotaExceeded", action=asking.action.name)
        if asking.retries < refusal.row.retries:
            asking.retries += 1
            return self._may_wait(asking.deadline)
        match refusal.row.remedy:
            case Remedy.ANOTHER_ENDPOINT:
                return self._another_endpoint(asking, endpoint)
            case Remedy.ANOTHER_CREDENTIAL:
                return self._has_rotated(asking, endpoint)
            case Remedy.AS_BASE64 if asking.question.content is not None and not asking.as_base64:
                asking.as_base64 = True
                return self._may_wait(asking.deadline)
            case _:
                return False

    def _another_endpoint(self, asking: _Asking, endpoint: Endpoint) -> bool:
        """Remember that ``endpoint`` has withdrawn the action, and say whether there is another to ask."""
        count("ActionWithdrawn", action=asking.action.name)
        kind = asking.action.kind
        self._withdrawn_until[kind, endpoint.host] = self._clock() + _WITHDRAWN_SECONDS
        asking.withdrawn_at.add(endpoint.host)
        return any(other.host not in asking.withdrawn_at for other in self._endpoints[kind])

    def _has_rotated(self, asking: _Asking, endpoint: Endpoint) -> bool:
        """Read the credential again, once for a question, and say whether it is another."""
        if asking.credential_read_again:
            return False
        asking.credential_read_again = True
        now = self._credentials(again=True).of(endpoint.host)
        return asking.credential is None or _parts(now) != _parts(asking.credential)

    def _may_wait(self, deadline: float) -> bool:
        """Wait a second and a random part of another (full jitter), and say so; or say that there is no time for it."""
        pause = 1.0 + random.uniform(0, _JITTER_SECONDS)  # noqa: S311  not a secret
        if self._clock() + pause + _LEAST_SECONDS > deadline:
            return False
        self._sleep(pause)
        return True

    def _call(self, asking: _Asking, endpoint: Endpoint) -> dict[str, Any]:
        # Before the work of a call is done that cannot be made: a new connection alone is costly.
        seconds = self._seconds_left(asking) - _LEAST_SECONDS
        self._line.look(asking.action.name, seconds=seconds, probing=asking.probing)
        asking.credential = self._credentials(again=False).of(endpoint.host)
        client = self._client(asking.action, endpoint, asking.credential)
        departure = _Departure()
        # A fresh dict each time: the SDK writes the Authorization into it.
        headers = {} if is_providers_own(endpoint.host) else dict([CONFIDENCE_HEADER])
        call = self._calls.submit(self._send, client, asking, headers, departure)
        departure.over.wait(timeout=self._seconds_left(asking))
        # The SDK's timeout starts again with every byte that trickles in; the future's does not.
        seconds = max(0.0, min(self._timeout, asking.deadline - self._clock()))
        try:
            return call.result(timeout=seconds)
        except FutureTimeoutError:
            departure.cancelled = True
            call.cancel()
            raise _refusal("NoAnswerInTime" if departure.left else "ClientNetworkError") from None

    def _send(
        self, client: CommonClient, asking: _Asking, headers: dict[str, str], departure: _Departure
    ) -> dict[str, Any]:
        """Call once; see ``_call_json``. Raises what the line raises, too."""
        content = asking.question.content if asking.as_base64 else None
        try:
            with (
                self._bytes.room(len(content or b""), seconds_left=lambda: self._seconds_left(asking)),
                gate(lambda: self._depart(asking, departure)),
            ):
                return _call_json(client, asking.action.name, _parameters(asking), headers)
        except _Refusal as refusal:
            if departure.error:
                raise departure.error from None
            if refusal.code == "NoAnswerInTime" and not departure.left:  # the connection was not made in time
                raise _refusal("ClientNetworkError") from None
            raise
        finally:
            departure.over.set()

    def _depart(self, asking: _Asking, departure: _Departure) -> None:
        """Wait for the call's slot, at the last moment before its first byte."""
        try:
            seconds = self._seconds_left(asking) - _LEAST_SECONDS
            asking.probing = self._line.enter(asking.action.name, seconds=seconds, probing=asking.probing)
            if departure.cancelled:
                raise _no_time_left()
        except PermitOcrError as error:
            departure.error = error
            raise
        departure.left = True
        asking.calls += 1
        count("ProviderCalls")
        departure.over.set()

    def _seconds_left(self, asking: _Asking) -> float:
        """Return the seconds until the deadline. Raises ``RetryLater`` if they are too few for a call."""
        left = asking.deadline - self._clock()
        if left < _LEAST_SECONDS:
            raise _no_time_left()
        return left

    def _client(self, action: Action, endpoint: Endpoint, credential: Credential) -> CommonClient:
        """Return the endpoint's client.

        A new one only where the credential has changed, so that its connections are kept.
        """
        made_for, client = self._clients.get((action.kind, endpoint.host), (None, None))
        if client is None or made_for is None or _parts(made_for) != _parts(credential):
            http = HttpProfile(protocol=endpoint.scheme, endpoint=endpoint.host, reqTimeout=self._timeout)
            client = _Client(SERVICE, VERSION, credential, endpoint.region, ClientProfile(httpProfile=http))
            client.request = GatedRequests(
                endpoint.host, timeout=self._timeout, is_http=endpoint.scheme == "http", at_once=_CALLS_AT_ONCE
            )
            self._clients[action.kind, endpoint.host] = (credential, client)
        return client


def _no_time_left() -> NotNow:
    return NotNow("Deadline", "There was no time left to call the provider.", "Nothing: it is tried again by itself.")


def _parts(credential: Credential) -> tuple[str, str, str | None]:
    return credential.secret_id, credential.secret_key, credential.token


def _call_json(
    client: CommonClient, action: str, parameters: dict[str, Any], headers: dict[str, str]
) -> dict[str, Any]:
    """Call once. Raises ``_Refusal`` for whatever is not an answer; nothing else, and never a text of the provider."""
    try:
        body = client.call_json(action, parameters, headers=headers)
    except (TencentCloudSDKException, requests.RequestException) as error:
        if _has_timed_out(error):
            raise _refusal("NoAnswerInTime") from None
        if isinstance(error, requests.RequestException):
            raise _refusal("ClientNetworkError") from None
        raise _refusal(str(error.code)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        # Not JSON, or nothing like a response.
        raise _refusal("ServerNetworkError") from None
    response = body.get("Response") if isinstance(body, dict) else None
    if not isinstance(response, dict):
        raise _refusal("ServerNetworkError")
    if said := response.get("Error"):
        if not isinstance(said, dict):
            raise _refusal("ServerNetworkError")
        raise _refusal(str(said.get("Code")), _request_id(response))
    if "DeprecatedWarning" in response:
        count("ActionDeprecated", action=action)
    return response


def _has_timed_out(error: BaseException) -> bool:
    """Say whether a socket's timeout is at the bottom of ``error``: neither library has a class for just that."""
    cause: BaseException | None = error
    while cause and not isinstance(cause, TimeoutError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


def _refusal(code: str, request_id: str | None = None) -> _Refusal:
    return _Refusal(look_up(code), listed(code), request_id)


def _request_id(response: Mapping[str, Any]) -> str | None:
    """Return the endpoint's id of a call; None for what does not look like one, which may be any text."""
    said = response.get("RequestId")
    return said if isinstance(said, str) and _REQUEST_ID.fullmatch(said) else None


def _as_error(refusal: _Refusal) -> PermitOcrError:
    row = refusal.row
    match row.outcome:
        case Outcome.WAIT:
            return NotNow(refusal.code, row.meaning, row.advice, request_id=refusal.request_id)
        case Outcome.RETRY:
            return RetryLater(refusal.code, row.meaning, row.advice, request_id=refusal.request_id)
        case Outcome.REJECT:
            return RejectDocument(refusal.code, row.meaning, row.advice, request_id=refusal.request_id)
        case Outcome.STOP:
            return StopTheLine(refusal.code, row.meaning, row.advice, request_id=refusal.request_id)


def _parameters(asking: _Asking) -> dict[str, Any]:
    question = asking.question
    parameters: dict[str, Any] = {}
    if asking.as_base64:
        parameters["ImageBase64"] = base64.b64encode(question.content or b"").decode()
    else:
        parameters["ImageUrl"] = question.url
    if question.side:
        parameters["CardSide"] = question.side.upper()
    if question.return_portrait:
        parameters[asking.action.portrait_parameter] = True
    return parameters

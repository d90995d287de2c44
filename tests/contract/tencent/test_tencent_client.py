"""The OCR adapter with the official SDK over a real socket, against every response seen from the provider."""

import base64
import json
import logging
import socket
import threading
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from tencentcloud.common.credential import Credential

from permit_ocr.adapters.ocr.credentials import Credentials
from permit_ocr.adapters.ocr.endpoints import Endpoint, Endpoints
from permit_ocr.adapters.ocr.tencent_ocr import TencentOcr
from permit_ocr.application.ports import OcrRequest, OcrResponse
from permit_ocr.domain.card.answers import MainlandPermitAnswer, ResidencePermitAnswer
from permit_ocr.domain.errors import CircuitOpen, Deferred, PermitOcrError, RateLimited, RejectDocument, RetryableError
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.metrics import flush_metrics
from permit_ocr.rate_limit.circuit_breaker import CircuitAlreadyOpen
from permit_ocr.tencent.actions import ACTIONS, VERSION
from permit_ocr.tencent.error_table import ERROR_TABLE, ErrorCode, Outcome
from tests.contract.tencent.provider import CannedResponse, Provider, answer, provider, refusal

IMAGE = b"\xff\xd8\xff an image that must not be logged"
ACTION_NAMES = {action.name for action in ACTIONS.values()}
ENDS_AS = {
    Outcome.DEFER: Deferred,
    Outcome.RETRY: RetryableError,
    Outcome.REJECT: RejectDocument,
    Outcome.OPEN_CIRCUIT: CircuitOpen,
}
REQUEST = OcrRequest(kind=Kind.MAINLAND_PERMIT, side=Side.FRONT, return_portrait=False, content=IMAGE)


def ask(
    here: Provider, request: OcrRequest = REQUEST, *, timeout: float = 30.0, seconds: float = 60.0, **more: Any
) -> OcrResponse:
    return client_of(here, timeout=timeout, **more).recognize(request, deadline=time.monotonic() + seconds)


def client_of(*providers: Provider, timeout: float = 30.0, scheme: str = "http", **more: Any) -> TencentOcr:
    endpoints = [Endpoint(host=here.host, scheme=scheme) for here in providers]
    more.setdefault("credentials", lambda **_options: Credentials(Credential("AKIDtest", "secret")))
    more.setdefault("limiter", FakeLimiter())
    return TencentOcr(
        site="intl",
        endpoints=dict.fromkeys(Kind, endpoints),
        timeout_seconds=timeout,
        sleep=lambda _seconds: None,
        **more,
    )


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def written(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what was printed, with the metrics of the invocation."""
    flush_metrics()  # those of other tests, too
    return capsys.readouterr().out


@dataclass
class FakeLimiter:
    """Grants every slot without waiting, for a probe while the circuit is open, and records its calls."""

    calls: list[str] = field(default_factory=list)
    is_open: bool = False
    refuses: PermitOcrError | None = None
    known: PermitOcrError | None = None

    def acquire(self, action: str, *, seconds: float, probing: bool = False) -> bool:
        assert action in ACTION_NAMES
        assert seconds >= 0
        assert not probing or self.is_open
        if self.refuses:
            raise self.refuses
        self.calls.append("probe" if self.is_open else "call")
        return self.is_open

    def check(self, action: str, *, seconds: float, probing: bool = False) -> None:
        assert action in ACTION_NAMES
        assert seconds >= 0
        assert not probing or self.is_open
        if self.known:
            raise self.known

    def open_error(self, action: str) -> CircuitOpen | None:
        assert action in ACTION_NAMES
        return self.known if isinstance(self.known, CircuitOpen) else None

    def open_circuit(self, action: str, error: CircuitOpen) -> None:
        assert action in ACTION_NAMES
        self.calls.append(f"open {error.code}")
        self.is_open = True

    def close_circuit(self, action: str) -> None:
        assert action in ACTION_NAMES
        self.calls.append("close")
        self.is_open = False


def error_of(here: Provider, request: OcrRequest = REQUEST, **more: Any) -> PermitOcrError:
    with pytest.raises(PermitOcrError) as caught:
        ask(here, request, **more)
    assert "provider's own words" not in repr(caught.value.args) + caught.value.meaning
    return caught.value


def test_every_parameter_is_sent_under_the_api_pages_name() -> None:
    with provider(answer(IdCardNo="830000199706020042", CardType=0)) as here:
        request = OcrRequest(kind=Kind.RESIDENCE_PERMIT, side=Side.BACK, return_portrait=True, content=IMAGE)
        assert isinstance(ask(here, request).answer, ResidencePermitAnswer)
        ask(
            here,
            OcrRequest(kind=Kind.MAINLAND_PERMIT, side=None, return_portrait=True, url="https://example.com/a.jpg"),
        )
    first, second = here.requests
    assert first["json"] == {
        "ImageBase64": base64.b64encode(IMAGE).decode(),
        "CardSide": "BACK",
        "CropPortrait": True,
    }
    assert second["json"] == {"ImageUrl": "https://example.com/a.jpg", "RetProfile": True}
    assert [call["headers"]["X-TC-Action"] for call in here.requests] == [
        "HmtResidentPermitOCR",
        "MainlandPermitOCR",
    ]
    assert {call["headers"]["X-TC-Version"] for call in here.requests} == {VERSION}


def test_every_field_is_parsed_and_null_or_unknown_ones_are_tolerated() -> None:
    fields = {
        "Name": "样本",
        "Birthday": None,
        "Number": 12345678,
        "MainlandTravelPermitBackInfos": {"Type": "x", "HistoryNumber": None, "New": 1},
        "WarnCardInfos": [-9102, -9104],
        "BrandNew": {},
    }
    with provider(answer(**fields)) as here:
        result = ask(here)
    assert isinstance(result.answer, MainlandPermitAnswer)
    assert (result.answer.Name, result.answer.Birthday, result.answer.Number) == ("样本", "", "12345678")
    assert result.answer.MainlandTravelPermitBackInfos is not None
    assert result.answer.MainlandTravelPermitBackInfos.Type == "x"
    assert result.answer.WarnCardInfos == (-9102, -9104)
    assert (result.request_id, result.attempts) == ("r-1", 1)


@pytest.mark.parametrize("row", ERROR_TABLE, ids=lambda row: row.code)
def test_each_code_is_retried_and_ends_as_its_row_says(row: ErrorCode) -> None:
    code = row.code.replace(".*", ".Unlisted")
    with provider(refusal(row.code.replace(".*", ".Anything"))) as here:
        error = error_of(here)
    assert type(error) is ENDS_AS[row.outcome]
    assert (error.code, error.meaning, error.request_id) == (code, row.meaning, "r-2")
    assert len(here.requests) == 1 + row.retries


@pytest.mark.parametrize(
    ("code", "ends_as", "calls"),
    [
        ("Brand.NewCode", RetryableError, 1),
        ("FailedOperation.ImageSizeTooLarge", RejectDocument, 2),
        ("LimitExceeded.SomethingNew", RejectDocument, 1),
        ("ServiceUnavailable.ForNow", RetryableError, 3),
        ("RequestLimitExceeded.SomeOtherLimit", Deferred, 3),
        ("ResourceUnavailable.NewTrouble", CircuitOpen, 1),
    ],
)
def test_an_unknown_code_is_classified_by_its_family(code: str, ends_as: type[PermitOcrError], calls: int) -> None:
    with provider(refusal(code)) as here:
        error = error_of(here)
    assert type(error) is ends_as
    assert len(here.requests) == calls


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"WarnCardInfos": [-9102, None]}, None),
        ({"WarnCardInfos": [""]}, None),
        ({"WarnCardInfos": ["-9102"]}, (-9102,)),
        ({"WarnCardInfos": []}, ()),
    ],
)
def test_unreadable_warning_codes_count_as_not_checked(
    fields: dict[str, Any], expected: tuple[int, ...] | None
) -> None:
    with provider(answer(Number="H12345678", **fields)) as here:
        assert ask(here).answer.WarnCardInfos == expected


def test_only_other_readers_are_asked_for_confidences(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with provider(answer(Number="H12345678", FieldConfidences={"Number": 0.93, "Nonsense": 1})) as here:
        assert ask(here).report.confidences == {"Number": 0.93}
        monkeypatch.setattr("permit_ocr.adapters.ocr.tencent_ocr.is_provider_host", lambda _host: True)
        ask(here)
    assert [call["headers"].get("X-Permit-Ocr-Confidence") for call in here.requests] == ["fields", None]


def test_odd_values_are_tolerated() -> None:
    odd = {
        "CardType": "",
        "Name": "\ud83d",
        "PortraitImageInfo": {"ImageCoordinates": {"X": "1.5", "Y": None, "Width": "wide"}},
    }
    with provider(answer(**odd)) as here:
        read = ask(here, OcrRequest(kind=Kind.RESIDENCE_PERMIT, side=None, return_portrait=False, content=IMAGE)).answer
    assert isinstance(read, ResidencePermitAnswer)
    assert (read.CardType, read.Name) == (0, "?")
    assert read.PortraitImageInfo is not None
    assert read.PortraitImageInfo.ImageCoordinates.X == 1


@pytest.mark.parametrize(
    ("code", "logged_code"),
    [
        ("830000199706020042 is the number", "Unlisted"),
        ("H12345678", "Unlisted"),
        ("ChanTaiMan.H12345678", "Unlisted"),
        ("FailedOperation.ChanTaiMan", "FailedOperation.Unlisted"),
        ("AuthFailure.H12345678", "AuthFailure.Unlisted"),
    ],
)
def test_only_the_family_of_an_unlisted_code_is_repeated(
    code: str, logged_code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with provider(refusal(code)) as here:
        assert error_of(here).code == logged_code
    assert {record.__dict__["code"] for record in caplog.records if record.msg == "ocr_call_failed"} == {logged_code}


@pytest.mark.parametrize("request_id", ["ChanTaiMan H12345678", "陈样本", "0" * 65, "", 12, None, ["H12345678"]])
def test_text_that_is_no_request_id_is_not_repeated(request_id: Any) -> None:
    refused = {"Response": {"Error": {"Code": "FailedOperation.ImageBlur", "Message": ""}, "RequestId": request_id}}
    answered = {"Response": {"Number": "H12345678", "RequestId": request_id}}
    with provider(CannedResponse(refused), CannedResponse(answered)) as here:
        assert error_of(here).request_id is None
        assert ask(here).request_id == ""


def test_unparsable_headers_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as request:
            connection.sendall(b"HTTP/1.1 502 Bad\r\nConnection: close\r\nChanTaiMan H12345678\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            request.read()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        here = Provider([], host=f"127.0.0.1:{listener.getsockname()[1]}")
        assert error_of(here).code == "ServerNetworkError"
    assert "ChanTaiMan" not in caplog.text


def test_an_error_with_a_charset_in_its_content_type_is_recognised() -> None:
    with provider(refusal("FailedOperation.ImageBlur", content_type="application/json; charset=utf-8")) as here:
        assert isinstance(error_of(here), RejectDocument)


def test_a_success_after_a_failure_counts_both_attempts() -> None:
    with provider(refusal("InternalError"), answer(Number="H12345678")) as here:
        result = ask(here)
    assert isinstance(result.answer, MainlandPermitAnswer)
    assert (result.answer.Number, result.attempts) == ("H12345678", 2)


@pytest.mark.parametrize("noticed_by", ["the caller", "the connection"])
@pytest.mark.parametrize("response", [CannedResponse("", delay_seconds=600), CannedResponse("x" * 1200, trickle=True)])
def test_a_call_without_an_answer_in_time_is_left_to_the_queue(response: CannedResponse, noticed_by: str) -> None:
    """It may be charged: the provider is working on it, and each further call is charged again."""
    with provider(response) as here:
        client = client_of(here, timeout=0.4)
        if noticed_by == "the connection":
            client._calls._timeout = 60.0
        with pytest.raises(RetryableError, match="NoAnswerInTime"):
            client.recognize(REQUEST, deadline=time.monotonic() + 60)
    assert len(here.requests) == 1


def test_a_call_that_could_not_connect_in_time_is_retried_at_once() -> None:
    limiter = FakeLimiter()
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(3)]  # they fill the backlog, and nobody accepts them
        for one in waiting:
            one.setblocking(False)  # noqa: FBT003  the socket's own signature
            one.connect_ex(address)
        client = client_of(Provider([], host=f"127.0.0.1:{address[1]}"), timeout=0.4, limiter=limiter)
        with pytest.raises(RetryableError, match="ClientNetworkError"):
            client.recognize(REQUEST, deadline=time.monotonic() + 60)
        for one in waiting:
            one.close()
    assert limiter.calls == ["call"] * 3


@pytest.mark.parametrize("response", [CannedResponse("", delay_seconds=600), CannedResponse("x" * 1200, trickle=True)])
def test_the_deadline_holds_if_the_server_hangs_or_trickles(response: CannedResponse) -> None:
    """The server takes ten minutes. A busy machine may exceed the three seconds somewhat."""
    with provider(response) as here:
        began = time.monotonic()
        assert isinstance(error_of(here, timeout=1.5, seconds=3.0), RetryableError)
        assert time.monotonic() - began < 60


def test_without_time_left_no_call_is_made() -> None:
    with provider(answer()) as here:
        assert type(error_of(here, seconds=0.5)) is Deferred
    assert here.requests == []


def test_an_image_that_cannot_be_downloaded_is_sent_as_base64() -> None:
    request = OcrRequest(
        kind=Kind.MAINLAND_PERMIT, side=None, return_portrait=False, content=IMAGE, url="https://example.com/a.jpg"
    )
    failed = refusal("FailedOperation.DownLoadError")
    with provider(failed, failed, answer(Number="H12345678")) as here:
        assert ask(here, request).attempts == 3
    assert [sorted(call["json"]) for call in here.requests] == [["ImageUrl"], ["ImageUrl"], ["ImageBase64"]]


def test_refused_credentials_are_read_again_before_the_circuit_opens() -> None:
    asked: list[bool] = []

    def credentials(*, refresh: bool) -> Credentials:
        asked.append(refresh)
        return Credentials(Credential("AKIDnew" if True in asked else "AKIDold", "secret"))

    with provider(refusal("AuthFailure.SecretIdNotFound"), answer(Number="H12345678")) as here:
        assert ask(here, credentials=credentials).attempts == 2
    assert asked == [False, True, False]
    assert "AKIDnew" in here.requests[1]["headers"]["Authorization"]


def test_an_unchanged_credential_is_not_tried_twice() -> None:
    limiter = FakeLimiter()
    with provider(refusal("AuthFailure.SecretIdNotFound")) as here:
        assert isinstance(error_of(here, limiter=limiter), CircuitOpen)
    assert limiter.calls == ["call", "open AuthFailure.SecretIdNotFound"]


def test_every_call_takes_a_slot() -> None:
    limiter = FakeLimiter()
    with provider(refusal("InternalError"), refusal("RequestLimitExceeded"), answer(Number="H12345678")) as here:
        assert ask(here, limiter=limiter).attempts == 3
    assert limiter.calls == ["call", "call", "call"]


@pytest.mark.parametrize("known", [RateLimited(after_seconds=1.5), CircuitAlreadyOpen("ResourceUnavailable.InArrears")])
def test_no_connection_is_opened_if_no_slot_is_known_to_be_free(known: PermitOcrError) -> None:
    limiter = FakeLimiter(known=known)
    with provider(answer()) as here:
        pass  # a connection would be refused, which would be another error
    assert error_of(here, limiter=limiter) is known
    assert limiter.calls == []


def test_open_circuits_are_reported_by_kind() -> None:
    with provider(answer()) as here:
        assert client_of(here).open_circuits() == {}
        error = CircuitAlreadyOpen("ResourceUnavailable.InArrears")
        assert client_of(here, limiter=FakeLimiter(known=error)).open_circuits() == dict.fromkeys(Kind, error)


def test_the_image_is_encoded_before_the_slot_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    class Watching(FakeLimiter):
        def acquire(self, action: str, *, seconds: float, probing: bool = False) -> bool:
            steps.append("slot")
            return super().acquire(action, seconds=seconds, probing=probing)

    def encode(content: bytes) -> bytes:
        steps.append("encoded")
        return base64.b64encode(content)

    monkeypatch.setattr("permit_ocr.adapters.ocr.calls.b64encode", encode)
    with provider(answer(Number="1")) as here:
        ask(here, limiter=Watching())
    assert steps == ["encoded", "slot"]


def test_an_idle_connection_that_the_server_closed_costs_no_call() -> None:
    class SlowSecondSlot(FakeLimiter):
        def acquire(self, action: str, *, seconds: float, probing: bool = False) -> bool:
            time.sleep(2.5 if self.calls else 0.0)
            return super().acquire(action, seconds=seconds, probing=probing)

    limiter = SlowSecondSlot()
    with provider(answer(Number="1"), idle_seconds=1.5) as here:
        client = client_of(here, limiter=limiter)
        for _ in range(2):
            assert client.recognize(REQUEST, deadline=time.monotonic() + 60).attempts == 1
    assert limiter.calls == ["call", "call"]


def test_connections_that_were_idle_are_replaced() -> None:
    clock = Clock()
    endpoint = Endpoint(host="ocr.example", scheme="https")
    credential = Credential("AKIDtest", "secret")
    endpoints = Endpoints(
        {Kind.MAINLAND_PERMIT: [endpoint]},
        credentials=lambda **_options: Credentials(credential),
        timeout_seconds=10,
        clock=clock,
    )

    def connections() -> object:
        return endpoints.client(Kind.MAINLAND_PERMIT, endpoint, credential).exchange.connections

    first = connections()
    clock.seconds += 2.4
    assert connections() is first
    clock.seconds += 2.6
    assert connections() is not first


def test_without_a_slot_no_call_is_made() -> None:
    with provider(answer()) as here:
        assert isinstance(error_of(here, limiter=FakeLimiter(refuses=RateLimited(after_seconds=1.5))), RateLimited)
    assert here.requests == []


@pytest.mark.parametrize("probe_result", [answer(Number="H12345678"), refusal("FailedOperation.ImageBlur")])
def test_an_account_error_opens_the_circuit_and_a_probe_closes_it(probe_result: CannedResponse) -> None:
    limiter = FakeLimiter()
    with provider(refusal("ResourceUnavailable.InArrears"), refusal("InternalError"), probe_result) as here:
        client = client_of(here, limiter=limiter)
        with pytest.raises(CircuitOpen):
            client.recognize(REQUEST, deadline=time.monotonic() + 60)
        with suppress(RejectDocument):
            client.recognize(REQUEST, deadline=time.monotonic() + 60)
    assert limiter.calls == ["call", "open ResourceUnavailable.InArrears", "probe", "probe", "close"]


def test_a_failed_probe_leaves_the_circuit_open() -> None:
    limiter = FakeLimiter(is_open=True)
    with provider(refusal("ServiceUnavailable")) as here:
        assert isinstance(error_of(here, limiter=limiter), RetryableError)
    assert limiter.calls == ["probe"] * 3


def test_an_open_circuit_is_not_opened_again(capsys: pytest.CaptureFixture[str]) -> None:
    limiter = FakeLimiter(refuses=CircuitAlreadyOpen("ResourceUnavailable.InArrears"))
    with provider(answer()) as here:
        assert error_of(here, limiter=limiter).code == "ResourceUnavailable.InArrears"
    assert (here.requests, limiter.calls) == ([], [])
    metrics = [json.loads(line) for line in written(capsys).splitlines()]
    (metric,) = [line for line in metrics if "CircuitOpen" in line and line["action"] == "MainlandPermitOCR"]
    assert metric["CircuitOpen"][-1] == 1.0


@pytest.mark.parametrize("code", ["InvalidAction", "ActionOffline"])
def test_the_next_endpoint_takes_over_a_withdrawn_action(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    with provider(refusal(code)) as first, provider(answer(Number="H12345678")) as second:
        client = client_of(first, second, clock=lambda: now[0])
        result = client.recognize(REQUEST, deadline=60)
        assert (result.endpoint, result.attempts, result.fallback) == (second.host, 2, True)
        assert client.recognize(REQUEST, deadline=60).attempts == 1, "the first is skipped for five minutes"
        assert len(first.requests) == 1
        now[0] += 301
        assert client.recognize(REQUEST, deadline=1000).attempts == 2, "and then tried again"
        first.responses[0] = answer(Number="H12345678")
        now[0] += 301
        assert client.recognize(REQUEST, deadline=1000).fallback is False, "it is back"
    (metric,) = [json.loads(line) for line in written(capsys).splitlines() if "ActionWithdrawn" in line]
    assert (metric["action"], metric["ActionWithdrawn"]) == ("MainlandPermitOCR", [1, 1])


def test_the_circuit_opens_if_every_endpoint_withdrew_the_action() -> None:
    limiter = FakeLimiter()
    with provider(refusal("ActionOffline")) as first, provider(refusal("InvalidAction")) as second:
        client = client_of(first, second, limiter=limiter)
        for _ in range(2):  # the probe asks both again: either may be back
            with pytest.raises(CircuitOpen, match="InvalidAction"):
                client.recognize(REQUEST, deadline=time.monotonic() + 60)
        assert (len(first.requests), len(second.requests)) == (2, 2)
    assert limiter.calls == ["call", "call", "open InvalidAction", "probe", "probe", "open InvalidAction"]


def test_other_failures_do_not_move_on_to_the_next_endpoint() -> None:
    with provider(refusal("InternalError")) as first, provider(answer()) as second:
        with pytest.raises(RetryableError):
            client_of(first, second).recognize(REQUEST, deadline=time.monotonic() + 60)
        assert second.requests == []


def test_each_endpoint_gets_its_own_credential() -> None:
    with provider(refusal("ActionOffline")) as first, provider(answer(Number="H12345678")) as second:
        own = {second.host: Credential("AKIDsecond", "secret")}
        credentials = Credentials(Credential("AKIDfirst", "secret"), own)
        client_of(first, second, credentials=lambda **_options: credentials).recognize(
            REQUEST, deadline=time.monotonic() + 60
        )
    assert "AKIDfirst" in first.requests[0]["headers"]["Authorization"]
    assert "AKIDsecond" in second.requests[0]["headers"]["Authorization"]


def test_a_deprecated_action_still_answers_without_a_warning() -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with provider(answer(Number="H12345678", DeprecatedWarning="soon gone")) as here:
            assert ask(here).attempts == 1
    assert not [one for one in warned if "soon gone" in str(one.message)], "it would be logged"


def test_no_logger_prints_a_body_at_any_level(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("tencentcloud_sdk_common").setLevel(logging.DEBUG)
    with provider(answer(Name="陈样本", IdCardNo="830000199706020042")) as here, suppress(PermitOcrError):
        ask(here)
    printed = caplog.text + "".join(capsys.readouterr())
    for secret in (base64.b64encode(IMAGE).decode()[:20], "830000199706020042", "陈样本", "Signature="):
        assert secret not in printed

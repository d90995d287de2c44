"""Our client of the provider: the official SDK over a real socket, against all the provider has been seen to say."""

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
from permit_ocr.observability import flush_metrics
from permit_ocr.rate_limit.circuit_breaker import CircuitAlreadyOpen
from permit_ocr.tencent.actions import ACTIONS, VERSION
from permit_ocr.tencent.error_table import ERROR_TABLE, ErrorCode, Outcome
from tests.contract.provider import Provider, Saying, answer, provider, refusal

IMAGE = b"\xff\xd8\xff an image nobody may see in a log"
ACTION_NAMES = {action.name for action in ACTIONS.values()}
ENDS_AS = {
    Outcome.WAIT: Deferred,
    Outcome.RETRY: RetryableError,
    Outcome.REJECT: RejectDocument,
    Outcome.STOP: CircuitOpen,
}
QUESTION = OcrRequest(kind=Kind.MAINLAND_PERMIT, side=Side.FRONT, return_portrait=False, content=IMAGE)


def ask(
    here: Provider, question: OcrRequest = QUESTION, *, timeout: float = 30.0, seconds: float = 60.0, **more: Any
) -> OcrResponse:
    return client_of(here, timeout=timeout, **more).recognize(question, deadline=time.monotonic() + seconds)


def client_of(*providers: Provider, timeout: float = 30.0, scheme: str = "http", **more: Any) -> TencentOcr:
    endpoints = [Endpoint(host=here.host, region="", scheme=scheme) for here in providers]
    more.setdefault("credentials", lambda **_asked: Credentials(Credential("AKIDtest", "secret")))
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
    flush_metrics()
    return capsys.readouterr().out


@dataclass
class FakeLimiter:
    """Lets every call through at once, as a probe while it is stopped, and remembers what it was told."""

    told: list[str] = field(default_factory=list)
    stopped: bool = False
    refuses: PermitOcrError | None = None
    known: PermitOcrError | None = None

    def acquire(self, action: str, *, seconds: float, probing: bool = False) -> bool:
        assert action in ACTION_NAMES
        assert seconds >= 0
        assert not probing or self.stopped
        if self.refuses:
            raise self.refuses
        self.told.append("probe" if self.stopped else "call")
        return self.stopped

    def check(self, action: str, *, seconds: float, probing: bool = False) -> None:
        assert action in ACTION_NAMES
        assert seconds >= 0
        assert not probing or self.stopped
        if self.known:
            raise self.known

    def open_error(self, action: str) -> CircuitOpen | None:
        assert action in ACTION_NAMES
        return self.known if isinstance(self.known, CircuitOpen) else None

    def open_circuit(self, action: str, error: CircuitOpen) -> None:
        assert action in ACTION_NAMES
        self.told.append(f"stop {error.code}")
        self.stopped = True

    def close_circuit(self, action: str) -> None:
        assert action in ACTION_NAMES
        self.told.append("resume")
        self.stopped = False


def error_of(here: Provider, question: OcrRequest = QUESTION, **more: Any) -> PermitOcrError:
    with pytest.raises(PermitOcrError) as caught:
        ask(here, question, **more)
    assert "provider's own words" not in repr(caught.value.args) + caught.value.meaning
    return caught.value


def test_every_parameter_is_sent_by_its_name_on_the_api_page() -> None:
    with provider(answer(IdCardNo="830000199706020042", CardType=0)) as here:
        question = OcrRequest(kind=Kind.RESIDENCE_PERMIT, side=Side.BACK, return_portrait=True, content=IMAGE)
        assert isinstance(ask(here, question).answer, ResidencePermitAnswer)
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
    assert [request["headers"]["X-TC-Action"] for request in here.requests] == [
        "HmtResidentPermitOCR",
        "MainlandPermitOCR",
    ]
    assert {request["headers"]["X-TC-Version"] for request in here.requests} == {VERSION}


def test_every_field_is_read_and_a_null_or_unknown_one_is_tolerated() -> None:
    said = {
        "Name": "样本",
        "Birthday": None,
        "Number": 12345678,
        "MainlandTravelPermitBackInfos": {"Type": "x", "HistoryNumber": None, "New": 1},
        "WarnCardInfos": [-9102, -9104],
        "BrandNew": {},
    }
    with provider(answer(**said)) as here:
        reply = ask(here)
    assert isinstance(reply.answer, MainlandPermitAnswer)
    assert (reply.answer.Name, reply.answer.Birthday, reply.answer.Number) == ("样本", "", "12345678")
    assert reply.answer.MainlandTravelPermitBackInfos is not None
    assert reply.answer.MainlandTravelPermitBackInfos.Type == "x"
    assert reply.answer.WarnCardInfos == (-9102, -9104)
    assert (reply.request_id, reply.attempts) == ("r-1", 1)


@pytest.mark.parametrize("row", ERROR_TABLE, ids=lambda row: row.code)
def test_each_code_is_called_again_and_ends_as_its_row_says(row: ErrorCode) -> None:
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
def test_a_code_nobody_knows_is_judged_by_its_family_and_never_stops_the_line_by_itself(
    code: str, ends_as: type[PermitOcrError], calls: int
) -> None:
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
def test_warning_codes_that_cannot_be_read_are_not_checked_rather_than_clear(
    fields: dict[str, Any], expected: tuple[int, ...] | None
) -> None:
    with provider(answer(Number="H12345678", **fields)) as here:
        assert ask(here).answer.WarnCardInfos == expected


def test_a_reader_that_is_not_the_providers_is_asked_how_sure_it_is_and_the_provider_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with provider(answer(Number="H12345678", FieldConfidences={"Number": 0.93, "Nonsense": 1})) as here:
        assert ask(here).confidences == {"Number": 0.93}
        monkeypatch.setattr("permit_ocr.adapters.ocr.tencent_ocr.is_provider_host", lambda _host: True)
        ask(here)
    assert [request["headers"].get("X-Permit-Ocr-Confidence") for request in here.requests] == ["fields", None]


def test_odd_values_are_an_answer_all_the_same() -> None:
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
    ("said", "code"),
    [
        ("830000199706020042 is the number", "Unlisted"),
        ("H12345678", "Unlisted"),
        ("ChanTaiMan.H12345678", "Unlisted"),
        ("FailedOperation.ChanTaiMan", "FailedOperation.Unlisted"),
        ("AuthFailure.H12345678", "AuthFailure.Unlisted"),
    ],
)
def test_of_a_code_that_is_not_listed_nothing_is_repeated_but_its_family(
    said: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with provider(refusal(said)) as here:
        assert error_of(here).code == code
    assert {record.__dict__["code"] for record in caplog.records if record.msg == "ocr_call_failed"} == {code}


@pytest.mark.parametrize("said", ["ChanTaiMan H12345678", "陈样本", "0" * 65, "", 12, None, ["H12345678"]])
def test_a_request_id_that_is_none_is_not_repeated(said: Any) -> None:
    refused = {"Response": {"Error": {"Code": "FailedOperation.ImageBlur", "Message": ""}, "RequestId": said}}
    answered = {"Response": {"Number": "H12345678", "RequestId": said}}
    with provider(Saying(refused), Saying(answered)) as here:
        assert error_of(here).request_id is None
        assert ask(here).request_id == ""


def test_headers_that_cannot_be_read_are_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    def serve() -> None:
        for _ in range(3):  # as often as it is tried
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


def test_an_error_with_a_charset_in_its_content_type_is_seen() -> None:
    with provider(refusal("FailedOperation.ImageBlur", content_type="application/json; charset=utf-8")) as here:
        assert isinstance(error_of(here), RejectDocument)


@pytest.mark.parametrize(
    ("saying", "code"),
    [
        (Saying("<html>maintenance</html>", content_type="text/html"), "ServerNetworkError"),
        (Saying("<html>bad gateway</html>", status=502, content_type="text/html"), "ServerNetworkError"),
        (Saying("{not json"), "ServerNetworkError"),
        (Saying("[]"), "ServerNetworkError"),
        (Saying({"Answer": {}}), "ServerNetworkError"),
        (Saying({"Response": None}), "ServerNetworkError"),
        (Saying({"Response": {"Error": {"Code": "InternalError", "Message": "no request id"}}}), "InternalError"),
        (Saying({"Response": {"Error": "InternalError"}}), "ServerNetworkError"),
        (Saying({"Response": {"Name": "x" * 5000, "RequestId": "r"}}, cut_after=100), "ClientNetworkError"),
    ],
)
def test_what_is_not_the_protocol_is_tried_three_times_and_then_later(saying: Saying, code: str) -> None:
    with provider(saying) as here:
        error = error_of(here)
    assert isinstance(error, RetryableError)
    assert error.code == code
    assert len(here.requests) == 3


def test_a_success_after_a_failure_is_the_answer_and_counts_its_attempts() -> None:
    with provider(refusal("InternalError"), answer(Number="H12345678")) as here:
        reply = ask(here)
    assert isinstance(reply.answer, MainlandPermitAnswer)
    assert (reply.answer.Number, reply.attempts) == ("H12345678", 2)


def test_nobody_listening_is_tried_later() -> None:
    with provider(answer()) as here:
        pass
    assert error_of(here).code == "ClientNetworkError"


@pytest.mark.parametrize("noticed_by", ["us", "the SDK"])
@pytest.mark.parametrize("saying", [Saying("", delay_seconds=600), Saying("x" * 1200, trickle=True)])
def test_a_call_that_was_not_answered_in_time_is_left_to_the_queue(saying: Saying, noticed_by: str) -> None:
    """It may be paid for: the provider is reading, and would read the image once more for every call."""
    with provider(saying) as here:
        client = client_of(here, timeout=0.4)
        if noticed_by == "the SDK":
            client._calls._timeout = 60.0
        with pytest.raises(RetryableError, match="NoAnswerInTime"):
            client.recognize(QUESTION, deadline=time.monotonic() + 60)
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
            client.recognize(QUESTION, deadline=time.monotonic() + 60)
        for one in waiting:
            one.close()
    assert limiter.told == ["call"] * 3


def test_a_tls_handshake_that_times_out_is_left_to_the_queue() -> None:
    """The SDK does not tell it from a request without an answer, which may have been charged."""
    limiter = FakeLimiter()
    with socket.create_server(("127.0.0.1", 0)) as listener:  # accepts connections, and says nothing
        here = Provider([], host=f"127.0.0.1:{listener.getsockname()[1]}")
        client = client_of(here, timeout=0.4, scheme="https", limiter=limiter)
        with pytest.raises(RetryableError, match="NoAnswerInTime"):
            client.recognize(QUESTION, deadline=time.monotonic() + 60)
    assert limiter.told == ["call"]


@pytest.mark.parametrize("saying", [Saying("", delay_seconds=600), Saying("x" * 1200, trickle=True)])
def test_the_deadline_holds_against_a_server_that_hangs_or_trickles(saying: Saying) -> None:
    """The server takes ten minutes. How exactly the three seconds are kept is the machine's affair, too."""
    with provider(saying) as here:
        began = time.monotonic()
        assert isinstance(error_of(here, timeout=1.5, seconds=3.0), RetryableError)
        assert time.monotonic() - began < 60


def test_without_time_left_nothing_is_called() -> None:
    with provider(answer()) as here:
        assert type(error_of(here, seconds=0.5)) is Deferred
    assert here.requests == []


def test_an_address_that_cannot_be_downloaded_is_sent_as_base64_in_the_end() -> None:
    question = OcrRequest(
        kind=Kind.MAINLAND_PERMIT, side=None, return_portrait=False, content=IMAGE, url="https://example.com/a.jpg"
    )
    failed = refusal("FailedOperation.DownLoadError")
    with provider(failed, failed, answer(Number="H12345678")) as here:
        assert ask(here, question).attempts == 3
    assert [sorted(request["json"]) for request in here.requests] == [["ImageUrl"], ["ImageUrl"], ["ImageBase64"]]


def test_refused_credentials_are_read_anew_once_before_the_line_stops() -> None:
    asked: list[bool] = []

    def credentials(*, again: bool) -> Credentials:
        asked.append(again)
        return Credentials(Credential("AKIDnew" if True in asked else "AKIDold", "secret"))

    with provider(refusal("AuthFailure.SecretIdNotFound"), answer(Number="H12345678")) as here:
        assert ask(here, credentials=credentials).attempts == 2
    assert asked == [False, True, False]
    assert "AKIDnew" in here.requests[1]["headers"]["Authorization"]


def test_a_credential_that_has_not_changed_is_not_refused_twice() -> None:
    limiter = FakeLimiter()
    with provider(refusal("AuthFailure.SecretIdNotFound")) as here:
        assert isinstance(error_of(here, limiter=limiter), CircuitOpen)
    assert limiter.told == ["call", "stop AuthFailure.SecretIdNotFound"]


def test_every_call_of_a_question_takes_a_slot_of_its_own() -> None:
    limiter = FakeLimiter()
    with provider(refusal("InternalError"), refusal("RequestLimitExceeded"), answer(Number="H12345678")) as here:
        assert ask(here, limiter=limiter).attempts == 3
    assert limiter.told == ["call", "call", "call"]


@pytest.mark.parametrize("known", [RateLimited(after_seconds=1.5), CircuitAlreadyOpen("ResourceUnavailable.InArrears")])
def test_where_it_is_known_that_there_is_no_slot_not_even_a_connection_is_opened(known: PermitOcrError) -> None:
    limiter = FakeLimiter(known=known)
    with provider(answer()) as here:
        pass  # a connection would be refused, which would be another error
    assert error_of(here, limiter=limiter) is known
    assert limiter.told == []


def test_what_is_known_to_be_stopped_is_told_by_kind() -> None:
    with provider(answer()) as here:
        assert client_of(here).open_circuits() == {}
        stopped = CircuitAlreadyOpen("ResourceUnavailable.InArrears")
        assert client_of(here, limiter=FakeLimiter(known=stopped)).open_circuits() == dict.fromkeys(Kind, stopped)


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
            time.sleep(2.5 if self.told else 0.0)
            return super().acquire(action, seconds=seconds, probing=probing)

    limiter = SlowSecondSlot()
    with provider(answer(Number="1"), idle_seconds=1.5) as here:
        client = client_of(here, limiter=limiter)
        for _ in range(2):
            assert client.recognize(QUESTION, deadline=time.monotonic() + 60).attempts == 1
    assert limiter.told == ["call", "call"]


def test_a_client_that_was_idle_is_replaced_with_its_connections() -> None:
    clock = Clock()
    endpoint = Endpoint(host="ocr.example", region="", scheme="https")
    credential = Credential("AKIDtest", "secret")
    endpoints = Endpoints(
        {Kind.MAINLAND_PERMIT: [endpoint]},
        credentials=lambda **_asked: Credentials(credential),
        timeout_seconds=10,
        clock=clock,
    )
    first = endpoints.client(Kind.MAINLAND_PERMIT, endpoint, credential)
    clock.seconds += 2.4
    assert endpoints.client(Kind.MAINLAND_PERMIT, endpoint, credential) is first
    clock.seconds += 2.6
    assert endpoints.client(Kind.MAINLAND_PERMIT, endpoint, credential) is not first


def test_without_a_slot_nothing_is_called() -> None:
    with provider(answer()) as here:
        assert isinstance(error_of(here, limiter=FakeLimiter(refuses=RateLimited(after_seconds=1.5))), RateLimited)
    assert here.requests == []


@pytest.mark.parametrize("says", [answer(Number="H12345678"), refusal("FailedOperation.ImageBlur")])
def test_account_trouble_stops_the_line_and_whatever_a_probe_is_told_of_its_document_resumes_it(says: Saying) -> None:
    limiter = FakeLimiter()
    with provider(refusal("ResourceUnavailable.InArrears"), refusal("InternalError"), says) as here:
        client = client_of(here, limiter=limiter)
        with pytest.raises(CircuitOpen):
            client.recognize(QUESTION, deadline=time.monotonic() + 60)
        with suppress(RejectDocument):
            client.recognize(QUESTION, deadline=time.monotonic() + 60)
    assert limiter.told == ["call", "stop ResourceUnavailable.InArrears", "probe", "probe", "resume"]


def test_a_probe_that_tells_nothing_of_the_account_leaves_the_line_as_it_is() -> None:
    limiter = FakeLimiter(stopped=True)
    with provider(refusal("ServiceUnavailable")) as here:
        assert isinstance(error_of(here, limiter=limiter), RetryableError)
    assert limiter.told == ["probe"] * 3


def test_a_line_that_stands_is_not_stopped_again(capsys: pytest.CaptureFixture[str]) -> None:
    limiter = FakeLimiter(refuses=CircuitAlreadyOpen("ResourceUnavailable.InArrears"))
    with provider(answer()) as here:
        assert error_of(here, limiter=limiter).code == "ResourceUnavailable.InArrears"
    assert (here.requests, limiter.told) == ([], [])
    assert "CircuitOpened" in written(capsys)


@pytest.mark.parametrize("code", ["InvalidAction", "ActionOffline"])
def test_the_next_endpoint_takes_over_where_the_action_was_withdrawn(
    code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    with provider(refusal(code)) as first, provider(answer(Number="H12345678")) as second:
        client = client_of(first, second, clock=lambda: now[0])
        reply = client.recognize(QUESTION, deadline=60)
        assert (reply.endpoint, reply.attempts, reply.fallback) == (second.host, 2, True)
        assert client.recognize(QUESTION, deadline=60).attempts == 1, "the first is passed over for five minutes"
        assert len(first.requests) == 1
        now[0] += 301
        assert client.recognize(QUESTION, deadline=1000).attempts == 2, "and then asked again"
        first.says[0] = answer(Number="H12345678")
        now[0] += 301
        assert client.recognize(QUESTION, deadline=1000).fallback is False, "it is back"
    (metric,) = [json.loads(line) for line in written(capsys).splitlines() if "ActionWithdrawn" in line]
    assert (metric["action"], metric["ActionWithdrawn"]) == ("MainlandPermitOCR", [1, 1])


def test_only_when_the_last_endpoint_has_withdrawn_the_action_the_line_stops() -> None:
    limiter = FakeLimiter()
    with provider(refusal("ActionOffline")) as first, provider(refusal("InvalidAction")) as second:
        client = client_of(first, second, limiter=limiter)
        for _ in range(2):  # the probe asks both again: either may be back
            with pytest.raises(CircuitOpen, match="InvalidAction"):
                client.recognize(QUESTION, deadline=time.monotonic() + 60)
        assert (len(first.requests), len(second.requests)) == (2, 2)
    assert limiter.told == ["call", "call", "stop InvalidAction", "probe", "probe", "stop InvalidAction"]


def test_an_endpoint_that_fails_otherwise_is_not_left_for_the_next() -> None:
    with provider(refusal("InternalError")) as first, provider(answer()) as second:
        with pytest.raises(RetryableError):
            client_of(first, second).recognize(QUESTION, deadline=time.monotonic() + 60)
        assert second.requests == []


def test_each_endpoint_gets_its_own_credential() -> None:
    with provider(refusal("ActionOffline")) as first, provider(answer(Number="H12345678")) as second:
        own = {second.host: Credential("AKIDsecond", "secret")}
        credentials = Credentials(Credential("AKIDfirst", "secret"), own)
        client_of(first, second, credentials=lambda **_asked: credentials).recognize(
            QUESTION, deadline=time.monotonic() + 60
        )
    assert "AKIDfirst" in first.requests[0]["headers"]["Authorization"]
    assert "AKIDsecond" in second.requests[0]["headers"]["Authorization"]


def test_a_deprecated_action_answers_and_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with provider(answer(Number="H12345678", DeprecatedWarning="soon gone")) as here:
            assert ask(here).attempts == 1
    assert "ActionDeprecated" in written(capsys)
    assert not [one for one in warned if "soon gone" in str(one.message)], "that would be in the log"


def test_no_logger_at_any_level_prints_a_body(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("tencentcloud_sdk_common").setLevel(logging.DEBUG)
    with provider(answer(Name="陈样本", IdCardNo="830000199706020042")) as here, suppress(PermitOcrError):
        ask(here)
    printed = caplog.text + "".join(capsys.readouterr())
    for secret in (base64.b64encode(IMAGE).decode()[:20], "830000199706020042", "陈样本", "Signature="):
        assert secret not in printed

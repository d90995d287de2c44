"""Which calls are made: the slot and the circuit of each, and the endpoint and the credential that it goes to."""

import base64
import json
import time
from contextlib import suppress

import pytest
from tencentcloud.common.credential import Credential

from permit_ocr.adapters.ocr.credentials import Credentials
from permit_ocr.domain.errors import CircuitOpen, PermitOcrError, RateLimited, RejectDocument, RetryableError
from permit_ocr.domain.permits import Kind
from permit_ocr.metrics import flush_metrics
from permit_ocr.rate_limit.circuit_breaker import CircuitAlreadyOpen
from tests.contract.tencent.client import REQUEST, FakeLimiter, ask, client_of, error_of
from tests.contract.tencent.provider import CannedResponse, answer, provider, refusal


def written(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what was printed, with the metrics of the invocation."""
    flush_metrics()  # those of other tests, too
    return capsys.readouterr().out


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

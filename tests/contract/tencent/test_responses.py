"""Every response seen from the provider: what the client returns or raises, and what it logs."""

import base64
import logging
import socket
import threading
import warnings
from contextlib import suppress
from typing import Any

import pytest

from permit_ocr.application.ports import OcrRequest
from permit_ocr.domain.card.answers import MainlandPermitAnswer, ResidencePermitAnswer
from permit_ocr.domain.errors import CircuitOpen, Deferred, PermitOcrError, RejectDocument, RetryableError
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.tencent.actions import VERSION
from permit_ocr.tencent.error_table import ERROR_TABLE, ErrorCode, Outcome
from tests.contract.tencent.client import IMAGE, ask, error_of
from tests.contract.tencent.provider import CannedResponse, Provider, answer, provider, refusal

ENDS_AS = {
    Outcome.DEFER: Deferred,
    Outcome.RETRY: RetryableError,
    Outcome.REJECT: RejectDocument,
    Outcome.OPEN_CIRCUIT: CircuitOpen,
}


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


def test_an_image_that_cannot_be_downloaded_is_sent_as_base64() -> None:
    request = OcrRequest(
        kind=Kind.MAINLAND_PERMIT, side=None, return_portrait=False, content=IMAGE, url="https://example.com/a.jpg"
    )
    failed = refusal("FailedOperation.DownLoadError")
    with provider(failed, failed, answer(Number="H12345678")) as here:
        assert ask(here, request).attempts == 3
    assert [sorted(call["json"]) for call in here.requests] == [["ImageUrl"], ["ImageUrl"], ["ImageBase64"]]


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

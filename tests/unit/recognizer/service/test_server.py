"""The service as a caller sees it, called through ASGI: no network, a fake reader."""

import base64
import json
import logging
import re
import time
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, NoReturn
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from permit_ocr.domain.card.answers import (
    Answer,
    MainlandPermitAnswer,
    MainlandPermitBack,
    Portrait,
    PortraitPlace,
    ResidencePermitAnswer,
)
from permit_ocr.domain.card.machine_readable_zone import MachineReadableZone
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.reader_report import Positions, ReaderReport
from permit_ocr.tencent.error_table import UNLISTED, look_up
from recognizer.reading.result import Reading
from recognizer.service import server
from recognizer.service.fake_provider import Fault, FaultInjector
from recognizer.service.server import ServerSettings, recognizer_app
from recognizer.service.workers import Reader, ThreadWorkers
from recognizer.wire.api_error import ApiError
from recognizer.wire.common_parameters import Credentials
from recognizer.wire.request_body import RequestBodies
from recognizer.wire.request_parameters import BODY_LIMIT
from tests.unit.recognizer.wire.asgi import Reply, exchange
from tests.unit.recognizer.wire.signing import CREDENTIALS, SignedCall, signed_call

RESIDENCE = ResidencePermitAnswer(
    Name="李港安",
    IdCardNo="830000199706020042",
    PortraitImageInfo=Portrait(PortraitImage="cG8=", ImageCoordinates=PortraitPlace(X=1, Y=2, Width=3, Height=4)),
)
MAINLAND = MainlandPermitAnswer(Name="张三丰", Number="H12345678", Profile="cG8=", WarnCardInfos=(-9102, -9103))
REPORT = ReaderReport(
    confidences={"Name": 0.98765},
    document_confidence=0.75,
    positions=Positions(fields={"Name": ((1, 2), (3, 4), (5, 6), (7, 8))}),
    machine_readable_zone=MachineReadableZone(valid_until=date(2028, 10, 8)),
)
RESIDENCE_PAGE = [
    "Name",
    "Sex",
    "Birth",
    "Address",
    "IdCardNo",
    "CardType",
    "ValidDate",
    "Authority",
    "VisaNum",
    "PassNo",
    "RequestId",
]
MAINLAND_PAGE = [
    "Name",
    "EnglishName",
    "Sex",
    "Birthday",
    "IssueAuthority",
    "ValidDate",
    "Number",
    "IssueAddress",
    "IssueNumber",
    "Type",
    "Nationality",
    "MainlandTravelPermitBackInfos",
    "WarnCardInfos",
    "RequestId",
]


class FakeReader:
    """Returns one answer for each kind and records its calls."""

    def __init__(self, answer: Answer | Exception | None = None) -> None:
        self.answer = answer
        self.calls: list[tuple[bytes, Kind, Side | None, bool]] = []

    def __call__(self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:
        self.calls.append((image, kind, side, return_portrait))
        if isinstance(self.answer, Exception):
            raise self.answer
        answer = self.answer or (RESIDENCE if kind is Kind.RESIDENCE_PERMIT else MAINLAND)
        return Reading(answer, REPORT)


def call(
    parameters: Any, reader: Reader | None = None, *, fault_injector: FaultInjector | None = None, **signing: Any
) -> Reply:
    service = ServerSettings(credentials=CREDENTIALS, fault_injector=fault_injector or FaultInjector())
    request = signed_call(parameters, timestamp=int(time.time()), **signing)
    return send(request, reader or FakeReader(), service)


def send(request: SignedCall, reader: Reader, service: ServerSettings) -> Reply:
    headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
    application = recognizer_app(ThreadWorkers(reader), service)
    return exchange(application, request.method, query=request.query.encode(), headers=headers, body=[request.body])


def image(**more: Any) -> dict[str, Any]:
    return {"ImageBase64": base64.b64encode(b"image").decode(), **more}


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_residence_permit_has_the_documented_fields(method: str) -> None:
    reply = call(image(), action="HmtResidentPermitOCR", method=method)
    assert sorted(reply.response) == sorted([*RESIDENCE_PAGE, "WarnCardInfos"])
    assert reply.response["Name"] == "李港安"


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_travel_permit_has_the_documented_fields(method: str) -> None:
    reply = call(image(), method=method)
    assert sorted(reply.response) == sorted(MAINLAND_PAGE)
    assert reply.response["Number"] == "H12345678"
    assert reply.response["WarnCardInfos"] == [-9102, -9103]


def test_portraits_are_returned_on_request() -> None:
    residence = call(image(CropPortrait=True), action="HmtResidentPermitOCR").response
    assert residence["PortraitImageInfo"] == {
        "PortraitImage": "cG8=",
        "ImageCoordinates": {"X": 1, "Y": 2, "Width": 3, "Height": 4},
    }
    assert call(image(RetProfile=True)).response["Profile"] == "cG8="


def test_a_side_without_a_portrait_returns_none() -> None:
    reply = call(image(CropPortrait=True), FakeReader(ResidencePermitAnswer()), action="HmtResidentPermitOCR")
    assert "PortraitImageInfo" not in reply.response


def test_a_card_not_checked_for_copies_says_so() -> None:
    assert call(image(), FakeReader(MainlandPermitAnswer())).response["WarnCardInfos"] == [-9109]


@pytest.mark.parametrize(
    ("placeholders", "count", "expected"),
    [(False, "", ("", "")), (True, "", ("0", "000")), (True, "2", ("2", "000")), (False, "0", ("0", ""))],
)
def test_missing_values_are_empty_or_placeholders(count: str, expected: tuple[str, str], *, placeholders: bool) -> None:
    service = ServerSettings(credentials=CREDENTIALS, placeholders=placeholders)
    reader = FakeReader(ResidencePermitAnswer(VisaNum=count))
    request = signed_call(image(), action="HmtResidentPermitOCR", timestamp=int(time.time()))
    response = send(request, reader, service).response
    assert (response["VisaNum"], response["PassNo"]) == expected


def test_the_back_is_an_object_even_when_empty() -> None:
    empty = {"Type": "", "Name": "", "IDNumber": "", "HistoryNumber": ""}
    assert call(image()).response["MainlandTravelPermitBackInfos"] == empty
    back = FakeReader(MainlandPermitAnswer(MainlandTravelPermitBackInfos=MainlandPermitBack(IDNumber="A123456(7)")))
    assert call(image(), back).response["MainlandTravelPermitBackInfos"] == {**empty, "IDNumber": "A123456(7)"}


def test_the_reader_gets_the_callers_parameters() -> None:
    reader = FakeReader()
    call(image(CardSide="BACK", RetProfile=True), reader)
    call(image(CardSide="whatever"), reader, action="HmtResidentPermitOCR")
    assert reader.calls == [
        (b"image", Kind.MAINLAND_PERMIT, Side.BACK, True),
        (b"image", Kind.RESIDENCE_PERMIT, None, False),
    ]


@pytest.mark.parametrize("action", ["MainlandPermitOCR", "HmtResidentPermitOCR"])
@pytest.mark.parametrize("signed", [False, True])
def test_the_report_is_added_on_request_only(action: str, *, signed: bool) -> None:
    asking = {"x-permit-ocr-confidence": "fields"}
    request = signed_call(image(), action=action, timestamp=int(time.time()), extra_signed=asking if signed else {})
    request.headers |= asking
    calls = send(request, FakeReader(), ServerSettings(credentials=CREDENTIALS)).response
    assert calls.pop("FieldConfidences") == {"Name": 0.9877}
    assert calls.pop("DocumentConfidence") == 0.75
    assert calls.pop("Positions") == {"card": None, "fields": {"Name": [[1, 2], [3, 4], [5, 6], [7, 8]]}}
    assert calls.pop("MachineReadableZone")["valid_until"] == "2028-10-08"
    without = call(image(), action=action).response
    assert calls | {"RequestId": ""} == without | {"RequestId": ""}


@pytest.mark.parametrize("value", ["", "none", "words"])
def test_any_other_value_of_the_header_changes_nothing(value: str) -> None:
    request = signed_call(image(), timestamp=int(time.time()))
    request.headers["x-permit-ocr-confidence"] = value
    reply = send(request, FakeReader(), ServerSettings(credentials=CREDENTIALS))
    assert sorted(reply.response) == sorted(MAINLAND_PAGE)


def test_an_error_has_no_confidences() -> None:
    request = signed_call(image(), timestamp=int(time.time()), extra_signed={"x-permit-ocr-confidence": "fields"})
    reply = send(request, FakeReader(ApiError("FailedOperation.OcrFailed")), ServerSettings(credentials=CREDENTIALS))
    assert set(reply.response) == {"Error", "RequestId"}


def test_every_response_has_status_200_content_type_and_unique_id() -> None:
    replies = [call(image()), call(image()), call({}), call(image(), action="Other")]
    assert {reply.status for reply in replies} == {200}
    assert {reply.headers["content-type"] for reply in replies} == {"application/json"}
    assert len({UUID(reply.response["RequestId"]) for reply in replies}) == len(replies)


def test_an_error_has_the_providers_format_and_message() -> None:
    response = call(image(), FakeReader(ApiError("FailedOperation.ImageDecodeFailed"))).response
    assert set(response) == {"Error", "RequestId"}
    assert response["Error"] == {"Code": "FailedOperation.ImageDecodeFailed", "Message": "Image decoding failed."}


def test_an_unexpected_reader_error_hides_its_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reply = call(image(), FakeReader(ValueError("张三丰")))
    assert reply.code == "FailedOperation.UnKnowError"
    assert "张三丰" not in reply.body.decode() + caplog.text
    assert "worker=ValueError" in caplog.text


def test_an_unexpected_server_error_is_an_internal_error(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_arguments: object, **_options: object) -> NoReturn:
        raise KeyError

    monkeypatch.setattr(server, "success_response", fails)
    assert call(image()).code == "InternalError"
    assert "unexpected=KeyError" in caplog.text


def test_the_log_has_only_request_id_action_code_and_milliseconds(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    request_id = call(image(ImageUrl="http://plain.test/secret?signature=1")).response["RequestId"]
    [line] = [record.getMessage() for record in caplog.records if record.name.startswith("recognizer")]
    fields, _, milliseconds = line.rpartition("=")
    assert fields == f"request_id={request_id} action=MainlandPermitOCR code=FailedOperation.DownLoadError ms"
    assert milliseconds.isdigit()


def test_the_name_of_an_unknown_action_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    call(image(), action="830000199706020042")
    assert "830000199706020042" not in caplog.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_other_http_methods_are_unsupported(method: str) -> None:
    assert call(image(), method=method).code == "UnsupportedProtocol"


def test_a_body_over_10_megabytes_is_rejected_despite_its_header() -> None:
    service = ServerSettings(credentials=CREDENTIALS)
    piece = b" " * (1024 * 1024)
    headers = [(b"content-length", b"5")]
    reply = exchange(
        recognizer_app(ThreadWorkers(FakeReader()), service), "POST", headers=headers, body=[piece] * 10 + [b" "]
    )
    assert reply.code == "RequestSizeLimitExceeded"
    assert reply.headers["connection"] == "close"
    exactly = exchange(
        recognizer_app(ThreadWorkers(FakeReader()), service), "POST", body=[piece] * (BODY_LIMIT // len(piece))
    )
    assert exactly.code == "MissingParameter"


def test_bodies_of_unauthenticated_callers_use_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for one byte, a call with bad headers fails for its headers, a good one for lack of memory."""
    monkeypatch.setattr(server, "RequestBodies", partial(RequestBodies, memory_limit=1))
    stranger = Credentials("AKIDstranger", "key")
    assert call(image(), credentials=stranger).code == "AuthFailure.SecretIdNotFound"
    assert call(image(), credentials=CREDENTIALS).code == "RequestLimitExceeded"
    unsigned = recognizer_app(ThreadWorkers(FakeReader()), ServerSettings(credentials=CREDENTIALS))
    assert exchange(unsigned, "POST", body=[b"body"]).code == "MissingParameter"


def test_a_query_over_32_kilobytes_is_rejected() -> None:
    assert call({"ImageBase64": "A" * 32 * 1024}, method="GET").code == "RequestSizeLimitExceeded"
    assert call({"ImageBase64": "A" * 32 * 1000}, method="GET").code == "OK"


def test_the_quota_is_per_action_and_calls_are_counted() -> None:
    service = ServerSettings(credentials=CREDENTIALS, calls_per_second=1)
    application = recognizer_app(ThreadWorkers(FakeReader()), service)
    codes = []
    for action in ("MainlandPermitOCR", "HmtResidentPermitOCR") * 8:
        request = signed_call(image(), action=action, timestamp=int(time.time()))
        headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
        codes.append((action, exchange(application, "POST", headers=headers, body=[request.body]).code))
    assert codes[0] == ("MainlandPermitOCR", "OK")
    assert codes[1] == ("HmtResidentPermitOCR", "OK")
    assert [code for _, code in codes].count("RequestLimitExceeded") >= 10
    metrics = exchange(application, "GET", path="/metrics").body.decode()
    assert 'permit_ocr_recognizer_busiest_second_calls{action="MainlandPermitOCR",state="admitted"} 1.0\n' in metrics
    counted = [line for line in metrics.splitlines() if line.startswith("permit_ocr_recognizer_calls_total")]
    assert sum(float(line.rpartition(" ")[2]) for line in counted) == len(codes)


def test_an_injected_error_prevents_reading_the_card() -> None:
    reader = FakeReader()
    assert call(image(), reader, fault_injector=FaultInjector([Fault("InternalError", 1)])).code == "InternalError"
    assert reader.calls == []


def test_an_injected_http_status_is_not_a_protocol_response() -> None:
    assert call(image(), fault_injector=FaultInjector([Fault("http-502", 1)])).status == 502
    html = call(image(), fault_injector=FaultInjector([Fault("html", 1)]))
    assert (html.status, html.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_faults_are_not_injected_into_rejected_calls() -> None:
    assert call({}, fault_injector=FaultInjector([Fault("http-502", 1)])).code.startswith("InvalidParameterValue")


def test_health_reports_whether_a_worker_is_ready() -> None:
    workers = ThreadWorkers(FakeReader())
    reply = exchange(recognizer_app(workers, ServerSettings()), "GET", path="/health")
    assert (reply.status, reply.body) == (200, b"ready\n")
    workers.ready = 0
    reply = exchange(recognizer_app(workers, ServerSettings()), "GET", path="/health")
    assert (reply.status, reply.body) == (503, b"no worker is ready\n")


def test_metrics_are_well_formed_and_include_the_queue() -> None:
    application = recognizer_app(ThreadWorkers(FakeReader(), 3), ServerSettings(waiting=5))
    lines = exchange(application, "GET", path="/metrics").body.decode().splitlines()
    exchange(application, "POST")
    lines = exchange(application, "GET", path="/metrics").body.decode().splitlines()
    sample = re.compile(r'permit_ocr_recognizer_[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [0-9.]+(e-[0-9]+)?')
    assert all(line.startswith(("# HELP ", "# TYPE ")) or sample.fullmatch(line) for line in lines)
    assert {
        "permit_ocr_recognizer_calls_in_flight 0.0",
        "permit_ocr_recognizer_calls_in_flight_limit 8.0",
        "permit_ocr_recognizer_workers_ready 3.0",
        'permit_ocr_recognizer_calls_total{action="-",code="MissingParameter"} 1.0',
        'permit_ocr_recognizer_call_seconds_bucket{action="-",le="+Inf"} 1.0',
        'permit_ocr_recognizer_call_seconds_count{action="-"} 1.0',
    } <= set(lines)


# --- any request gets a well-formed response ---

ANY_SERVICE = recognizer_app(ThreadWorkers(FakeReader()), ServerSettings(credentials=CREDENTIALS, calls_per_second=0))
HEADER_NAMES = st.sampled_from(
    [
        "authorization",
        "host",
        "content-type",
        "x-tc-action",
        "x-tc-version",
        "x-tc-timestamp",
        "x-tc-region",
        "x-tc-token",
        "x-tc-language",
        "x-tc-content-sha256",
        "content-length",
        "x-tc-nonsense",
    ]
)
HEADERS = st.dictionaries(HEADER_NAMES.map(str.encode), st.binary(max_size=80) | st.from_regex(rb"[ -~]{0,80}"))


def assert_well_formed(reply: Reply) -> None:
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert str(UUID(reply.response["RequestId"])) == reply.response["RequestId"]
    if "Error" in reply.response:
        assert look_up(reply.response["Error"]["Code"]) is not UNLISTED
        assert reply.code != "InternalError"
        assert isinstance(reply.response["Error"]["Message"], str)


@pytest.mark.slow
@given(st.sampled_from(["GET", "POST", "PUT", "HEAD"]), st.binary(max_size=200), HEADERS, st.lists(st.binary()))
@settings(deadline=None)
def test_any_request_gets_a_well_formed_response(
    method: str, query: bytes, headers: dict[bytes, bytes], body: list[bytes]
) -> None:
    assert_well_formed(exchange(ANY_SERVICE, method, query=query, headers=headers.items(), body=body))


@pytest.mark.slow
@given(HEADERS)
@settings(deadline=None)
def test_any_header_in_a_signed_request_is_handled(changed: Mapping[bytes, bytes]) -> None:
    request = signed_call(image(), timestamp=int(time.time()))
    headers = {name.encode(): value.encode() for name, value in request.headers.items()} | dict(changed)
    assert_well_formed(exchange(ANY_SERVICE, "POST", headers=headers.items(), body=[request.body]))


@pytest.mark.slow
@given(st.binary() | st.dictionaries(st.text(), st.text() | st.none()).map(lambda body: json.dumps(body).encode()))
@settings(deadline=None)
def test_any_signed_body_is_handled(body: bytes) -> None:
    request = signed_call(body, timestamp=int(time.time()))
    headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
    assert_well_formed(exchange(ANY_SERVICE, "POST", headers=headers, body=[body]))


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(["ImageBase64", "CardSide", "RetProfile"]) | st.text(), st.text()))
@settings(deadline=None)
def test_any_signed_query_is_handled(parameters: dict[str, str]) -> None:
    request = signed_call(parameters, method="GET", timestamp=int(time.time()))
    headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
    assert_well_formed(exchange(ANY_SERVICE, "GET", query=request.query.encode(), headers=headers))

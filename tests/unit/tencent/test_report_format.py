"""The recogniser's report as JSON: in its answers, stored, and in events."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.domain.card.machine_readable_zone import MachineReadableZone
from permit_ocr.domain.permits import Sex
from permit_ocr.domain.reader_report import Positions, ReaderReport
from permit_ocr.tencent.actions import MAINLAND_PERMIT_ACTION, RESIDENCE_PERMIT_ACTION, is_provider_host
from permit_ocr.tencent.report_format import parse_report, report_as_json, report_in_response, response_members

_CORNERS = ((10, 20), (110, 22), (109, 52), (9, 50))
_ZONE = MachineReadableZone(
    number="H12345678",
    issue_count=0,
    valid_until=date(2028, 10, 8),
    sex=Sex.FEMALE,
    birth_date=date(1981, 8, 3),
    name="证件样本",
    english_name="ZHENG,JIAN",
    id_card_number="A1234563",
)
_REPORT = ReaderReport(
    confidences={"Name": 0.5, "MainlandTravelPermitBackInfos.IDNumber": 0.9876},
    document_confidence=0.75,
    positions=Positions(card=_CORNERS, fields={"Name": _CORNERS}),
    machine_readable_zone=_ZONE,
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["card", "fields", "x"]), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "report",
    [
        ReaderReport(),
        _REPORT,
        ReaderReport(machine_readable_zone=MachineReadableZone()),
        ReaderReport(positions=Positions()),
    ],
)
def test_a_report_survives_the_wire_and_the_store(report: ReaderReport) -> None:
    sent = json.loads(json.dumps(response_members(report)))
    stored = json.loads(json.dumps(report_as_json(report)))
    assert report_in_response(MAINLAND_PERMIT_ACTION, sent) == report
    assert parse_report(MAINLAND_PERMIT_ACTION, stored) == report


def test_an_answer_of_the_provider_has_an_empty_report() -> None:
    assert report_in_response(RESIDENCE_PERMIT_ACTION, {"Name": "证件样本", "RequestId": "1"}) == ReaderReport()


@pytest.mark.parametrize(
    ("confidences", "expected"),
    [
        (None, {}),
        ([0.5], {}),
        ({"Name": 1, "Number": 0.25}, {"Name": 1.0, "Number": 0.25}),
        ({"Name": "0.5", "Number": -0.1, "Sex": 1.1, "Type": float("nan"), "Birthday": True}, {}),
        ({"陈样本 830000199706020042": 0.5, "RequestId": 0.5, "IdCardNo": 0.5}, {}),
    ],
)
def test_only_numbers_from_0_to_1_for_known_fields_are_kept(confidences: Any, expected: dict[str, float]) -> None:
    assert parse_report(MAINLAND_PERMIT_ACTION, {"confidences": confidences}).confidences == expected


@pytest.mark.parametrize(
    "corners",
    [
        None,
        [[1, 2], [3, 4], [5, 6]],
        [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]],
        [[1, 2], [3, 4], [5, 6], [7]],
        [[1, 2], [3, 4], [5, 6], "78"],
        [[1, 2], [3, 4], [5, 6], [7, 8.5]],
        [[1, 2], [3, 4], [5, 6], [7, 10**400]],
        {"0": [1, 2]},
    ],
)
def test_positions_without_four_whole_points_are_left_out(corners: Any) -> None:
    report = parse_report(MAINLAND_PERMIT_ACTION, {"positions": {"card": corners, "fields": {"Name": corners}}})
    assert report.positions == Positions()


@pytest.mark.parametrize(
    "zone", ["", [], {"valid_until": "2028-02-30"}, {"birth_date": 5}, {"sex": "unknown"}, {"valid_until": "x"}]
)
def test_a_zone_with_malformed_values_is_left_out(zone: Any) -> None:
    report = parse_report(MAINLAND_PERMIT_ACTION, {"machine_readable_zone": zone})
    assert report.machine_readable_zone in (None, MachineReadableZone())


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(report_as_json(ReaderReport()), _JSON)))
def test_whatever_is_reported_can_be_stored(values: dict[str, Any]) -> None:
    report = parse_report(MAINLAND_PERMIT_ACTION, values)
    assert parse_report(MAINLAND_PERMIT_ACTION, json.loads(json.dumps(report_as_json(report)))) == report
    json.dumps(report_as_json(report), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("host", "is_provider"),
    [
        ("ocr.intl.tencentcloudapi.com", True),
        ("ocr.tencentcloudapi.com:443", True),
        ("OCR.ap-singapore.TencentCloudAPI.com", True),
        ("127.0.0.1:8100", False),
        ("reader.example", False),
        ("tencentcloudapi.com.example", False),
    ],
)
def test_the_providers_hosts_are_recognised(host: str, *, is_provider: bool) -> None:
    assert is_provider_host(host) is is_provider

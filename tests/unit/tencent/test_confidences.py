"""The recogniser's confidences in the response format."""

from typing import Any

import pytest

from permit_ocr.tencent.actions import MAINLAND_PERMIT_ACTION, RESIDENCE_PERMIT_ACTION, is_provider_host
from permit_ocr.tencent.response_format import parse_confidences


@pytest.mark.parametrize(
    ("response", "confidences"),
    [
        ({}, {}),
        ({"FieldConfidences": None}, {}),
        ({"FieldConfidences": [0.5]}, {}),
        ({"FieldConfidences": {"Name": 1, "Number": 0.25}}, {"Name": 1.0, "Number": 0.25}),
        ({"FieldConfidences": {"Name": "0.5", "Number": -0.1, "Sex": 1.1, "Type": float("nan"), "Birthday": True}}, {}),
        (
            {"FieldConfidences": {"MainlandTravelPermitBackInfos.Name": 0.5}},
            {"MainlandTravelPermitBackInfos.Name": 0.5},
        ),
        ({"FieldConfidences": {"陈样本 830000199706020042": 0.5, "RequestId": 0.5}}, {}),
    ],
)
def test_only_numbers_from_0_to_1_for_known_fields_are_returned(
    response: dict[str, Any], confidences: dict[str, float]
) -> None:
    assert parse_confidences(MAINLAND_PERMIT_ACTION, response) == confidences


def test_each_action_has_its_own_fields() -> None:
    response = {"FieldConfidences": {"IdCardNo": 0.9, "Number": 0.8}}
    assert parse_confidences(RESIDENCE_PERMIT_ACTION, response) == {"IdCardNo": 0.9}


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

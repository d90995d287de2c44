"""How sure our recogniser says it is, as it comes over the wire."""

from typing import Any

import pytest

from permit_ocr.tencent.actions import MAINLAND_PERMIT_ACTION, RESIDENCE_PERMIT_ACTION, is_providers_own
from permit_ocr.tencent.response_format import parse_confidences


@pytest.mark.parametrize(
    ("said", "read"),
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
def test_only_numbers_from_0_to_1_of_the_actions_own_fields_are_taken(
    said: dict[str, Any], read: dict[str, float]
) -> None:
    assert parse_confidences(MAINLAND_PERMIT_ACTION, said) == read


def test_each_action_has_its_own_fields() -> None:
    said = {"FieldConfidences": {"IdCardNo": 0.9, "Number": 0.8}}
    assert parse_confidences(RESIDENCE_PERMIT_ACTION, said) == {"IdCardNo": 0.9}


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("ocr.intl.tencentcloudapi.com", True),
        ("ocr.tencentcloudapi.com:443", True),
        ("OCR.ap-singapore.TencentCloudAPI.com", True),
        ("127.0.0.1:8100", False),
        ("reader.example", False),
        ("tencentcloudapi.com.example", False),
    ],
)
def test_the_providers_own_hosts_are_told_from_others(host: str, *, own: bool) -> None:
    assert is_providers_own(host) is own

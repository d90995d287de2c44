"""Parameters and rules: which values are accepted."""

import re
from typing import Any

import pytest

from permit_ocr.rate_limit.gcra import LEAST_RATE, most_in_a_second
from permit_ocr.tencent.actions import QUOTA_PER_SECOND


def test_the_default_rates_stay_within_the_providers_quota(source: dict[str, Any]) -> None:
    for name in ("ResidencePermitRate", "MainlandPermitRate"):
        default = source["Parameters"][name]["Default"]
        assert most_in_a_second(default) <= QUOTA_PER_SECOND
        assert default * (1 + 0.111) <= QUOTA_PER_SECOND, "calls may be 111 ms late (ADR 7)"
        assert source["Parameters"][name]["MinValue"] == LEAST_RATE


@pytest.mark.parametrize(
    ("endpoints", "allowed"),
    [
        ("", True),
        ("ocr.intl.tencentcloudapi.com", True),
        ("ocr.intl.tencentcloudapi.com,reader.example:8443", True),
        ("127.0.0.1:8100", True),
        ("a.example,", False),
        ("a.example, b.example", False),
        ("https://a.example", False),
        ("a.example/path", False),
        ("a,b,c,d,e", False),
    ],
)
def test_endpoints_are_a_list_of_hosts(source: dict[str, Any], endpoints: str, allowed: bool) -> None:  # noqa: FBT001
    for name in ("ResidencePermitEndpoint", "MainlandPermitEndpoint"):
        assert bool(re.fullmatch(source["Parameters"][name]["AllowedPattern"], endpoints)) is allowed


def test_parameters_are_described_and_constrained(source: dict[str, Any]) -> None:
    for name, parameter in source["Parameters"].items():
        assert parameter["Description"], name
        default = str(parameter["Default"]) if name != "CredentialsSecret" else "permit-ocr/provider"
        if "AllowedPattern" in parameter:
            assert re.fullmatch(parameter["AllowedPattern"], default), name
            assert parameter["ConstraintDescription"], name
        elif "AllowedValues" in parameter:
            assert default in map(str, parameter["AllowedValues"]), name
        else:
            assert parameter["MinValue"] <= int(default) <= parameter["MaxValue"], name


def test_every_parameter_is_in_exactly_one_group(source: dict[str, Any]) -> None:
    groups = source["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(source["Parameters"])


@pytest.mark.parametrize(
    ("secret", "allowed"),
    [
        ("permit-ocr/provider", True),
        ("arn:aws:secretsmanager:eu-central-1:123456789012:secret:permit-ocr/provider-AbC123", True),
        ("arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x-AbC123", True),
        ("arn:aws:ssm:eu-central-1:123456789012:parameter/x", False),
        ("*", False),
        ("a name with spaces", False),
    ],
)
def test_the_credentials_secret_is_an_arn_or_a_name(source: dict[str, Any], secret: str, allowed: bool) -> None:  # noqa: FBT001
    pattern = source["Parameters"]["CredentialsSecret"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, secret)) is allowed


def test_a_deployment_without_credentials_is_refused(source: dict[str, Any]) -> None:
    parameter = source["Parameters"]["CredentialsSecret"]
    assert "Default" not in parameter
    assert not re.fullmatch(parameter["AllowedPattern"], "")

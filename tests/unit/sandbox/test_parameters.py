"""The sandbox refuses parameters that CloudFormation refuses, before anything starts and with the reason."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import SandboxError
from sandbox.settings import DEPLOYMENT_ONLY_RULES, Settings, other_ocr_server, template_parameters
from sandbox.template.parameters import check_parameters
from sandbox.template.rules import evaluate
from sandbox.template.transform import read_template

ROOT = Path(__file__).parents[3]
OCR_SERVER = other_ocr_server("http://127.0.0.1:9000")
WEBHOOK = {"WebhookUrl": "https://hooks.example/", "WebhookSecret": "webhooks"}
LOCAL_WEBHOOK = WEBHOOK | {"WebhookUrl": "http://127.0.0.1:9000/"}


def settings(parameters: dict[str, str]) -> Settings:
    return Settings(
        root=ROOT,
        state=ROOT,
        api_port=0,
        aws_port=0,
        ocr_port=0,
        ocr_endpoint="http://127.0.0.1:9000",
        parameters=parameters,
    )


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"KeepDays": "99"}, "KeepDays=99: must be at most 14"),
        ({"KeepDays": "6"}, "KeepDays=6: must be at least 7"),
        ({"KeepDays": "abc"}, "KeepDays=abc: must be a number"),
        ({"KeepDays": "NaN"}, "KeepDays=NaN: must be a number"),
        ({"LogRetentionDays": "8"}, "LogRetentionDays=8: must be one of 1, 3, 5,"),
        ({"EncryptionKey": "alias/mine"}, "must be the ARN of a KMS key, not of an alias"),
        ({"OcrSite": "abroad"}, "OcrSite=abroad: must be one of intl, domestic"),
        ({"KeepDay": "7"}, "KeepDay: the template has no such parameter"),
        ({"JwtReviewScope": "permits/review"}, "rule ReviewScopeNeedsTokens: JwtReviewScope without JwtIssuer"),
        ({"JwtIssuer": "https://tokens.example/"}, "rule TokensHaveAnAudience: JwtIssuer without JwtAudience"),
        ({"WebhookUrl": "https://hooks.example/"}, "rule WebhooksAreSigned: WebhookSecret is empty"),
        (LOCAL_WEBHOOK | {"WebhookUrl": "ftp://127.0.0.1/"}, "must be an https address without credentials"),
        (LOCAL_WEBHOOK | {"WebhookSecret": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x"}, "give a name"),
    ],
)
def test_the_sandbox_refuses_what_a_deployment_refuses(parameters: dict[str, str], reason: str) -> None:
    with pytest.raises(SandboxError) as refused:
        template_parameters(settings(parameters), OCR_SERVER)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"KeepDays": "14", "LogRetentionDays": "7", "MainlandPermitRate": "4.5"},
        {"JwtIssuer": "http://127.0.0.1:9000/", "JwtAudience": "permits"},
        WEBHOOK,
        LOCAL_WEBHOOK,
    ],
)
def test_the_sandbox_accepts_what_a_deployment_accepts_and_local_urls(parameters: dict[str, str]) -> None:
    deployed = template_parameters(settings(parameters), OCR_SERVER)
    assert parameters.items() <= deployed.items()


def test_all_errors_are_reported_together() -> None:
    with pytest.raises(SandboxError) as refused:
        template_parameters(settings({"KeepDays": "99", "MaximumConcurrency": "0"}), OCR_SERVER)
    assert {line.partition(":")[0] for line in str(refused.value).splitlines()} == {
        "--parameter MaximumConcurrency=0",
        "--parameter KeepDays=99",
    }


def test_every_ignored_rule_is_in_the_template() -> None:
    assert read_template(ROOT / "template.yaml")["Rules"].keys() >= DEPLOYMENT_ONLY_RULES


def number(**limits: Any) -> dict[str, Any]:
    return {"Parameters": {"N": {"Type": "Number", **limits}}}


@given(value=st.integers(-1000, 1000), low=st.integers(-1000, 1000), width=st.integers(0, 1000))
def test_a_number_is_accepted_exactly_within_its_limits(value: int, low: int, width: int) -> None:
    template = number(MinValue=low, MaxValue=low + width)
    if low <= value <= low + width:
        check_parameters(template, {"N": str(value)})
    else:
        with pytest.raises(SandboxError, match=f"N={value}: must be at "):
            check_parameters(template, {"N": str(value)})


@pytest.mark.parametrize(("text", "accepted"), [("ab", True), ("a", False), ("abcd", False), ("abc", True)])
def test_a_text_is_accepted_exactly_within_its_lengths(text: str, accepted: bool) -> None:  # noqa: FBT001
    template = {"Parameters": {"T": {"Type": "String", "MinLength": 2, "MaxLength": 3}}}
    if accepted:
        check_parameters(template, {"T": text})
    else:
        with pytest.raises(SandboxError, match="characters"):
            check_parameters(template, {"T": text})


def test_a_parameter_without_a_default_needs_a_value() -> None:
    with pytest.raises(SandboxError, match="it needs a value"):
        check_parameters(number(), {})


def test_an_unknown_parameter_type_is_an_error() -> None:
    with pytest.raises(SandboxError, match="not AWS::EC2::VPC::Id"):
        check_parameters({"Parameters": {"V": {"Type": "AWS::EC2::VPC::Id"}}}, {"V": "vpc-1"})


YES, NO = {"Fn::Equals": [{"Ref": "A"}, "x"]}, {"Fn::Equals": [{"Ref": "A"}, "y"]}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (YES, True),
        (NO, False),
        ({"Fn::Not": [YES]}, False),
        ({"Fn::Not": [NO]}, True),
        ({"Fn::And": [YES, YES]}, True),
        ({"Fn::And": [YES, NO]}, False),
        ({"Fn::Or": [NO, YES]}, True),
        ({"Fn::Or": [NO, NO]}, False),
        ({"Fn::Contains": [["x", "y"], {"Ref": "A"}]}, True),
        ({"Fn::Contains": [["y"], {"Ref": "A"}]}, False),
        ({"Fn::EachMemberIn": [[{"Ref": "A"}, "y"], ["x", "y", "z"]]}, True),
        ({"Fn::EachMemberIn": [[{"Ref": "A"}, "q"], ["x", "y", "z"]]}, False),
        ({"Fn::EachMemberEquals": [["x", "x"], {"Ref": "A"}]}, True),
        ({"Fn::EachMemberEquals": [["x", "y"], {"Ref": "A"}]}, False),
        ({"Fn::Equals": [{"Ref": "N"}, 7]}, True),
    ],
)
def test_rule_functions_are_evaluated_as_cloudformation_does(condition: dict[str, Any], expected: bool) -> None:  # noqa: FBT001
    assert evaluate(condition, {"A": "x", "N": "7"}) is expected


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ({"Fn::RefAll": "AWS::EC2::VPC::Id"}, "does not know Fn::RefAll"),
        ({"Fn::Or": [YES, {"Fn::ValueOf": ["A", "B"]}]}, "does not know Fn::ValueOf"),
        ({"Fn::And": [NO, {"Fn::ValueOf": ["A", "B"]}]}, "does not know Fn::ValueOf"),
        ({"Ref": "B"}, "B, which is no parameter"),
        ({"Ref": "A"}, "neither true nor false"),
        ({"Fn::Not": [YES], "Ref": "A"}, "no function"),
    ],
)
def test_an_unsupported_rule_is_an_error_and_never_passes(condition: dict[str, Any], reason: str) -> None:
    with pytest.raises(SandboxError, match=reason):
        evaluate(condition, {"A": "x"})


def test_a_rule_applies_only_if_its_condition_holds_and_not_ignored() -> None:
    template = {
        "Parameters": {"A": {"Type": "String", "Default": "x"}},
        "Rules": {"R": {"RuleCondition": YES, "Assertions": [{"Assert": NO, "AssertDescription": "A must be y."}]}},
    }
    with pytest.raises(SandboxError, match=r"rule R: A must be y\."):
        check_parameters(template, {})
    check_parameters(template, {}, ignored_rules={"R"})
    check_parameters(template, {"A": "z"})

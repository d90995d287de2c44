"""A user fills in one or two values of samconfig.toml. What is left out or misspelt is refused with what to do."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from samcli.cli.types import CfnParameterOverridesType
from samcli.lib.config.samconfig import SamConfig

from sandbox.errors import SandboxError
from sandbox.template.parameters import check_parameters
from sandbox.template.transform import read_template

ROOT = Path(__file__).parents[2]
TEMPLATE = read_template(ROOT / "template.yaml")
CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
FILLED_IN = {
    "CredentialsSecret": "permit-ocr/provider",
    "AlarmTopic": "arn:aws:sns:eu-central-1:123456789012:permit-ocr-alarms",
}
ENVIRONMENTS = ["dev", "staging", "prod"]


def overrides(environment: str) -> dict[str, str]:
    """Return the parameters of ``sam deploy --config-env``, as SAM reads them."""
    configured = SamConfig(str(ROOT), "samconfig.toml").get_all(["deploy"], "parameters", environment)
    parsed: dict[str, str] = CfnParameterOverridesType().convert(configured["parameter_overrides"], None, None)
    return parsed


def with_filled_in(parameters: dict[str, str], without: str = "") -> dict[str, str]:
    return {
        name: FILLED_IN[name] if name in FILLED_IN and name != without else value for name, value in parameters.items()
    }


@pytest.mark.parametrize(("environment", "answers"), [("dev", 1), ("staging", 1), ("prod", 2)])
def test_one_or_two_values_are_left_to_fill_in(environment: str, answers: int) -> None:
    left = {name for name, value in overrides(environment).items() if value.startswith("FILL-IN: ")}
    assert len(left) == answers
    assert left <= FILLED_IN.keys()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_filled_in_each_environment_deploys(environment: str) -> None:
    check_parameters(TEMPLATE, with_filled_in(overrides(environment)))


@pytest.mark.parametrize(
    ("environment", "name", "advice"),
    [
        *((environment, "CredentialsSecret", "aws secretsmanager create-secret") for environment in ENVIRONMENTS),
        ("prod", "AlarmTopic", "aws sns create-topic"),
    ],
)
def test_a_value_that_is_not_filled_in_is_refused_with_what_to_do(environment: str, name: str, advice: str) -> None:
    with pytest.raises(SandboxError) as refused:
        check_parameters(TEMPLATE, with_filled_in(overrides(environment), without=name))
    (reason,) = str(refused.value).splitlines()
    assert reason.startswith(f"--parameter {name}=FILL-IN")
    assert advice in reason


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CredentialsSecret", ""),
        ("CredentialsSecret", "the secret's value {"),
        ("CredentialsSecret", "arn:aws:ssm:eu-central-1:123456789012:parameter/provider"),
        ("AlarmTopic", "permit-ocr-alarms"),
        ("AlarmTopic", "operators@example.com"),
    ],
)
def test_a_mistake_is_refused_with_what_to_do(name: str, value: str) -> None:
    with pytest.raises(SandboxError, match=r"aws (secretsmanager create-secret|sns create-topic)"):
        check_parameters(TEMPLATE, with_filled_in(overrides("prod")) | {name: value})


def test_an_environment_is_a_stack_with_all_that_a_deployment_needs() -> None:
    stacks = [CONFIG[environment]["global"]["parameters"]["stack_name"] for environment in ENVIRONMENTS]
    assert len(set(stacks)) == len(ENVIRONMENTS)
    for environment in ENVIRONMENTS:
        deploy: dict[str, Any] = CONFIG[environment]["deploy"]["parameters"]
        assert deploy["capabilities"] == "CAPABILITY_IAM"
        assert deploy["resolve_s3"] is True
    assert CONFIG["prod"]["deploy"]["parameters"]["confirm_changeset"] is True


def test_the_parameter_without_a_default_is_the_first_question() -> None:
    """``sam deploy --guided`` asks in the template's order."""
    required = [name for name, parameter in TEMPLATE["Parameters"].items() if "Default" not in parameter]
    assert required == list(TEMPLATE["Parameters"])[:1] == ["CredentialsSecret"]

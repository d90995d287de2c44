"""The example pipelines deploy as a user would, and the roles they assume trust nobody else."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import permit_ocr
from sandbox.template.transform import read_template

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "ci"
MAKE_TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def pipeline(name: str) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))
    return parsed


def commands(name: str) -> list[str]:
    job = pipeline(name).get("deploy") or pipeline(name)["jobs"]["deploy"]
    return job.get("script") or [step["run"] for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
def test_a_pipeline_sets_up_builds_and_deploys_without_a_question(name: str) -> None:
    *before, build, deploy = commands(name)
    assert (before[-1], build) == ("make setup", "make build")
    assert {"setup", "build"} <= MAKE_TARGETS
    assert deploy == ".venv/bin/sam deploy --config-env prod --no-confirm-changeset"


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
def test_a_pipeline_stores_no_keys(name: str) -> None:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert not re.search(r"access.key|secrets\.", text, re.IGNORECASE)
    assert "role/permit-ocr-deployer" in text


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("github-trust-policy.json", "repo:OWNER/REPOSITORY:environment:prod"),
        ("gitlab-trust-policy.json", "project_path:GROUP/PROJECT:ref_type:branch:ref:main"),
    ],
)
def test_a_role_trusts_one_repository_and_one_environment(name: str, subject: str) -> None:
    (statement,) = json.loads((EXAMPLES / name).read_text(encoding="utf-8"))["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    host = statement["Principal"]["Federated"].partition("oidc-provider/")[2]
    assert statement["Condition"].keys() == {"StringEquals"}, "no wildcards"
    assert statement["Condition"]["StringEquals"].keys() == {f"{host}:aud", f"{host}:sub"}
    assert statement["Condition"]["StringEquals"][f"{host}:sub"] == subject


def test_what_is_published_has_the_packages_version_and_license() -> None:
    published = read_template(ROOT / "template.yaml")["Metadata"]["AWS::ServerlessRepo::Application"]
    assert published["SemanticVersion"] == permit_ocr.__version__
    assert (ROOT / published["LicenseUrl"]).is_file()
    assert (ROOT / published["ReadmeUrl"]).is_file()
    assert published["SpdxLicenseId"] == "Apache-2.0"

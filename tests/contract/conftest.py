"""The template as written, and as SAM transforms it for CloudFormation."""

from typing import Any

import boto3
import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from tests.contract.template.deployed_template import TEMPLATE, Resources


@pytest.fixture(scope="session")
def source() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return parsed


@pytest.fixture(scope="session")
def transformed() -> dict[str, Any]:
    template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        for code in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            resource["Properties"][code] = "s3://code/artefact"  # as after sam package
    session = boto3.Session(region_name="eu-central-1")
    cloudformation: dict[str, Any] = Translator({}, Parser(), None, session).translate(template, {})
    return cloudformation


@pytest.fixture(scope="session")
def resources(transformed: dict[str, Any]) -> Resources:
    resources: Resources = transformed["Resources"]
    return resources

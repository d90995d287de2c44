"""Reads the SAM template and transforms it to CloudFormation as AWS does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import boto3
import yaml
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from sandbox.account import REGION
from sandbox.errors import SandboxError

ARTEFACTS_BUCKET: Final = "built-artefacts"
_ARTEFACT_PROPERTIES: Final = ("CodeUri", "ContentUri")

type Json = dict[str, Any]


def read_template(path: Path) -> Json:
    """Return a template, its short forms (``!Ref``) written out. Raises ``SandboxError``."""
    try:
        template: Json = yaml_parse(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise SandboxError(f"{path} does not parse: {error}") from error
    return template


def transform(built_template: Path) -> Json:
    """Return the CloudFormation of a template that ``sam build`` wrote.

    Each artefact becomes an object in ``ARTEFACTS_BUCKET``, as with ``sam package``. Its key is its path beside the
    template. Raises ``SandboxError`` with SAM's messages.
    """
    template = read_template(built_template)
    for resource in template.get("Resources", {}).values():
        properties = resource.get("Properties", {})
        for name in _ARTEFACT_PROPERTIES:
            if isinstance(properties.get(name), str):
                properties[name] = f"s3://{ARTEFACTS_BUCKET}/{properties[name]}"
    session = boto3.Session(region_name=REGION)
    try:
        # Managed policies are not looked up: nothing here evaluates policies.
        cloudformation: Json = Translator({}, Parser(), boto_session=session).translate(
            sam_template=template, parameter_values={}
        )
    except InvalidDocumentException as error:
        raise SandboxError(
            "the template does not transform: " + "; ".join(cause.message for cause in error.causes)
        ) from error
    return cloudformation


def artefact_keys(cloudformation: Json) -> set[str]:
    """Return the key of each artefact in ``ARTEFACTS_BUCKET``."""
    functions = {
        properties["Code"]["S3Key"] for _, properties in resources_of_type(cloudformation, "AWS::Lambda::Function")
    }
    return functions | {
        properties["Content"]["S3Key"]
        for _, properties in resources_of_type(cloudformation, "AWS::Lambda::LayerVersion")
    }


def resources_of_type(cloudformation: Json, resource_type: str) -> Iterator[tuple[str, Json]]:
    """Yield the logical id and the properties of each resource of a type."""
    for name, resource in cloudformation["Resources"].items():
        if resource["Type"] == resource_type:
            yield name, resource.setdefault("Properties", {})

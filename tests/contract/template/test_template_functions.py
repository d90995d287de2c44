"""Functions and layers: runtime, settings and callers."""

import dataclasses
import re

from permit_ocr.images.rejections import DECODING_MEGABYTES, DECODING_SECONDS
from permit_ocr.settings import Settings
from tests.contract.template.deployed_template import Resources, function_of, of_type

API_TIMEOUT_SECONDS = 30
"""Longest that an HTTP API waits for its integration. This quota cannot be raised."""


def test_functions_can_only_be_called_through_the_api(resources: Resources) -> None:
    types = {resource["Type"] for resource in resources.values()}
    assert types.isdisjoint({"AWS::Lambda::Url", "AWS::ApiGatewayV2::Route", "AWS::ApiGateway::RestApi"})
    for permission in of_type(resources, "AWS::Lambda::Permission").values():
        assert permission["Properties"]["Principal"] == "apigateway.amazonaws.com"
        assert re.search(r"\$\{(__ApiId__|HttpApi)\}", str(permission["Properties"]["SourceArn"]))


def test_the_api_function_times_out_before_the_api(resources: Resources) -> None:
    assert function_of(resources, "ApiFunction")["Timeout"] < API_TIMEOUT_SECONDS


def test_functions_and_layers_have_the_chosen_architecture(resources: Resources) -> None:
    chosen = [{"Ref": "Architecture"}]
    for function in of_type(resources, "AWS::Lambda::Function").values():
        assert function["Properties"]["Architectures"] == chosen
        assert function["Properties"]["Runtime"] == "python3.13"
    for layer in of_type(resources, "AWS::Lambda::LayerVersion").values():
        assert layer["Properties"]["CompatibleArchitectures"] == chosen


def test_only_the_images_function_has_the_imaging_layer(resources: Resources) -> None:
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        layers = [re.sub("[0-9a-f]{10}$", "", layer["Ref"]) for layer in function["Properties"]["Layers"]]
        imaging = ["ImagingLayer"] if name == "ImagesFunction" else []
        assert layers == ["ThirdPartyLayer", "PermitOcrLayer", *imaging], name


def test_the_images_function_has_enough_time_and_memory_to_decode(resources: Resources) -> None:
    seconds = function_of(resources, "ImagesFunction")["Timeout"]
    assert seconds >= DECODING_SECONDS + 10, "the download before and the messages after take time, too"
    assert function_of(resources, "ImagesFunction")["MemorySize"] - 130 >= DECODING_MEGABYTES


def test_functions_have_every_setting_they_read_and_no_other(resources: Resources) -> None:
    settings = {field.name.upper() for field in dataclasses.fields(Settings) if field.default is dataclasses.MISSING}
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        variables = function["Properties"]["Environment"]["Variables"].keys()
        of_libraries = {variable for variable in variables if variable.startswith(("MALLOC_", "PYDANTIC_"))}
        its_own = {
            "ConsoleFunction": {"UPLOAD_ORIGIN"},
            "ImagesFunction": {"ROLE_ARN"},  # they act by themselves, and the audit trail names them
            "UploadsFunction": {"ROLE_ARN"},
        }.get(name, set())
        assert variables - of_libraries == settings | {"POWERTOOLS_SERVICE_NAME", "RELEASE"} | its_own, name

"""The bill of materials that the build writes. ``cyclonedx-py`` checks it against CycloneDX's schema."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox.template.transform import resources_of_type, transform

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
BUILD = ROOT / ".aws-sam" / "build"


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    subprocess.run([ROOT / "layers" / "sbom" / "write.sh"], check=True, capture_output=True)
    written: dict[str, Any] = json.loads((ROOT / ".aws-sam" / "sbom.cdx.json").read_text(encoding="utf-8"))
    return written


def test_it_describes_this_application(bill: dict[str, Any]) -> None:
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == "permit-ocr"
    assert bill["metadata"]["component"]["licenses"] == [
        {"license": {"acknowledgement": "declared", "id": "Apache-2.0"}}
    ]


def test_it_lists_exactly_the_packages_in_the_built_layers(bill: dict[str, Any]) -> None:
    listed = {(component["name"].replace("_", "-").lower(), component["version"]) for component in bill["components"]}
    layers = [
        BUILD / properties["Content"]["S3Key"]
        for _, properties in resources_of_type(transform(BUILD / "template.yaml"), "AWS::Lambda::LayerVersion")
    ]
    built = {
        (match[1].replace("_", "-").lower(), match[2])
        for layer in layers
        for directory in layer.rglob("*.dist-info")
        if (match := re.fullmatch(r"(.+)-([^-]+)\.dist-info", directory.name))
    }
    assert listed == built


def test_each_component_has_its_address_and_its_locked_hashes(bill: dict[str, Any]) -> None:
    locked = "".join((ROOT / "layers" / layer / "requirements.txt").read_text() for layer in ("third-party", "imaging"))
    for component in bill["components"]:
        assert component["purl"] == f"pkg:pypi/{component['name']}@{component['version']}"
        hashes = [one["content"] for reference in component["externalReferences"] for one in reference["hashes"]]
        assert hashes
        assert all(f"sha256:{one}" in locked for one in hashes)

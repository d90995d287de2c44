"""The sandbox's evaluation of the real template: every permission that a role has is needed, and none is too wide."""

from collections.abc import Mapping
from typing import Any

import pytest

from sandbox.iam.enforcement import Policies
from sandbox.iam.requests import Needed
from sandbox.template.for_moto import adapt_for_moto
from tests.contract.template.deployed_template import ACCOUNT, SECRET_ARN, created_policies, listed


@pytest.fixture(scope="module")
def policies(transformed: dict[str, Any]) -> Mapping[str, list[Any]]:
    """Return the statements of each role's policy, by its name."""
    everything = {
        "CredentialsSecret": SECRET_ARN,
        "WebhookUrl": "https://receiver.example/",
        "WebhookSecret": SECRET_ARN,
        "ExpiryNoticeDays": "30",
        "EncryptionKey": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/new",
        "PreviousEncryptionKeys": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/old",
    }
    return created_policies(transformed, everything)


@pytest.mark.parametrize("role", ["Uploads", "Images", "Api", "Webhooks", "Expiry"])
def test_without_any_one_permission_its_call_is_denied(role: str, policies: Mapping[str, list[Any]]) -> None:
    statements = policies[role]
    for removed in [one for one in statements if one["Effect"] == "Allow"]:
        others = [one for one in statements if one is not removed]
        keys = {
            key: listed(values)[0]
            for entries in removed.get("Condition", {}).values()
            for key, values in entries.items()
        }
        for action in listed(removed["Action"]):
            for resource in listed(removed["Resource"]):
                if resource is not None:
                    needed = Needed(action=action, resource=resource, keys=keys)
                    assert Policies(roles={role: statements}).allow(role, needed), needed
                    assert not Policies(roles={role: others}).allow(role, needed), f"{needed} is granted twice"


def test_the_sandbox_knows_what_is_encrypted_with_the_key(transformed: dict[str, Any]) -> None:
    encrypted = adapt_for_moto(transformed)["Outputs"]["SandboxEncrypted"]["Value"]["Fn::ToJsonString"]
    assert encrypted.keys() >= {
        "UploadBucket",
        "IntakeQueue",
        "ImagesQueue",
        "ResultsQueue",
        "WebhookQueue",
        "WorkTable",
    }
    assert "LimiterTable" not in encrypted, "it holds no personal data (ADR 22)"

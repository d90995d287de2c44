"""Policies are evaluated as AWS does, and what is not known is an error."""

from dataclasses import replace
from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.iam.policy import Call, is_allowed

READ = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/uploads/*"}
CALL = Call(principal="role", action="s3:GetObject", resource="arn:aws:s3:::b/uploads/1.jpg", keys={"s3:prefix": "a/b"})


def allowed(statement: dict[str, Any], **call: Any) -> bool:
    return is_allowed(replace(CALL, **call), identity=[{**READ, **statement}])


@pytest.mark.parametrize(
    ("statement", "call", "expected"),
    [
        ({}, {}, True),
        ({}, {"action": "s3:GetObjectVersion"}, False),
        ({}, {"resource": "arn:aws:s3:::b/pages/1.jpg"}, False),
        ({"Action": "S3:getobject"}, {}, True),
        ({"Action": "s3:Get*"}, {}, True),
        ({"Resource": "arn:aws:s3:::b/uploads/?.jpg"}, {}, True),
        ({"Resource": "arn:aws:s3:::b/uploads/[1].jpg"}, {}, False),
        ({"Condition": {"StringLike": {"s3:prefix": ["x/*", "a/*"]}}}, {}, True),
        ({"Condition": {"StringEquals": {"s3:prefix": "a/*"}}}, {}, False),
        ({"Condition": {"StringEquals": {"s3:prefix": "a/b", "aws:SourceAccount": "1"}}}, {}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, {"keys": {"aws:SecureTransport": "true"}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": False}}}, {"keys": {"aws:SecureTransport": "false"}}, True),
    ],
)
def test_a_statement_allows_what_matches_all_of_it(
    statement: dict[str, Any],
    call: dict[str, Any],
    expected: bool,  # noqa: FBT001
) -> None:
    assert allowed(statement, **call) is expected


def test_nothing_is_allowed_by_default_and_a_denial_overrides() -> None:
    assert not is_allowed(CALL)
    deny = {**READ, "Effect": "Deny"}
    assert not is_allowed(CALL, identity=[READ, deny])
    assert not is_allowed(CALL, identity=[READ], resource=[{**deny, "Principal": "*"}])
    assert is_allowed(CALL, identity=[READ], resource=[{**deny, "Principal": {"AWS": "another"}}])


def test_a_resource_policy_allows_on_its_own() -> None:
    service = {**READ, "Principal": {"Service": "s3.amazonaws.com"}}
    assert not is_allowed(CALL, resource=[service])
    call = Call(principal="s3.amazonaws.com", action=CALL.action, resource=CALL.resource)
    assert is_allowed(call, resource=[service])
    assert is_allowed(CALL, resource=[{**READ, "Principal": {"AWS": ["*"]}}])


@pytest.mark.parametrize(
    "statement",
    [
        {"NotAction": "s3:*"},
        {"Effect": "Maybe"},
        {"Condition": {"NumericLessThan": {"s3:prefix": "1"}}},
        {"Condition": {"StringEquals": {"aws:SourceIp": "192.0.2.1"}}},
        {"Action": "another:Action", "Condition": {"StringEquals": {"aws:SourceIp": "192.0.2.1"}}},
    ],
)
def test_what_is_not_known_is_an_error(statement: dict[str, Any]) -> None:
    with pytest.raises(SandboxError):
        allowed(statement)


def test_an_unknown_kind_of_principal_is_an_error() -> None:
    with pytest.raises(SandboxError, match="Federated"):
        is_allowed(CALL, resource=[{**READ, "Principal": {"Federated": "x"}}])

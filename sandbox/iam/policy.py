"""Evaluates IAM policies as AWS does within one account, as far as the template uses them.

An element, a condition operator or a condition key that is not known here is an error, never ignored.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from sandbox.errors import SandboxError

type Statement = Mapping[str, Any]

_ELEMENTS: Final = {"Sid", "Effect", "Action", "Resource", "Condition", "Principal"}
CONDITION_KEYS: Final = {
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "kms:ViaService",
    "s3:prefix",
}
"""Those that the sandbox provides where AWS does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as policies see it. ``principal`` is a role's ARN or a service's name."""

    principal: str
    action: str
    resource: str
    keys: Mapping[str, str] = field(default_factory=dict)
    """Condition keys; the name's case does not matter to AWS, but does here."""


def is_allowed(call: Call, *, identity: Iterable[Statement] = (), resource: Iterable[Statement] = ()) -> bool:
    """Return whether policies of the identity and of the resource together allow a call.

    Within an account either of them may allow it, and a denial in either overrides that. Raises ``SandboxError``.
    """
    allowed = False
    for statement, is_resource_policy in [*((one, False) for one in identity), *((one, True) for one in resource)]:
        if not _matches(statement, call, is_resource_policy=is_resource_policy):
            continue
        if statement["Effect"] == "Deny":
            return False
        allowed = True
    return allowed


def _matches(statement: Statement, call: Call, *, is_resource_policy: bool) -> bool:
    if unknown := statement.keys() - _ELEMENTS:
        raise SandboxError(f"a policy has {', '.join(sorted(unknown))}, which the sandbox does not evaluate")
    if statement["Effect"] not in {"Allow", "Deny"}:
        raise SandboxError(f"a policy has the effect {statement['Effect']}")
    if is_resource_policy and not _is_principal(statement["Principal"], call.principal):
        return False
    action = any(_like(pattern.lower(), call.action.lower()) for pattern in _listed(statement["Action"]))
    resource = any(_like(pattern, call.resource) for pattern in _listed(statement["Resource"]))
    # Conditions are evaluated in any case, so that an unknown one is found whatever the call is.
    holds = [
        _condition(operator, key, _listed(values), call)
        for operator, entries in (statement.get("Condition") or {}).items()
        for key, values in entries.items()
    ]
    return action and resource and all(holds)


def _is_principal(principal: Any, caller: str) -> bool:  # noqa: ANN401  JSON
    if principal == "*":
        return True
    if unknown := principal.keys() - {"AWS", "Service"}:
        raise SandboxError(f"a policy has a principal of the kind {', '.join(sorted(unknown))}")
    named = [one for values in principal.values() for one in _listed(values)]
    return caller in named or "*" in _listed(principal.get("AWS", []))


def _condition(operator: str, key: str, values: list[str], call: Call) -> bool:
    if operator not in _OPERATORS:
        raise SandboxError(f"a policy has the condition operator {operator}, which the sandbox does not evaluate")
    if key not in CONDITION_KEYS:
        raise SandboxError(f"a policy has the condition key {key}, which the sandbox does not provide")
    value = call.keys.get(key)
    return value is not None and any(_OPERATORS[operator](expected, value) for expected in values)


def _like(pattern: str, text: str) -> bool:
    return _expression(pattern).fullmatch(text) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(character, re.escape(character)) for character in pattern), re.DOTALL)


_OPERATORS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "StringEquals": lambda expected, value: expected == value,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda expected, value: expected.lower() == value.lower(),
}


def _listed(value: Any) -> list[str]:  # noqa: ANN401  JSON
    values = value if isinstance(value, list) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]

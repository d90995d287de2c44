"""Evaluates the template's rules as CloudFormation does.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-rules.html
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from sandbox.errors import SandboxError
from sandbox.template.transform import Json

type Values = Mapping[str, str]


def failed_assertions(template: Json, values: Values, ignored_rules: Collection[str]) -> Iterator[str]:
    """Yield a message for each assertion of the template's rules that these parameter values fail."""
    for name, rule in template.get("Rules", {}).items():
        if name in ignored_rules or not evaluate(rule.get("RuleCondition", True), values):
            continue
        for assertion in rule["Assertions"]:
            if not evaluate(assertion["Assert"], values):
                yield f"rule {name}: {assertion.get('AssertDescription', assertion['Assert'])}"


def evaluate(condition: Any, values: Values) -> bool:  # noqa: ANN401  JSON
    """Return whether a rule's condition or assertion holds for these parameter values.

    Raises ``SandboxError`` if it is not a condition, or uses a function that is not supported here.
    """
    value = _resolve(condition, values)
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise SandboxError(f"a rule of the template is neither true nor false: {condition}")


def _resolve(part: Any, values: Values) -> Any:  # noqa: ANN401  JSON
    if isinstance(part, list):
        return [_resolve(one, values) for one in part]
    if not isinstance(part, dict):
        return part if isinstance(part, bool) else as_text(part)
    if len(part) != 1:
        raise SandboxError(f"a rule of the template contains an object that is no function: {part}")
    ((function, argument),) = part.items()
    if function == "Ref":
        if argument not in values:
            raise SandboxError(f"a rule of the template refers to {argument}, which is no parameter")
        return values[argument]
    if function not in _FUNCTIONS:
        raise SandboxError(f"the sandbox does not know {function}, which a rule of the template uses")
    return _FUNCTIONS[function](argument, values)


def _equals(arguments: Any, values: Values) -> bool:  # noqa: ANN401  JSON
    left, right = (as_text(_resolve(part, values)) for part in arguments)
    return left == right


def _not(arguments: Any, values: Values) -> bool:  # noqa: ANN401  JSON
    (condition,) = arguments
    return not evaluate(condition, values)


def _contains(arguments: Any, values: Values) -> bool:  # noqa: ANN401  JSON
    members, value = (_resolve(part, values) for part in arguments)
    return value in members


def _each_member_in(arguments: Any, values: Values) -> bool:  # noqa: ANN401  JSON
    members, allowed = (_resolve(part, values) for part in arguments)
    return set(members) <= set(allowed)


def _each_member_equals(arguments: Any, values: Values) -> bool:  # noqa: ANN401  JSON
    members, value = (_resolve(part, values) for part in arguments)
    return set(members) <= {value}


# Fn::And and Fn::Or evaluate all their conditions, so that an unsupported one is never skipped.
_FUNCTIONS: Final[Mapping[str, Callable[[Any, Values], bool]]] = {
    "Fn::And": lambda conditions, values: False not in {evaluate(one, values) for one in conditions},
    "Fn::Or": lambda conditions, values: True in {evaluate(one, values) for one in conditions},
    "Fn::Not": _not,
    "Fn::Equals": _equals,
    "Fn::Contains": _contains,
    "Fn::EachMemberIn": _each_member_in,
    "Fn::EachMemberEquals": _each_member_equals,
}


def as_text(value: Any) -> str:  # noqa: ANN401  JSON
    """Return a value as CloudFormation compares it: as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)

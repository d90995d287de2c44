"""The template's parameters and rules, judged before anything is started: what CloudFormation refuses is refused here.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-rules.html
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from sandbox.processes import SandboxError
from sandbox.template import Json

_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)

type Values = Mapping[str, str]


def check(
    template: Json,
    given: Values,
    *,
    without_rules: Collection[str] = (),
    also_allowed: Mapping[str, re.Pattern[str]] | None = None,
) -> None:
    """Raise ``SandboxError`` if a deployment of ``template`` with these parameters would be refused, with all reasons.

    ``without_rules`` are not asked. A value of ``also_allowed`` is taken although the parameter itself refuses it.
    """
    declared: Mapping[str, Json] = template.get("Parameters", {})
    faults = [f"--parameter {name}: the template has no such parameter" for name in sorted(given.keys() - declared)]
    values: dict[str, str] = {}
    for name, parameter in declared.items():
        value = given.get(name, parameter.get("Default"))
        if value is None:
            faults.append(f"--parameter {name}: it has no default, so it needs a value")
            continue
        values[name] = _text(value)
        pattern = (also_allowed or {}).get(name)
        if not (pattern and pattern.fullmatch(values[name])):
            because = parameter.get("ConstraintDescription")
            faults += [
                f"--parameter {name}={values[name]}: {fault}" + (f" ({because})" if because else "")
                for fault in _faults(parameter, values[name])
            ]
    if not faults:  # rules are about values that are possible
        faults = list(_broken_rules(template, values, without_rules))
    if faults:
        raise SandboxError("\n".join(faults))


def _faults(parameter: Json, value: str) -> Iterator[str]:
    kind = parameter["Type"]
    if "AllowedValues" in parameter and value not in (allowed := [_text(one) for one in parameter["AllowedValues"]]):
        yield f"must be one of {', '.join(allowed)}"
    if kind == "Number":
        yield from _faults_of_number(parameter, value)
    elif kind == "String":
        yield from _faults_of_text(parameter, value)
    else:
        raise SandboxError(f"the sandbox knows parameters of the types String and Number, not {kind}")


def _faults_of_number(parameter: Json, value: str) -> Iterator[str]:
    if not _NUMBER.fullmatch(value):
        yield "must be a number"
        return
    if "MinValue" in parameter and float(value) < float(parameter["MinValue"]):
        yield f"must be at least {parameter['MinValue']}"
    if "MaxValue" in parameter and float(value) > float(parameter["MaxValue"]):
        yield f"must be at most {parameter['MaxValue']}"


def _faults_of_text(parameter: Json, value: str) -> Iterator[str]:
    if "MinLength" in parameter and len(value) < int(parameter["MinLength"]):
        yield f"must have at least {parameter['MinLength']} characters"
    if "MaxLength" in parameter and len(value) > int(parameter["MaxLength"]):
        yield f"must have at most {parameter['MaxLength']} characters"
    if "AllowedPattern" in parameter and not re.fullmatch(parameter["AllowedPattern"], value):
        yield f"must match {parameter['AllowedPattern']}"


def _broken_rules(template: Json, values: Values, without: Collection[str]) -> Iterator[str]:
    for name, rule in template.get("Rules", {}).items():
        if name in without or not holds(rule.get("RuleCondition", True), values):
            continue
        for assertion in rule["Assertions"]:
            if not holds(assertion["Assert"], values):
                yield f"rule {name}: {assertion.get('AssertDescription', assertion['Assert'])}"


def holds(condition: Any, values: Values) -> bool:  # noqa: ANN401  JSON
    """Return whether a rule's condition or assertion is true of these values.

    Raises ``SandboxError`` for what is no condition, and for functions that are not known here.
    """
    found = _value(condition, values)
    if found in (True, "true"):
        return True
    if found in (False, "false"):
        return False
    raise SandboxError(f"a rule of the template is neither true nor false: {condition}")


def _value(part: Any, values: Values) -> Any:  # noqa: ANN401  JSON
    if isinstance(part, list):
        return [_value(one, values) for one in part]
    if not isinstance(part, dict):
        return part if isinstance(part, bool) else _text(part)
    if len(part) != 1:
        raise SandboxError(f"a rule of the template has something that is no function: {part}")
    ((function, said),) = part.items()
    if function == "Ref":
        if said not in values:
            raise SandboxError(f"a rule of the template refers to {said}, which is no parameter")
        return values[said]
    if function not in _FUNCTIONS:
        raise SandboxError(f"the sandbox does not know {function}, which a rule of the template uses")
    return _FUNCTIONS[function](said, values)


def _equals(said: Any, values: Values) -> bool:  # noqa: ANN401  JSON
    one, other = (_text(_value(part, values)) for part in said)
    return one == other


def _not(said: Any, values: Values) -> bool:  # noqa: ANN401  JSON
    (condition,) = said
    return not holds(condition, values)


def _contains(said: Any, values: Values) -> bool:  # noqa: ANN401  JSON
    among, one = (_value(part, values) for part in said)
    return one in among


def _each_member_in(said: Any, values: Values) -> bool:  # noqa: ANN401  JSON
    members, among = (_value(part, values) for part in said)
    return set(members) <= set(among)


def _each_member_equals(said: Any, values: Values) -> bool:  # noqa: ANN401  JSON
    members, one = (_value(part, values) for part in said)
    return set(members) <= {one}


# All conditions of Fn::And and Fn::Or are evaluated: one that is not known is never passed over.
_FUNCTIONS: Final[Mapping[str, Callable[[Any, Values], bool]]] = {
    "Fn::And": lambda said, values: False not in {holds(one, values) for one in said},
    "Fn::Or": lambda said, values: True in {holds(one, values) for one in said},
    "Fn::Not": _not,
    "Fn::Equals": _equals,
    "Fn::Contains": _contains,
    "Fn::EachMemberIn": _each_member_in,
    "Fn::EachMemberEquals": _each_member_equals,
}


def _text(value: Any) -> str:  # noqa: ANN401  JSON
    """Return a value as CloudFormation compares it: everything is text."""
    return str(value).lower() if isinstance(value, bool) else str(value)

"""Validates the template's parameters before anything starts, so that the sandbox refuses what CloudFormation refuses.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from sandbox.errors import SandboxError
from sandbox.template.rules import Values, as_text, failed_assertions
from sandbox.template.transform import Json

_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def check_parameters(
    template: Json,
    given: Values,
    *,
    ignored_rules: Collection[str] = (),
    also_allowed: Mapping[str, re.Pattern[str]] | None = None,
) -> None:
    """Raise ``SandboxError`` with every reason why CloudFormation would refuse to deploy with these parameters.

    ``also_allowed`` are values, by parameter, that are accepted against the parameter's own constraints.
    """
    declared: Mapping[str, Json] = template.get("Parameters", {})
    errors = [f"--parameter {name}: the template has no such parameter" for name in sorted(given.keys() - declared)]
    values: dict[str, str] = {}
    for name, parameter in declared.items():
        value = given.get(name, parameter.get("Default"))
        if value is None:
            errors.append(f"--parameter {name}: it has no default, so it needs a value")
            continue
        values[name] = as_text(value)
        pattern = (also_allowed or {}).get(name)
        if not (pattern and pattern.fullmatch(values[name])):
            constraint = parameter.get("ConstraintDescription")
            errors += [
                f"--parameter {name}={values[name]}: {error}" + (f" ({constraint})" if constraint else "")
                for error in _constraint_errors(parameter, values[name])
            ]
    if not errors:  # rules are written for values that satisfy the constraints
        errors = list(failed_assertions(template, values, ignored_rules))
    if errors:
        raise SandboxError("\n".join(errors))


def _constraint_errors(parameter: Json, value: str) -> Iterator[str]:
    kind = parameter["Type"]
    if "AllowedValues" in parameter and value not in (allowed := [as_text(one) for one in parameter["AllowedValues"]]):
        yield f"must be one of {', '.join(allowed)}"
    if kind == "Number":
        yield from _number_errors(parameter, value)
    elif kind == "String":
        yield from _string_errors(parameter, value)
    else:
        raise SandboxError(f"the sandbox supports parameters of type String and Number, not {kind}")


def _number_errors(parameter: Json, value: str) -> Iterator[str]:
    if not _NUMBER.fullmatch(value):
        yield "must be a number"
        return
    if "MinValue" in parameter and float(value) < float(parameter["MinValue"]):
        yield f"must be at least {parameter['MinValue']}"
    if "MaxValue" in parameter and float(value) > float(parameter["MaxValue"]):
        yield f"must be at most {parameter['MaxValue']}"


def _string_errors(parameter: Json, value: str) -> Iterator[str]:
    if "MinLength" in parameter and len(value) < int(parameter["MinLength"]):
        yield f"must have at least {parameter['MinLength']} characters"
    if "MaxLength" in parameter and len(value) > int(parameter["MaxLength"]):
        yield f"must have at most {parameter['MaxLength']} characters"
    if "AllowedPattern" in parameter and not re.fullmatch(parameter["AllowedPattern"], value):
        yield f"must match {parameter['AllowedPattern']}"

"""As much of CloudWatch's metric math as the template uses: arithmetic, comparisons, AND, OR, IF, FILL, MAX and SUM.

A metric without data in a period is None there, and so is what is calculated from it. FILL replaces None, and MAX and
SUM of several metrics leave it out.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

type Value = float | None

_BINARY: Final[dict[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: Final[dict[type[ast.cmpop], Callable[[float, float], bool]]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def evaluate(expression: str, values: Mapping[str, Value], *, period: float = 60) -> Value:
    """Return the value of an expression in one period. Raises ``ValueError`` for what is not supported here.

    ``values`` are those of the metrics by id; ``period`` is in seconds.
    """
    return _evaluate(_parse(expression), values, period)


def names_in(expression: str) -> set[str]:
    """Return the ids that an expression refers to."""
    functions = {
        node.func.id
        for node in ast.walk(_parse(expression))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return {node.id for node in ast.walk(_parse(expression)) if isinstance(node, ast.Name)} - functions


@cache
def _parse(expression: str) -> ast.expr:
    python = re.sub(r"\b(AND|OR)\b", lambda match: match[0].lower(), expression)
    try:
        return ast.parse(python, mode="eval").body
    except SyntaxError:
        raise ValueError(expression) from None


def _evaluate(node: ast.expr, values: Mapping[str, Value], period: float) -> Value:
    def of(part: ast.expr) -> Value:
        return _evaluate(part, values, period)

    match node:
        case ast.Constant(value=float() | int() as number):
            return float(number)
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _combine(_BINARY[type(op)], of(left), of(right))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _combine(_COMPARISONS[type(op)], of(left), of(right))
        case ast.BoolOp(op=op, values=parts):
            known = [of(part) for part in parts]
            combined = all(known) if isinstance(op, ast.And) else any(known)
            return None if None in known else float(combined)
        case ast.Call(func=ast.Name(id=function), args=arguments):
            return _call(function, arguments, values, period)
    raise ValueError(ast.unparse(node))


def _call(function: str, arguments: list[ast.expr], values: Mapping[str, Value], period: float) -> Value:
    def of(part: ast.expr) -> Value:
        return _evaluate(part, values, period)

    match function, arguments:
        case "IF", [condition, yes, no]:
            held = of(condition)
            return None if held is None else of(yes if held else no)
        case "FILL", [metric, filler]:
            value = of(metric)
            return of(filler) if value is None else value
        case "PERIOD", [_]:
            return period
        case (("MAX" | "SUM"), [ast.List(elts=parts)]):
            return _aggregate(function, [of(part) for part in parts])
        case (("MAX" | "SUM"), [ast.Call(func=ast.Name(id="METRICS"), args=[])]):
            return _aggregate(function, list(values.values()))
    raise ValueError(function)


def _aggregate(function: str, values: list[Value]) -> Value:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return max(known) if function == "MAX" else sum(known)


def _combine(operation: Callable[[float, float], Any], left: Value, right: Value) -> Value:
    if left is None or right is None or (operation is operator.truediv and not right):
        return None
    return float(operation(left, right))

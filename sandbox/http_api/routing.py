"""Chooses the route of a request as API Gateway does."""

import re
from collections.abc import Sequence

from sandbox.template.routes import Route


def match_route(routes: Sequence[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the route that API Gateway would choose, with its path parameters, or None.

    The order of preference is: a path without variables, one with variables, a greedy one, ``$default``. Among equal
    paths, a named method goes before ANY.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
    """
    candidates: list[tuple[tuple[int, int, int], Route, dict[str, str]]] = []
    for route in routes:
        parameters = _path_parameters(route.path, path)
        if parameters is not None and route.method in (method, "ANY"):
            variables, greedy = route.path.count("{"), route.path.count("+}")
            rank = 3 if route.path == "$default" else 2 if greedy else 1 if variables else 0
            candidates.append(((rank, -route.path.count("/"), int(route.method == "ANY")), route, parameters))
    if not candidates:
        return None
    _, route, parameters = min(candidates, key=lambda candidate: candidate[0])
    return route, parameters


def _path_parameters(pattern: str, path: str) -> dict[str, str] | None:
    if pattern == "$default":
        return {}
    names = [name.removesuffix("+") for name in re.findall(r"\{([^}]+)\}", pattern)]
    expression = re.escape(pattern)
    expression = re.sub(r"\\\{[^}]+\\\+\\\}", "(.+)", expression)
    expression = re.sub(r"\\\{[^}]+\\\}", "([^/]+)", expression)
    matched = re.fullmatch(expression, path)
    return dict(zip(names, matched.groups(), strict=True)) if matched else None

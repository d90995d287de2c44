"""Routes are chosen as API Gateway chooses them."""

import pytest

from sandbox.http_api.routing import match_route
from sandbox.template.routes import Route

ROUTES = [
    Route(method=method, path=path, function_name=f"{method} {path}")
    for method, path in [
        ("ANY", "$default"),
        ("ANY", "/v1/{proxy+}"),
        ("ANY", "/v1/things/{thing-id}"),
        ("GET", "/v1/things/{thing-id}"),
        ("GET", "/v1/things/new"),
        ("POST", "/v1/things"),
        ("ANY", "/v1/things/{thing-id}/{rest+}"),
    ]
]


@pytest.mark.parametrize(
    ("method", "path", "route", "parameters"),
    [
        ("POST", "/v1/things", "POST /v1/things", {}),
        ("GET", "/v1/things/new", "GET /v1/things/new", {}),
        ("GET", "/v1/things/7", "GET /v1/things/{thing-id}", {"thing-id": "7"}),
        ("PUT", "/v1/things/7", "ANY /v1/things/{thing-id}", {"thing-id": "7"}),
        ("PUT", "/v1/things/7/a/b", "ANY /v1/things/{thing-id}/{rest+}", {"thing-id": "7", "rest": "a/b"}),
        ("PUT", "/v1/things", "ANY /v1/{proxy+}", {"proxy": "things"}),
        ("GET", "/v2", "ANY $default", {}),
    ],
)
def test_the_most_specific_route_takes_a_request(
    method: str, path: str, route: str, parameters: dict[str, str]
) -> None:
    matched = match_route(ROUTES, method, path)
    assert matched is not None
    assert (matched[0].function_name, matched[1]) == (route, parameters)


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/things"), ("POST", "/v1/thingsX"), ("POST", "/v1.things")])
def test_a_request_that_no_route_names_has_none(method: str, path: str) -> None:
    assert match_route([ROUTES[5]], method, path) is None

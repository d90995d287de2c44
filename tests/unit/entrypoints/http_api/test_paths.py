"""Which route a request is sent to: stages, custom domains, methods and slashes, in both payload formats."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from permit_ocr.application.ports import StoredEvent
from permit_ocr.domain.identity import document_id_of_page
from permit_ocr.entrypoints.http_api.paths import ROUTES
from permit_ocr.entrypoints.http_api.router import OPENAPI_FILE
from tests.unit.fakes.files import JPEG
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import world
from tests.unit.http_calls import HTTP, REST, Caller

BODY = {"image_base64": base64.b64encode(JPEG).decode()}
ID = "0123456789abcdef0123456789abcdef"
CONFIGURED = "/configured"
API, DOMAIN = "abc123", "api"
"""First labels of an API's own host name, which is its id, and of a custom domain."""


def route_of(path: str) -> tuple[str, dict[str, str] | None]:
    """Return the template that API Gateway chooses for a path, and its parameters."""
    for template in ROUTES:
        if matched := re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path):
            return template, matched.groupdict() or None
    return "/v1/{proxy+}", {"proxy": path.removeprefix("/v1/")}


def http_event(method: str, path: str, raw_path: str, *, stage: str = "$default", prefix: str = API) -> dict[str, Any]:
    """Return an event of payload format 2.0. ``path`` is what API Gateway routes."""
    template, parameters = route_of(path)
    key = f"{method} {template}"
    http = HTTP["requestContext"]["http"] | {"method": method, "path": raw_path}
    context = {"http": http, "stage": stage, "domainPrefix": prefix, "routeKey": key}
    event = {"rawPath": raw_path, "routeKey": key, "pathParameters": parameters}
    return {**HTTP, **event, "requestContext": {**HTTP["requestContext"], **context}}


def rest_event(method: str, path: str, reported: str, in_url: str, *, resource: str | None = None) -> dict[str, Any]:
    """Return an event of payload format 1.0. ``path`` is what API Gateway routes, ``reported`` the event's path."""
    template, parameters = (resource, {"proxy": path.strip("/")}) if resource else route_of(path)
    context = {"path": in_url, "resourcePath": template, "httpMethod": method}
    event = {"resource": template, "path": reported, "httpMethod": method, "pathParameters": parameters}
    return {**REST, **event, "requestContext": {**REST["requestContext"], **context}}


type Event = Callable[[str, str], dict[str, Any]]

# Where API Gateway serves the API: the base path of its URLs, and the event of a request.
PLACES: dict[str, tuple[str, Event]] = {
    "stage, 2.0": ("/prod", lambda method, path: http_event(method, path, f"/prod{path}", stage="prod")),
    "stage v1, 2.0": ("/v1", lambda method, path: http_event(method, path, f"/v1{path}", stage="v1")),
    "mapping, 2.0": ("/permits", lambda method, path: http_event(method, path, f"/permits{path}", prefix=DOMAIN)),
    "mapping of two levels to a stage, 2.0": (
        "/permits/v1",
        lambda method, path: http_event(method, path, f"/permits/v1{path}", stage="prod", prefix=DOMAIN),
    ),
    "mapping that is not reported, 2.0": (
        CONFIGURED,
        lambda method, path: http_event(method, path, path, prefix=DOMAIN),
    ),
    "mapping to a stage that is reported instead, 2.0": (
        CONFIGURED,
        lambda method, path: http_event(method, path, f"/prod{path}", stage="prod", prefix=DOMAIN),
    ),
    "stage, HTTP API with 1.0": (
        "/prod",
        lambda method, path: {**rest_event(method, path, f"/prod{path}", f"/prod{path}"), "version": "1.0"},
    ),
    "stage, REST": ("/prod", lambda method, path: rest_event(method, path, path, f"/prod{path}")),
    "mapping, REST": ("/permits", lambda method, path: rest_event(method, path, f"/permits{path}", f"/permits{path}")),
    "mapping v1, REST": ("/v1", lambda method, path: rest_event(method, path, f"/v1{path}", f"/v1{path}")),
    "mapping without its stage, REST": (
        "/permits/prod",
        lambda method, path: rest_event(method, path, f"/permits/prod{path}", f"/permits/prod{path}"),
    ),
    "proxy resource, REST": (
        "/prod",
        lambda method, path: rest_event(method, path, path, f"/prod{path}", resource="/{proxy+}"),
    ),
    "proxy resource, mapping v1, REST": (
        "/v1",
        lambda method, path: rest_event(method, path, f"/v1{path}", f"/v1{path}", resource="/{proxy+}"),
    ),
}
every_place = pytest.mark.parametrize(("base_path", "event_of"), PLACES.values(), ids=PLACES)


def send(caller: Caller, event: dict[str, Any], body: Any = None, **headers: str) -> tuple[dict[str, Any], Any]:
    text = None if body is None else json.dumps(body)
    return caller.send({**event, "body": text, "headers": headers, "multiValueHeaders": None})


@every_place
def test_every_route_is_found_under_a_base_path_and_links_have_it(base_path: str, event_of: Event) -> None:
    caller = Caller(world(MAINLAND_FRONT), unreported_base_path=CONFIGURED)
    event = event_of("POST", "/v1/uploads")
    response, upload = send(caller, event, {})
    assert header(response, "location") == f"{base_path}/v1/recognitions/{upload['id']}"
    event = event_of("POST", "/v1/recognitions")
    response, payload = send(caller, event, BODY, prefer="respond-async")
    assert header(response, "location") == f"{base_path}/v1/recognitions/{payload['id']}"
    response, result = send(caller, event, BODY | {"case": "7"})
    assert header(response, "content-location") == f"{base_path}/v1/recognitions/{result['id']}"
    event = event_of("GET", f"/v1/recognitions/{result['id']}")
    assert send(caller, event)[1] == result
    event = event_of("DELETE", f"/v1/recognitions/{upload['id']}")
    assert send(caller, event)[0]["statusCode"] == 204
    event = event_of("GET", "/v1/cases/7")
    assert send(caller, event)[1]["sides"][0]["document_id"] == result["id"]
    event = event_of("GET", "/v1/openapi.json")
    assert send(caller, event)[1]["openapi"]


@every_place
def test_the_pages_of_a_file_are_listed_under_the_base_path(base_path: str, event_of: Event) -> None:
    caller = Caller(world(), unreported_base_path=CONFIGURED)
    page = document_id_of_page(ID, 1)
    caller.here.documents.record_pages(ID, pages=1)
    event = event_of("GET", f"/v1/recognitions/{ID}")
    response, _ = send(caller, event)
    assert header(response, "location") == f"{base_path}/v1/recognitions/{ID}"
    caller.here.documents.store_event(page, StoredEvent(event="{}", published=True))
    _, payload = send(caller, event)
    assert [each["location"] for each in payload["pages"]] == [f"{base_path}/v1/recognitions/{page}"]


@every_place
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", f"/v1/recognitions/{ID}/"), ("GET", "/v1/cases/7/"), ("POST", "/v1/uploads/"), ("HEAD", "/v1/cases/7/")],
)
def test_a_slash_at_the_end_changes_nothing(base_path: str, event_of: Event, method: str, path: str) -> None:
    with_slash, without = (send(Caller(world()), event_of(method, each), {})[0] for each in (path, path.rstrip("/")))
    assert with_slash["statusCode"] == without["statusCode"]
    assert with_slash["statusCode"] in {201, 404}
    assert "NoRoute" not in (with_slash["body"] or "")


@every_place
def test_head_is_get_without_the_body(base_path: str, event_of: Event) -> None:
    caller = Caller(world())
    caller.here.documents.register(ID)
    for path in (f"/v1/recognitions/{ID}", "/v1/openapi.json", "/v1/cases/7"):
        get, _ = send(caller, event_of("GET", path))
        head, body = send(caller, event_of("HEAD", path))
        assert (head["body"], body) == ("", None)
        assert get["body"]
        assert {**head, "body": ""} == {**get, "body": ""}


@every_place
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/recognitions", "POST"),
        ("HEAD", "/v1/uploads", "POST"),
        ("PUT", f"/v1/recognitions/{ID}", "GET, DELETE, HEAD"),
        ("POST", f"/v1/recognitions/{ID}/", "GET, DELETE, HEAD"),
        ("PATCH", "/v1/openapi.json", "GET, HEAD"),
        ("BREW", "/v1/cases/7", "GET, DELETE, HEAD"),
    ],
)
def test_a_method_that_a_path_does_not_have_is_405(
    base_path: str, event_of: Event, method: str, path: str, allowed: str
) -> None:
    response, payload = send(Caller(world()), event_of(method, path), {})
    assert (response["statusCode"], response["headers"]["Allow"]) == (405, allowed)
    assert method == "HEAD" or payload["code"] == "Request.MethodNotAllowed"


@every_place
def test_options_names_the_methods(base_path: str, event_of: Event) -> None:
    response, body = send(Caller(world()), event_of("OPTIONS", f"/v1/recognitions/{ID}"))
    assert (response["statusCode"], body, response["headers"]["Allow"]) == (204, None, "GET, DELETE, HEAD")
    assert not [name for name in response["headers"] if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    "event",
    [
        http_event("GET", f"/v1/cases/x/v1/recognitions/{ID}", f"/v1/cases/x/v1/recognitions/{ID}"),
        http_event("GET", f"/v1/cases/x/v1/recognitions/{ID}", f"/prod/v1/cases/x/v1/recognitions/{ID}", stage="prod"),
        http_event("GET", f"/v1/cases/x/v1/recognitions/{ID}", f"/v1/v1/cases/x/v1/recognitions/{ID}", stage="v1"),
        rest_event("GET", f"/v1/cases/x/v1/recognitions/{ID}", *[f"/prod/v1/cases/x/v1/recognitions/{ID}"] * 2),
        {
            **http_event("GET", "/v1/cases/x", f"/v1/cases/x/v1/recognitions/{ID}"),
            "pathParameters": {"case": f"x%2Fv1%2Frecognitions%2F{ID}"},
        },
        {
            **http_event("GET", f"/v1/cases/x/v1/recognitions/{ID}", f"/v1/x/v1/recognitions/{ID}"),
            "routeKey": "$default",
        },
    ],
)
def test_what_api_gateway_has_routed_is_not_a_base_path(event: dict[str, Any]) -> None:
    """Else a caller whose policy allows only cases could read a document."""
    caller = Caller(world())
    caller.here.documents.register(ID)
    response, payload = send(caller, event)
    assert (response["statusCode"], payload["code"]) == (404, "Request.NoRoute")


@pytest.mark.parametrize(
    "base_path", ["//evil.example", "/a\r\nset-cookie: x", "/a//b", "/%0d", "/\ud800", "evil", "/é"]
)
@pytest.mark.parametrize("rest", [False, True])
def test_a_base_path_that_is_no_stage_or_mapping_is_not_found(base_path: str, rest: bool) -> None:  # noqa: FBT001
    raw = f"{base_path}/v1/uploads"
    event = rest_event("POST", "/v1/uploads", raw, raw) if rest else http_event("POST", "/v1/uploads", raw)
    assert send(Caller(world()), event, {})[0]["statusCode"] == 404
    if rest:
        response, payload = send(Caller(world()), rest_event("POST", "/v1/uploads", "/v1/uploads", raw), {})
        assert header(response, "location") == f"/v1/recognitions/{payload['id']}"


@pytest.mark.parametrize("event", [HTTP, REST])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/v1/recognitions/{ID[:-1]}%66", 202),
        (f"/v1/recognitions/{ID}%2F", 422),
        ("/v1/recognitions/" + "a" * 8000, 422),
        ("/v1/recognitions/\ud800", 422),
        ('/v1/recognitions/a\x00\\b"', 422),
        ("/v1/cases/%C3%28", 404),
        ("/v1/cases//", 404),
        ("/v1/recognitions//" + ID, 404),
        ("v1/cases/7", 404),
        ("", 404),
    ],
)
def test_an_odd_path_parameter_is_not_an_id(event: dict[str, Any], path: str, status: int) -> None:
    caller = Caller(world())
    caller.here.documents.register(ID)
    is_rest = event is REST
    odd = rest_event("GET", path, path, path) if is_rest else http_event("GET", path, path)
    assert send(caller, odd)[0]["statusCode"] == status


def test_the_table_of_routes_is_the_openapi_documents() -> None:
    paths = json.loads(OPENAPI_FILE.read_text(encoding="utf-8"))["paths"]
    documented = {path: {method.upper() for method in operations} for path, operations in paths.items()}
    assert {path: set(methods) for path, methods in ROUTES.items()} == documented


def header(response: dict[str, Any], name: str) -> str:
    lists = {key: ",".join(values) for key, values in response.get("multiValueHeaders", {}).items()}
    return {key.lower(): str(value) for key, value in (lists | response["headers"]).items()}[name]

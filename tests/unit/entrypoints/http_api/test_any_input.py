"""Whatever is sent, the response is below 500 and one that the OpenAPI document describes."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from permit_ocr.entrypoints.http_api.paths import ROUTES, locate
from permit_ocr.entrypoints.http_api.router import OPENAPI_FILE
from tests.unit.fakes.files import jpeg
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import world
from tests.unit.http_calls import HTTP, IMAGE, REST, Caller, content_type

OPENAPI = json.loads(OPENAPI_FILE.read_text(encoding="utf-8"))
ID = "0123456789abcdef0123456789abcdef"
SECRET = "C98765432"
FIELDS = sorted(OPENAPI["components"]["schemas"]["RecognitionRequest"]["properties"])

# Text in which surrogates, controls and non-characters are as likely as letters.
TEXT = st.text(st.characters(codec=None, categories=None), max_size=12)
ODD_TEXT = TEXT | st.sampled_from([*ROUTES, ID, "", "\ud800", "\x00", "\ufeff", "a" * 5000, SECRET])
ODD_NUMBERS = st.sampled_from(
    ["9" * 6000, "-" + "1" * 4301, "1" * 400 + ".5", "1e999", "-1e-999", "-0", "NaN", "Infinity", "-Infinity"]
)
SCALARS = (
    ODD_NUMBERS
    | st.none().map(json.dumps)
    | st.booleans().map(json.dumps)
    | st.integers().map(str)
    | st.floats().map(json.dumps)
    | ODD_TEXT.map(json.dumps)
)
DEEP = st.builds(
    lambda part, depth, end: part * depth + end * depth,
    st.sampled_from(["[", '{"a":']),
    st.sampled_from([100, 3000, 100_000]),
    st.sampled_from(["", "]"]),
)


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Objects as text: names may be repeated."""
    names = st.sampled_from(FIELDS) | ODD_TEXT
    members = st.tuples(names.map(json.dumps), values).map(":".join)
    return st.lists(members, max_size=5).map(lambda written: "{" + ",".join(written) + "}")


JSON = st.recursive(
    SCALARS | DEEP, lambda inner: objects(inner) | st.lists(inner, max_size=3).map(lambda v: f"[{','.join(v)}]")
)
BODIES = JSON | TEXT | st.none()


def respond(event: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    caller = Caller(world(*[MAINLAND_FRONT] * 3), seconds_left=3)
    caller.here.documents.register(ID)
    response, payload = caller.send(event)
    described(event, response, payload)
    return response, payload


def described(event: dict[str, Any], response: dict[str, Any], payload: Any) -> None:
    """Fail unless the response's status, type and body are those of its operation."""
    status, method = response["statusCode"], method_of(event)
    assert status < 500
    located = locate(event)
    operations = OPENAPI["paths"][located.template] if located else {}
    operation = operations.get({"HEAD": "GET"}.get(method, method).lower())
    if operation is None or method == "OPTIONS":
        assert status in {204, 404, 405}
        return
    content = operation["responses"][str(status)].get("content", {})
    if response["body"]:
        (schema,) = (media["schema"] for name, media in content.items() if name == content_type(response))
        Draft202012Validator({**schema, "components": OPENAPI["components"]}).validate(payload)


def method_of(event: dict[str, Any]) -> str:
    return str(event.get("httpMethod", event["requestContext"].get("http", {}).get("method"))).upper()


def event_of(rest: bool, method: str, path: str, **members: Any) -> dict[str, Any]:  # noqa: FBT001
    if rest:
        return {**REST, "path": path, "httpMethod": method, **members}
    http = {**HTTP["requestContext"]["http"], "method": method, "path": path}
    return {**HTTP, "rawPath": path, "requestContext": {**HTTP["requestContext"], "http": http}, **members}


@given(rest=st.booleans(), body=BODIES, path=st.sampled_from(["/v1/recognitions", "/v1/uploads"]))
def test_any_body(rest: bool, body: str | None, path: str) -> None:  # noqa: FBT001
    respond(event_of(rest, "POST", path, body=body))


@pytest.mark.parametrize("field", [*FIELDS, "content_type"])
@given(value=JSON, rest=st.booleans())
def test_any_value_of_any_field(field: str, value: str, rest: bool) -> None:  # noqa: FBT001
    others = {"image_base64": IMAGE} if field in {"document", "card_side", "return_portrait", "case"} else {}
    body = f'{json.dumps(others)[:-1]}{"," if others else ""}"{field}":{value}}}'
    for path in ("/v1/recognitions", "/v1/uploads"):
        response, _ = respond(event_of(rest, "POST", path, body=body))
        assert response["statusCode"] < 400 or SECRET not in response["body"]


@given(image=st.binary(max_size=200) | st.binary(max_size=60).map(jpeg), prefer=st.sampled_from(["", "respond-async"]))
def test_any_image(image: bytes, prefer: str) -> None:
    headers = {"content-type": "application/json", "prefer": prefer}
    text = json.dumps({"image_base64": base64.b64encode(image).decode()})
    respond(event_of(False, "POST", "/v1/recognitions", body=text, headers=headers))  # noqa: FBT003


@given(
    url=st.tuples(
        st.sampled_from(["https://", "HTTP://", "//", "https:", ""]),
        st.sampled_from(["a.example", "[::1]", "[::1", "a:99999", "xn--\u0301", "\u2100", "user@a", "%00", ""]) | TEXT,
        st.sampled_from(["/", "?", "#", "/?x-amz-signature=1&", "/;?&=&&=%ff"]),
        TEXT,
    ).map("".join),
    prefer=st.sampled_from(["", "respond-async"]),
)
def test_any_address(url: str, prefer: str) -> None:
    headers = {"content-type": "application/json", "prefer": prefer}
    respond(event_of(False, "POST", "/v1/recognitions", body=json.dumps({"image_url": url}), headers=headers))  # noqa: FBT003


@given(
    rest=st.booleans(),
    values=st.fixed_dictionaries(
        {},
        optional={
            "Content-Type": ODD_TEXT | st.sampled_from(["application/json;charset=gbk", "multipart/form-data", ","]),
            "idempotency-key": ODD_TEXT,
            "Prefer": ODD_TEXT | st.sampled_from([";,=,respond-async", "respond-async"]),
            "x-\u00ff": ODD_TEXT,
        },
    ),
    several=st.booleans(),
)
def test_any_header(rest: bool, values: dict[str, str], several: bool) -> None:  # noqa: FBT001
    lists = {name: [value, value] for name, value in values.items()} if several else None
    body = json.dumps({"image_base64": IMAGE})
    respond(event_of(rest, "POST", "/v1/recognitions", body=body, headers=values, multiValueHeaders=lists))


@given(
    rest=st.booleans(),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "get", "", "\ud800"]),
    path=st.lists(st.sampled_from(["v1", "recognitions", "cases", "uploads", "openapi.json", ID]) | TEXT, max_size=5),
    query=st.dictionaries(TEXT, st.lists(TEXT, min_size=1, max_size=3), max_size=3) | st.none(),
    body=BODIES,
)
def test_any_path_and_query(
    rest: bool,  # noqa: FBT001
    method: str,
    path: list[str],
    query: dict[str, list[str]] | None,
    body: str | None,
) -> None:
    joined = {name: ",".join(values) for name, values in query.items()} if query else None
    parameters = {"queryStringParameters": joined, "multiValueQueryStringParameters": query, "pathParameters": None}
    respond(event_of(rest, method, "/" + "/".join(path), body=body, **parameters))


@given(rest=st.booleans(), encoded=st.booleans(), body=BODIES | st.binary().map(lambda b: base64.b64encode(b).decode()))
def test_any_body_and_any_claim_about_its_encoding(rest: bool, encoded: bool, body: str | None) -> None:  # noqa: FBT001
    respond(event_of(rest, "POST", "/v1/recognitions", body=body, isBase64Encoded=encoded))


def test_half_a_million_unknown_fields_are_one_error() -> None:
    body = "{" + ",".join(f'"{number:x}":0' for number in range(400_000)) + "}"
    response, _ = respond(event_of(False, "POST", "/v1/recognitions", body=body))  # noqa: FBT003
    assert response["statusCode"] == 422
    assert len(response["body"]) < 1000

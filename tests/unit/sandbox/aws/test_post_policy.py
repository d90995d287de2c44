"""Forms that S3 would refuse never reach moto. test_s3_presigned_uploads.py tests the forms that the API issues."""

import base64
import io
import json
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from sandbox.aws.post_policy import PostPolicyMiddleware

POLICY = {
    "expiration": "2999-01-01T00:00:00Z",
    "conditions": [
        {"bucket": "uploads"},
        ["eq", "$key", "in/1"],
        ["starts-with", "$Content-Type", "image/"],
        ["content-length-range", 1, 10],
    ],
}


@Request.application
def moto(request: Request) -> Response:
    form = {"key": request.form.get("key"), "file": request.files["file"].read().decode()} if request.files else None
    return Response(json.dumps(form))


def post(content: bytes = b"hello", **fields: str) -> Any:
    policy = base64.b64encode(json.dumps(POLICY).encode()).decode()
    form = {"policy": policy, "key": "in/1", "Content-Type": "image/png", **fields}
    return Client(PostPolicyMiddleware(moto)).post("/uploads", data={**form, "file": (io.BytesIO(content), "1.png")})


def test_a_form_within_its_policy_is_passed_on_unchanged() -> None:
    response = post()
    assert (response.status_code, response.json or json.loads(response.text)) == (200, {"key": "in/1", "file": "hello"})


@pytest.mark.parametrize(
    ("content", "fields", "status", "code"),
    [
        (b"hello", {"key": "in/2"}, 403, "AccessDenied"),
        (b"hello", {"Content-Type": "text/html"}, 403, "AccessDenied"),
        (b"hello", {"acl": "public-read"}, 403, "AccessDenied"),
        (b"hello", {"policy": "none"}, 403, "AccessDenied"),
        (b"", {}, 400, "EntityTooSmall"),
        (b"hello world", {}, 400, "EntityTooLarge"),
    ],
)
def test_any_other_form_is_refused_with_s3s_error(
    content: bytes, fields: dict[str, str], status: int, code: str
) -> None:
    response = post(content, **fields)
    assert response.status_code == status
    assert f"<Code>{code}</Code>" in response.text


def test_a_form_without_a_file_is_refused() -> None:
    response = Client(PostPolicyMiddleware(moto)).post(
        "/uploads", data={"key": "in/1"}, content_type="multipart/form-data; boundary=x"
    )
    assert response.status_code == 400


def test_a_request_that_is_not_a_form_is_passed_on() -> None:
    assert Client(PostPolicyMiddleware(moto)).put("/uploads/in/1", data=b"hello").status_code == 200

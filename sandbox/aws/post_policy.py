"""S3's POST policies, enforced: S3 accepts only what a form's policy allows; moto accepts every form.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
Signatures are not verified: the sandbox's AWS accepts any key.
"""

import base64
import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from werkzeug.formparser import parse_form_data

_FIELDS_OUTSIDE_POLICY: Final = ("x-amz-signature", "policy", "file", "awsaccesskeyid", "signature")
_IGNORED_PREFIX: Final = "x-ignore-"


class PostPolicyError(Exception):
    """S3 would refuse the form. Carries the HTTP status and S3's error code; the message gives the reason."""

    def __init__(self, status: str, code: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code


def check_post_policy(fields: Mapping[str, str], size: int, *, bucket: str, now: datetime) -> None:
    """Raise ``PostPolicyError`` unless the form's policy allows its fields and its file of ``size`` bytes."""
    form = {name.lower(): value for name, value in fields.items()}
    try:
        policy = json.loads(base64.b64decode(form.get("policy", ""), validate=True))
        expires = datetime.fromisoformat(policy["expiration"])
        conditions = [_normalized(condition) for condition in policy["conditions"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _access_denied("the form has no readable policy") from None
    if now >= expires:
        raise _access_denied("Policy expired.")
    form["bucket"] = bucket
    for operator, name, value in conditions:
        if operator == "content-length-range":
            _check_size(size, minimum=int(name), maximum=int(value))
        elif not _condition_holds(operator, form.get(name.removeprefix("$").lower(), ""), value):
            raise _access_denied(f"Policy Condition failed: {json.dumps([operator, name])}")
    named = {name.removeprefix("$").lower() for operator, name, _ in conditions if operator != "content-length-range"}
    for name in form.keys() - named - set(_FIELDS_OUTSIDE_POLICY) - {"bucket"}:
        if not name.startswith(_IGNORED_PREFIX):
            raise _access_denied(f"Extra input fields: {name}")


class PostPolicyMiddleware:
    """WSGI middleware that passes on only the forms that S3 would accept."""

    def __init__(
        self, application: Callable[..., Any], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._application = application
        self._clock = clock

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        is_form = environ.get("REQUEST_METHOD") == "POST" and "multipart/form-data" in environ.get("CONTENT_TYPE", "")
        if is_form:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            try:
                self._check(environ, body)
            except PostPolicyError as error:
                start_response(error.status, [("Content-Type", "application/xml")])
                reason = escape(str(error))
                return [f"<Error><Code>{error.code}</Code><Message>{reason}</Message></Error>".encode()]
            environ["wsgi.input"] = io.BytesIO(body)
        response: Iterable[bytes] = self._application(environ, start_response)
        return response

    def _check(self, environ: dict[str, Any], body: bytes) -> None:
        _, fields, files = parse_form_data({**environ, "wsgi.input": io.BytesIO(body)}, silent=False)
        if "file" not in files:
            raise PostPolicyError("400 Bad Request", "InvalidArgument", "POST requires exactly one file upload.")
        bucket = environ["PATH_INFO"].strip("/").partition("/")[0]
        size = files["file"].stream.seek(0, io.SEEK_END)
        check_post_policy(fields.to_dict(), size, bucket=bucket, now=self._clock())


def _normalized(condition: Any) -> tuple[str, str, str]:  # noqa: ANN401  JSON
    """Return a condition as operator, field and value: ``{"acl": "x"}`` is short for ``["eq", "$acl", "x"]``."""
    if isinstance(condition, dict):
        ((name, value),) = condition.items()
        return "eq", f"${name}", str(value)
    operator, name, value = condition
    return str(operator).lower(), str(name), str(value)


def _condition_holds(operator: str, field: str, value: str) -> bool:
    return field.startswith(value) if operator == "starts-with" else operator == "eq" and field == value


def _check_size(size: int, *, minimum: int, maximum: int) -> None:
    if size > maximum:
        raise PostPolicyError(
            "400 Bad Request", "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"
        )
    if size < minimum:
        raise PostPolicyError(
            "400 Bad Request", "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"
        )


def _access_denied(reason: str) -> PostPolicyError:
    return PostPolicyError("403 Forbidden", "AccessDenied", f"Invalid according to Policy: {reason}")

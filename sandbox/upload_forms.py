"""S3's POST policies: what a form may upload. moto takes every form; S3 takes what its policy says, and nothing beside.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
Signatures are not looked at: the sandbox's AWS takes any key.
"""

import base64
import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from werkzeug.formparser import parse_form_data

_NOT_IN_A_POLICY: Final = ("x-amz-signature", "policy", "file", "awsaccesskeyid", "signature")
_IGNORED: Final = "x-ignore-"


class RefusedFormError(Exception):
    """S3 would refuse the form; carries the status and S3's code, and says why."""

    def __init__(self, status: str, code: str, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.code = code


def refuse_form(fields: Mapping[str, str], size: int, *, bucket: str, now: datetime) -> None:
    """Raise ``RefusedFormError`` unless the form's own policy allows its fields and its file of ``size`` bytes."""
    form = {name.lower(): value for name, value in fields.items()}
    try:
        policy = json.loads(base64.b64decode(form.get("policy", ""), validate=True))
        expires = datetime.fromisoformat(policy["expiration"])
        conditions = [_normal(condition) for condition in policy["conditions"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _denied("the form has no policy that can be read") from None
    if now >= expires:
        raise _denied("Policy expired.")
    form["bucket"] = bucket
    for operator, name, value in conditions:
        if operator == "content-length-range":
            _refuse_size(size, least=int(name), most=int(value))
        elif not _holds(operator, form.get(name.removeprefix("$").lower(), ""), value):
            raise _denied(f"Policy Condition failed: {json.dumps([operator, name])}")
    named = {name.removeprefix("$").lower() for operator, name, _ in conditions if operator != "content-length-range"}
    for name in form.keys() - named - set(_NOT_IN_A_POLICY) - {"bucket"}:
        if not name.startswith(_IGNORED):
            raise _denied(f"Extra input fields: {name}")


class UploadForms:
    """A WSGI application that passes on only the forms that S3 would take."""

    def __init__(
        self, application: Callable[..., Any], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._application = application
        self._clock = clock

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        form = environ.get("REQUEST_METHOD") == "POST" and "multipart/form-data" in environ.get("CONTENT_TYPE", "")
        if form:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            try:
                self._refuse(environ, body)
            except RefusedFormError as error:
                start_response(error.status, [("Content-Type", "application/xml")])
                why = escape(str(error))
                return [f"<Error><Code>{error.code}</Code><Message>{why}</Message></Error>".encode()]
            environ["wsgi.input"] = io.BytesIO(body)
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer

    def _refuse(self, environ: dict[str, Any], body: bytes) -> None:
        _, fields, files = parse_form_data({**environ, "wsgi.input": io.BytesIO(body)}, silent=False)
        if "file" not in files:
            raise RefusedFormError("400 Bad Request", "InvalidArgument", "POST requires exactly one file upload.")
        bucket = environ["PATH_INFO"].strip("/").partition("/")[0]
        size = files["file"].stream.seek(0, io.SEEK_END)
        refuse_form(fields.to_dict(), size, bucket=bucket, now=self._clock())


def _normal(condition: Any) -> tuple[str, str, str]:  # noqa: ANN401  JSON
    """Return a condition as operator, field and value: ``{"acl": "x"}`` is short for ``["eq", "$acl", "x"]``."""
    if isinstance(condition, dict):
        ((name, value),) = condition.items()
        return "eq", f"${name}", str(value)
    operator, name, value = condition
    return str(operator).lower(), str(name), str(value)


def _holds(operator: str, said: str, value: str) -> bool:
    return said.startswith(value) if operator == "starts-with" else operator == "eq" and said == value


def _refuse_size(size: int, *, least: int, most: int) -> None:
    if size > most:
        raise RefusedFormError(
            "400 Bad Request", "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"
        )
    if size < least:
        raise RefusedFormError(
            "400 Bad Request", "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"
        )


def _denied(why: str) -> RefusedFormError:
    return RefusedFormError("403 Forbidden", "AccessDenied", f"Invalid according to Policy: {why}")

"""Denies chosen calls, as AWS does when a policy or a key's policy is wrong. For tests of what happens then."""

import json
from collections.abc import Callable
from typing import Any, Final

DENIALS_PATH: Final = "/sandbox/denials"
_JSON: Final = b'{"__type":"AccessDeniedException","message":"denied"}'
_XML: Final = b"<Error><Code>AccessDenied</Code><Message>denied</Message></Error>"


class Denials:
    """WSGI middleware that adds ``PUT /sandbox/denials``.

    The body is a JSON list of what is denied from now on, such as ``DynamoDB``, ``S3 GET`` or ``SQS ReceiveMessage
    images``: a service, an operation or method, and a text in the request, which may be left out from the end.
    """

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application
        self._denied: list[list[str]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:  # noqa: ANN401  WSGI's
        """Answer one request."""
        if environ.get("PATH_INFO") == DENIALS_PATH:
            self._denied = [one.split() for one in json.loads(environ["wsgi.input"].read())]
            start_response("204 No Content", [])
            return []
        if self._denied and self._is_denied(environ):
            is_json = "HTTP_X_AMZ_TARGET" in environ
            content_type = "application/x-amz-json-1.0" if is_json else "application/xml"
            start_response("400 Bad Request" if is_json else "403 Forbidden", [("Content-Type", content_type)])
            return [_JSON if is_json else _XML]
        return self._application(environ, start_response)

    def _is_denied(self, environ: dict[str, Any]) -> bool:
        service, _, operation = environ.get("HTTP_X_AMZ_TARGET", "S3.").partition(".")
        name = service.removeprefix("Amazon").partition("_")[0]
        operation = operation or environ["REQUEST_METHOD"]
        for denied in self._denied:
            if denied[:2] == [name, operation][: len(denied)] and self._mentions(environ, denied[2:]):
                return True
        return False

    @staticmethod
    def _mentions(environ: dict[str, Any], texts: list[str]) -> bool:
        if not texts:
            return True
        body = environ["wsgi.input"].read()
        environ["wsgi.input"].seek(0)
        return all(text.encode() in body for text in texts)

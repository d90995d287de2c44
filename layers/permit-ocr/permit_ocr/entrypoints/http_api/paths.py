"""Finds the route of a request, and the base path that links in its response need.

| API Gateway's event               | path that it reports                                                            |
|-----------------------------------|---------------------------------------------------------------------------------|
| HTTP API, stage ``$default``      | the route's path                                                                |
| HTTP API, named stage             | ``/STAGE`` and the route's path                                                 |
| HTTP API, custom domain, format 1 | the mapping's base path and the route's path                                    |
| HTTP API, custom domain, format 2 | as without the custom domain: the base path is not reported. Some observed that |
|                                   | it is, so both are accepted                                                     |
| REST API                          | ``path`` has a mapping's base path but no stage, unless the mapping leaves the  |
|                                   | stage to the caller; ``requestContext.path`` is the path of the URL             |

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote

ROUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "/v1/recognitions": ("POST",),
    "/v1/recognitions/{document_id}": ("GET", "DELETE"),
    "/v1/recognitions/{document_id}/image": ("GET",),
    "/v1/recognitions/{document_id}/review": ("GET", "POST"),
    "/v1/recognitions/{document_id}/review/lease": ("POST", "DELETE"),
    "/v1/reviews": ("GET",),
    "/v1/uploads": ("POST",),
    "/v1/cases/{case}": ("GET", "DELETE"),
    "/v1/expiries": ("GET",),
    "/v1/openapi.json": ("GET",),
}
"""The methods of each path."""
REVIEW_PATHS: Final = frozenset(path for path in ROUTES if path.endswith(("/reviews", "/review", "/lease", "/image")))
"""What only reviewers may call, if their tokens have a scope of their own."""
_BASE_PATH: Final = re.compile(r"(/[A-Za-z0-9$_.+!*'(),~-]+)*")
"""What stages and API mappings may be called. Anything else must not get into a header."""
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPath:
    """Where a request was sent to."""

    template: str
    """Key in ``ROUTES``."""
    path: str
    """The path as the template has it: without a base path, and without a slash at the end."""
    base_path: str
    """What precedes ``path`` in the URL, without a slash at the end."""


def parameter(located: RequestPath, name: str) -> str | None:
    """Return a path parameter of a request, None if its route has no such parameter."""
    pairs = zip(located.template.split("/"), located.path.split("/"), strict=True)
    return next((value for segment, value in pairs if segment == f"{{{name}}}"), None)


def is_rest(event: Mapping[str, Any]) -> bool:
    """Return whether an event has payload format 1.0. A REST API's events have no version."""
    return event.get("version") != "2.0"


def locate(event: Mapping[str, Any], *, unreported_base_path: str = "") -> RequestPath | None:
    """Return where a request was sent to, None if no route has that path.

    ``unreported_base_path`` is the base path on a custom domain whose events do not report it.
    """
    reported = str(event.get("path" if is_rest(event) else "rawPath") or "").removesuffix("/")
    found = _split(reported, event)
    if found is None:
        return None
    prefix, template = found
    path = reported.removeprefix(prefix)
    return RequestPath(
        template=template,
        path=_without_odd_characters(path, template),
        base_path=_base_path(event, prefix, path, unreported_base_path),
    )


def _split(path: str, event: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the base path before the route's path, and the route's template."""
    if not path.startswith("/"):
        return None
    segments = path.split("/")
    for template in ROUTES:
        count = template.count("/")
        prefix, tail = "/".join(segments[:-count]), "/".join(["", *segments[-count:]])
        if _matches(template, tail):
            return (prefix, template) if _is_base_path(prefix, tail, event) else None
    return None


def _matches(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


def _is_base_path(prefix: str, tail: str, event: Mapping[str, Any]) -> bool:
    """Return whether ``prefix`` is a stage or a mapping, rather than a part of the path that API Gateway has routed.

    A caller whose policy allows only /v1/cases/* must not reach /v1/cases/x/v1/recognitions/ID. What API Gateway
    routes begins with /v1, so a prefix is a base path if it has no v1, or if the route with its parameters begins after
    it.
    """
    if not _BASE_PATH.fullmatch(prefix):
        return False
    if "v1" not in prefix.split("/"):
        return True
    route = event.get("resource") if is_rest(event) else str(event.get("routeKey")).partition(" ")[2]
    parameters = event.get("pathParameters") or {}
    routed = re.sub(r"\{([^{}+]+)\+?\}", lambda name: str(parameters.get(name[1], "")), str(route))
    return unquote(routed).removesuffix("/") == unquote(tail)


def _without_odd_characters(path: str, template: str) -> str:
    """Decode percent-encoded letters and digits in path parameters, and encode all that no id contains.

    The resolver's own pattern of a parameter does not match every character, and a 404 should come from the route.
    """
    pairs = zip(path.split("/"), template.split("/"), strict=True)
    return "/".join(_parameter(segment) if name.startswith("{") else segment for segment, name in pairs)


def _parameter(segment: str) -> str:
    decoded = unquote(segment)
    return decoded if _UNRESERVED.fullmatch(decoded) else quote(segment, safe="", errors="replace")


def _base_path(event: Mapping[str, Any], prefix: str, tail: str, unreported: str) -> str:
    context = event.get("requestContext") or {}
    if is_rest(event):
        in_url = str(context.get("path") or "").removesuffix("/")
        before = in_url.removesuffix(tail)
        return before if in_url != before and before.endswith(prefix) and _BASE_PATH.fullmatch(before) else prefix
    # A custom domain's prefix is its first label, that of an API's own endpoint is the API's id.
    api_id = context.get("apiId")
    custom_domain = context.get("domainPrefix", api_id) != api_id
    return unreported if custom_domain and prefix in {"", f"/{context.get('stage')}"} else prefix

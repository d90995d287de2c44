"""Call a deployment's HTTP API, so that what is read and deleted is in the audit trail under the caller's identity."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import boto3
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from cli.deployment import Deployment, DeploymentNotFound

_MAX_REQUESTS: Final = 100
"""The deletion of a large case takes one request for some hundred documents."""
_LONGEST_WAIT_SECONDS: Final = 30.0
_TIMEOUT_SECONDS: Final = 35
"""Longer than the API's own limit of 30 seconds."""
_ANSWERS: Final = frozenset({
    *(HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT),
    *(HTTPStatus.NOT_FOUND, HTTPStatus.GONE),
})  # fmt: skip


_TRY_AGAIN: Final = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)


class RequestFailed(Exception):
    """The API refused. The message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The API of a deployment; ``authorization`` returns the headers of a request."""

    url: str
    authorization: Callable[[str, str], dict[str, str]]

    def get(self, path: str) -> httpx.Response:
        """Return the response to a GET request; ``NOT_FOUND`` and ``GONE`` are answers. Raises ``RequestFailed``."""
        return self._request("GET", path)[-1]

    def delete(self, path: str) -> httpx.Response:
        """Return the response to a deletion, repeated while the API asks for it. Raises ``RequestFailed``."""
        return self._request("DELETE", path)[-1]

    def delete_in_parts(self, path: str) -> list[httpx.Response]:
        """Return the responses to a deletion that may take several requests. Raises ``RequestFailed``."""
        return self._request("DELETE", path)

    def _request(self, method: str, path: str) -> list[httpx.Response]:
        """Return the response, after those that asked to try again."""
        responses = [self._send(method, path)]
        while responses[-1].status_code in _TRY_AGAIN and len(responses) <= _MAX_REQUESTS:
            time.sleep(min(float(responses[-1].headers.get("retry-after", 1)), _LONGEST_WAIT_SECONDS))
            responses.append(self._send(method, path))
        if responses[-1].status_code in _ANSWERS:
            return responses
        problem = _problem(responses[-1])
        detail = problem.get("detail") or problem.get("message") or ""
        raise RequestFailed(f"the API answers {responses[-1].status_code} {detail}".rstrip())

    def _send(self, method: str, path: str) -> httpx.Response:
        url = f"{self.url}{path}"
        try:
            return httpx.request(method, url, headers=self.authorization(method, url), timeout=_TIMEOUT_SECONDS)
        except httpx.TimeoutException:
            raise RequestFailed(f"the API does not answer within {_TIMEOUT_SECONDS} seconds") from None
        except httpx.HTTPError:
            raise RequestFailed(f"the API at {self.url} cannot be reached") from None


def is_problem(response: httpx.Response, code: str) -> bool:
    """Tell whether a response is the problem with this code."""
    return _problem(response).get("code") == code


def _problem(response: httpx.Response) -> dict[str, Any]:
    """Return a response's problem details; empty if it has none."""
    return response.json() if "json" in response.headers.get("content-type", "") else {}


def api_of(deployment: Deployment, token: str | None, *, sign: bool) -> Api:
    """Return the API of a deployment, called with a token or with the AWS credentials at hand.

    Raises ``DeploymentNotFound`` if the deployment has none.
    """
    if deployment.api_url is None:
        raise DeploymentNotFound("the stack has no output ApiUrl")

    def authorization(method: str, url: str) -> dict[str, str]:
        if token:
            return {"authorization": f"Bearer {token}"}
        if not sign:
            return {}
        request = AWSRequest(method=method, url=url)
        credentials = boto3.Session().get_credentials()
        if credentials is None:
            raise RequestFailed("there are no AWS credentials")
        SigV4Auth(credentials, "execute-api", deployment.sqs.meta.region_name).add_auth(request)
        return dict(request.headers.items())

    return Api(url=deployment.api_url.rstrip("/"), authorization=authorization)

"""``permit-ocr delete``: delete documents, or a case with all of its documents, through the API.

The API is used so that a deletion is in the audit trail under the identity that runs this command.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final, NoReturn
from urllib.parse import quote

import boto3
import httpx
import typer
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from cli.deployment import Deployment, DeploymentNotFound, sandbox_deployment, stack_deployment
from cli.quantities import quantity
from permit_ocr.domain.identity import is_document_id
from permit_ocr.domain.pair import CASE_RULE, is_case

_MAX_REQUESTS: Final = 100
"""A large case takes one request for some hundred documents."""
_LONGEST_WAIT_SECONDS: Final = 30.0


class DeletionFailed(Exception):
    """The API refused. The message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The API of a deployment; ``authorization`` returns the headers of a request."""

    url: str
    authorization: Callable[[str, str], dict[str, str]]

    def delete(self, path: str) -> httpx.Response:
        """Return the response to a deletion, repeated while the API asks for it. Raises ``DeletionFailed``."""
        response = self._send(path)
        for _ in range(_MAX_REQUESTS):
            if response.status_code not in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
                break
            time.sleep(min(float(response.headers.get("retry-after", 1)), _LONGEST_WAIT_SECONDS))
            response = self._send(path)
        if response.status_code in (HTTPStatus.OK, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND):
            return response
        problem = response.json() if "json" in response.headers.get("content-type", "") else {}
        detail = problem.get("detail") or problem.get("message") or ""
        raise DeletionFailed(f"the API answers {response.status_code} {detail}".rstrip())

    def _send(self, path: str) -> httpx.Response:
        url = f"{self.url}{path}"
        try:
            return httpx.delete(url, headers=self.authorization("DELETE", url), timeout=35)
        except httpx.HTTPError as error:
            raise DeletionFailed(f"the API does not answer: {type(error).__name__}") from None


def delete(
    document_ids: Annotated[list[str] | None, typer.Argument(metavar="[DOCUMENT_ID]...", help="Documents.")] = None,
    case: Annotated[str | None, typer.Option(metavar="NAME", help="A case, with all of its documents.")] = None,
    stack: Annotated[str | None, typer.Option(help="A deployed stack. Default: the sandbox running here.")] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="PERMIT_OCR_TOKEN", help="Token, if the API requires one. Default: AWS credentials."),
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete documents, or a case with every document that was submitted with it.

    Documents that are still on their way are deleted, too. Deleting again is no error. Events that were already sent
    cannot be recalled. The deletion is in the audit trail under your identity.

    Exit status: 0 if everything is deleted, 1 if a document is unknown or a deletion failed, 2 if it could not start.

    Example: permit-ocr delete --case 2026-0815 --stack permit-ocr
    """
    stderr = Console(stderr=True, emoji=False)
    ids = document_ids or []
    wrong = [one for one in ids if not is_document_id(one)]
    if wrong or not (ids or case):
        _fail(stderr, f"{wrong[0]} is no document id" if wrong else "name documents or a case")
    if case is not None and not is_case(case):
        _fail(stderr, f"a case must have {CASE_RULE}")
    try:
        api = api_of(stack_deployment(stack) if stack else sandbox_deployment(), token, sign=bool(stack))
    except (DeploymentNotFound, ClientError, BotoCoreError) as error:
        _fail(stderr, str(error))
    if not yes:
        what = " and ".join([quantity(len(ids), "document")] * bool(ids) + [f"the case {case}"] * bool(case))
        typer.confirm(f"Delete {what} for good?", abort=True, err=True)
    try:
        missing = [one for one in ids if api.delete(f"/v1/recognitions/{one}").status_code == HTTPStatus.NOT_FOUND]
        if case:
            api.delete(f"/v1/cases/{quote(case, safe='')}")  # a large case takes several requests: no count
            stderr.print(f"the case {case} is deleted", markup=False, highlight=False)
    except DeletionFailed as error:
        _fail(stderr, str(error), status=1)
    if ids:
        stderr.print(f"deleted {len(ids) - len(missing)} of {quantity(len(ids), 'document')}", highlight=False)
    if missing:
        _fail(stderr, f"unknown or expired: {', '.join(missing)}", status=1)


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
            raise DeletionFailed("there are no AWS credentials")
        SigV4Auth(credentials, "execute-api", deployment.sqs.meta.region_name).add_auth(request)
        return dict(request.headers.items())

    return Api(url=deployment.api_url.rstrip("/"), authorization=authorization)


def _fail(console: Console, text: str, *, status: int = 2) -> NoReturn:
    console.print(f"permit-ocr delete: {text}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(status)

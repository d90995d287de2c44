"""``permit-ocr delete``: delete documents, or a case with all of its documents, through the API.

The API is used so that a deletion is in the audit trail under the identity that runs this command.
"""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

import typer
from botocore.exceptions import BotoCoreError, ClientError

from cli.commands.documents.names import check_names
from cli.deployment import DeploymentNotFound, find_deployment
from cli.http_api import RequestFailed, api_of
from cli.messages import MessageConsole
from cli.options import Stack, Token
from cli.quantities import quantity


def delete(
    document_ids: Annotated[list[str] | None, typer.Argument(metavar="[DOCUMENT_ID]...", help="Documents.")] = None,
    case: Annotated[str | None, typer.Option(metavar="NAME", help="A case, with all of its documents.")] = None,
    stack: Stack = None,
    token: Token = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete documents, or a case with every document that was submitted with it.

    Documents that are still on their way are deleted, too. Deleting again is no error. Events that were already sent
    cannot be recalled. The deletion is in the audit trail under your identity.

    Exit status: 0 if everything is deleted, 1 if a document is unknown or a deletion failed, 2 if it could not start.

    Example: permit-ocr delete --case 2026-0815 --stack permit-ocr
    """
    stderr = MessageConsole("delete")
    ids = document_ids or []
    try:
        check_names(ids, case)
        api = api_of(find_deployment(stack), token, sign=bool(stack))
    except (DeploymentNotFound, ClientError, BotoCoreError, ValueError) as error:
        stderr.fail(str(error), status=2)
    if not yes:
        what = " and ".join([quantity(len(ids), "document")] * bool(ids) + [f"the case {case}"] * bool(case))
        typer.confirm(f"Delete {what} for good?", abort=True, err=True)
    try:
        missing = [one for one in ids if api.delete(f"/v1/recognitions/{one}").status_code == HTTPStatus.NOT_FOUND]
        if case:
            api.delete(f"/v1/cases/{quote(case, safe='')}")  # a large case takes several requests: no count
            stderr.message(f"the case {case} is deleted")
    except RequestFailed as error:
        stderr.fail(str(error), status=1)
    if ids:
        stderr.message(f"deleted {len(ids) - len(missing)} of {quantity(len(ids), 'document')}")
    if missing:
        stderr.fail(f"unknown or expired: {', '.join(missing)}", status=1)

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
from cli.http_api import Api, RequestFailed, api_of, is_problem
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

    Documents that are still on their way are deleted, too. Deleting a document again is no error. Events that were
    already sent cannot be recalled. The deletion is in the audit trail under your identity.

    Exit status: 0 if everything is deleted, 1 if a document or the case is unknown or a deletion failed,
    2 if it could not start.

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
        unknown = [one for one in ids if api.delete(f"/v1/recognitions/{one}").status_code == HTTPStatus.NOT_FOUND]
        if ids:
            stderr.message(f"deleted {len(ids) - len(unknown)} of {quantity(len(ids), 'document')}")
        if unknown:
            stderr.error(f"unknown or expired: {', '.join(unknown)}")
        is_case_known = case is None or _delete_case(api, case, stderr)
    except RequestFailed as error:
        stderr.fail(str(error), status=1)
    if not is_case_known:
        stderr.error(f"nothing deleted: the case {case} is unknown or was deleted before")
    if unknown or not is_case_known:
        raise typer.Exit(1)


def _delete_case(api: Api, case: str, stderr: MessageConsole) -> bool:
    """Delete a case, say how many documents it had, and tell whether it had any. Raises ``RequestFailed``."""
    *before, last = api.delete_in_parts(f"/v1/cases/{quote(case, safe='')}")
    documents = last.json().get("documents", 0)
    if any(is_problem(response, "Case.DeletedInPart") for response in before):
        stderr.message(f"the case {case} is deleted: {quantity(documents, 'document')}, and those of earlier requests")
        return True
    if documents:
        stderr.message(f"the case {case} is deleted: {quantity(documents, 'document')}")
    return bool(documents)

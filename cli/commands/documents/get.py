"""``permit-ocr get``: print results by id, or those of a case, through the API.

The API is used so that reading a result is in the audit trail under the identity that runs this command.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

import typer
from botocore.exceptions import BotoCoreError, ClientError

from cli.commands.documents.names import check_names
from cli.deployment import DeploymentNotFound, find_deployment
from cli.http_api import Api, RequestFailed, api_of
from cli.messages import MessageConsole
from cli.options import Stack, Token
from cli.results.table import ResultRow, print_results
from cli.uploads.file_names import FileNames


@dataclass(frozen=True, slots=True, kw_only=True)
class NoResult:
    """Why there is no result for an id."""

    id: str
    reason: str


def get(
    document_ids: Annotated[list[str] | None, typer.Argument(metavar="[DOCUMENT_ID]...", help="Documents.")] = None,
    case: Annotated[str | None, typer.Option(metavar="NAME", help="A case: its sides and the pair's result.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one event per line instead of a table.")] = False,
    stack: Stack = None,
    token: Token = None,
) -> None:
    """Print the results of documents, or of a case.

    The ids are in the results, in the table of watch, and in the responses of the API. Results are kept for KeepDays, a
    parameter of the deployment. Reading them is in the audit trail under your identity.

    Exit status: 0 if everything has a result, also a rejected one, 1 if a result is missing, 2 if it could not start.

    Example: permit-ocr get --case 2026-0815 --stack permit-ocr
    """
    stderr = MessageConsole("get")
    ids = document_ids or []
    try:
        check_names(ids, case)
        deployment = find_deployment(stack)
        api = api_of(deployment, token, sign=bool(stack))
    except (DeploymentNotFound, ClientError, BotoCoreError, ValueError) as error:
        stderr.fail(str(error), status=2)
    try:
        found = [one for document_id in ids for one in _of_document(api, document_id)]
        if case is not None:
            found += _of_case(api, case)
    except RequestFailed as error:
        stderr.fail(str(error), status=1)
    events = [one for one in found if not isinstance(one, NoResult)]
    if as_json:
        sys.stdout.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
    elif events:
        names = FileNames(deployment.file_names)
        print_results([ResultRow(name=_name(event, names), event=event) for event in events])
    missing = [one for one in found if isinstance(one, NoResult)]
    for one in missing:
        stderr.error(f"{one.id}: {one.reason}")
    if missing:
        raise typer.Exit(1)


def _of_document(api: Api, document_id: str) -> Iterator[dict[str, Any] | NoResult]:
    """Yield the event of a document, or those of its pages."""
    response = api.get(f"/v1/recognitions/{document_id}")
    match response.status_code:
        case HTTPStatus.NOT_FOUND:
            yield NoResult(id=document_id, reason="unknown or expired")
        case HTTPStatus.GONE:
            yield NoResult(id=document_id, reason="deleted")
        case HTTPStatus.ACCEPTED:
            progress = response.json()["progress"]
            pages = f", {progress['pages_done']} of {progress['pages']} pages" if progress.get("pages") else ""
            stage = progress["stage"].replace("_", " ")
            yield NoResult(id=document_id, reason=f"no result yet: {stage}{pages}")
        case _:
            answer = response.json()
            if "pages" in answer:
                for page in answer["pages"]:
                    yield from _of_document(api, page["id"])
            else:
                yield answer


def _of_case(api: Api, case: str) -> Iterator[dict[str, Any] | NoResult]:
    """Yield the events of the sides of a case, and of its pairs."""
    response = api.get(f"/v1/cases/{quote(case, safe='')}")
    if response.status_code == HTTPStatus.NOT_FOUND:
        yield NoResult(id=case, reason="no side of the case has been read, or it has expired or was deleted")
        return
    answer = response.json()
    for side in answer["sides"]:
        yield from _of_document(api, side["document_id"])
    yield from answer["completed"]


def _name(event: dict[str, Any], names: FileNames) -> str:
    """Return the name of the file if it is known, else the document's id."""
    data = event["data"]
    if "document" not in data:
        return f"both sides of case {data['case']}"
    document = data["document"]
    name = names.get(document["key"] or "") or document["id"]
    return f"{name}, page {document['page']}" if document["page"] else name

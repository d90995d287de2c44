"""``permit-ocr expiring``: which permits expire, from the API.

The API is used so that reading the list is in the audit trail under the identity that runs this command.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from cli.deployment import Deployment, DeploymentNotFound, find_deployment
from cli.error_messages import message_of
from cli.http_api import Api, RequestFailed, api_of
from cli.messages import MessageConsole
from cli.options import Stack, Token
from cli.quantities import quantity
from cli.results.formats import JSON_LINES, check_format, write_lines, write_table
from cli.results.layout import fit, fixed_table, print_left_out
from permit_ocr.domain.card.valid_date import today_in_shanghai

_COLUMNS: Final = {"valid_until": date, "days_remaining": int, "kind": str, "case": str, "document_id": str}
_WIDTHS: Final = {"valid until": 11, "days left": 9, "kind": 16, "case": 24, "id": 32}
_IMPORTANCE: Final = ("valid until", "id", "days left", "case", "kind")
_MOST_DAYS: Final = 365


def expiring(
    within: Annotated[int, typer.Option(metavar="DAYS", min=0, max=_MOST_DAYS, help="How many days ahead.")] = 60,
    since: Annotated[
        int, typer.Option(metavar="DAYS", min=0, max=31, help="Also those that have expired in the last days.")
    ] = 0,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a .csv, .xlsx, .jsonl or .parquet file instead.")
    ] = None,
    stack: Stack = None,
    token: Token = None,
) -> None:
    """Print which permits expire soon, those that expire first at the top.

    Permits are listed if the deployment sends reminders (the parameter ExpiryNoticeDays). Reading the list is in the
    audit trail under your identity.

    Exit status: 0 if the list is complete, 1 if the API refused, 2 if it could not start.

    Example: permit-ocr expiring --within 90 --output expiring.csv --stack permit-ocr
    """
    stderr = MessageConsole("expiring")
    try:
        suffix = check_format(output) if output else None
        deployment = find_deployment(stack)
        api = api_of(deployment, token, sign=bool(stack))
        today = _today(deployment)
    except (DeploymentNotFound, ClientError, BotoCoreError, ValueError) as error:
        stderr.fail(message_of(error), status=2)
    first = today - timedelta(days=since)
    last = min(today + timedelta(days=within), first + timedelta(days=_MOST_DAYS))
    try:
        found = list(_expiries(api, first, last))
        if output is None:
            _print_table(found)
        elif suffix == JSON_LINES:
            write_lines(output, found)
        elif suffix:
            write_table(output, _COLUMNS, map(_row, found), suffix=suffix)
    except (RequestFailed, OSError) as error:
        stderr.fail(message_of(error), status=1)
    if output:
        stderr.message(f"wrote {output}")
    stderr.message(f"{quantity(len(found), 'permit')} from {first} to {last}", style="dim")


def _today(deployment: Deployment) -> date:
    """Return the day in Shanghai, or the sandbox's. Raises ``ValueError``."""
    if deployment.today_file and deployment.today_file.exists():
        text = deployment.today_file.read_text(encoding="utf-8").strip()
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{deployment.today_file}: must be a date such as 2030-01-31") from None
    return today_in_shanghai(datetime.now(UTC))


def _expiries(api: Api, first: date, last: date) -> Iterator[dict[str, Any]]:
    """Yield every permit of every page. Raises ``RequestFailed``."""
    parameters = {"from": first.isoformat(), "to": last.isoformat()}
    while True:
        response = api.get(f"/v1/expiries?{urlencode(parameters)}")
        page = response.json()
        if response.status_code != HTTPStatus.OK:
            raise RequestFailed(f"{page.get('detail')} {page.get('advice')}")
        yield from page["expiries"]
        if page["next"] is None:
            return
        parameters["cursor"] = page["next"]


def _row(expiry: dict[str, Any]) -> dict[str, Any]:
    cells = {name: expiry[name] for name in _COLUMNS}
    return cells | {"valid_until": date.fromisoformat(expiry["valid_until"])}


def _print_table(found: list[dict[str, Any]]) -> None:
    console = Console(emoji=False)
    if not console.is_terminal:  # a file or a pipe has no width of its own
        console.width = sum(_WIDTHS.values()) + 2 * len(_WIDTHS)
    widths = fit(_WIDTHS, _WIDTHS, order=tuple(_WIDTHS), importance=_IMPORTANCE, width=console.width)
    table = fixed_table(widths, right=("days left",), header=True)
    for one in found:
        days = one["days_remaining"]
        cells = {
            "valid until": one["valid_until"],
            "days left": str(days) if days >= 0 else "–",
            "kind": one["kind"],
            "case": one["case"] or "–",
            "id": one["document_id"],
        }
        table.add_row(*(cells[heading] for heading in widths))
    if found:
        console.print(table)
        print_left_out(console, widths, _WIDTHS)
    sys.stdout.flush()

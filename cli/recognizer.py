"""``permit-ocr recognizer``: both OCR actions on this machine."""

import ipaddress
import logging
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from permit_ocr.tencent.actions import QUOTA_PER_SECOND
from recognizer.cpu_count import available_cpus
from recognizer.service.fake_provider import (
    Fault,
    FaultInjector,
    InvalidFakeProviderSettings,
    RecordedAnswers,
    parse_latency,
)
from recognizer.service.process_workers import ProcessWorkers
from recognizer.service.server import ServerSettings, listening_socket, serve
from recognizer.service.workers import ThreadWorkers, WorkerPool, WorkersDidNotStart
from recognizer.wire.common_parameters import LOCAL_CREDENTIALS, Credentials
from recognizer.wire.download import DownloadRules

_SERVER = "The server"
_ACCOUNT = "The account callers must sign with"
_URLS = "Images by URL"
_FAKE_PROVIDER = "Rehearsals"


def recognizer(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.", rich_help_panel=_SERVER)] = 8100,
    host: Annotated[
        str, typer.Option(help="An address that is not loopback needs an account of your own.", rich_help_panel=_SERVER)
    ] = "127.0.0.1",
    rate_limit: Annotated[
        int, typer.Option(min=0, help="Calls a second for each action; 0: any number.", rich_help_panel=_SERVER)
    ] = QUOTA_PER_SECOND,
    workers: Annotated[
        int,
        typer.Option(
            min=0,
            help="Processes that read, one card each at a time, 0.7 GB each; 0: one for each processor.",
            rich_help_panel=_SERVER,
        ),
    ] = 0,
    waiting: Annotated[
        int, typer.Option(min=0, help="Calls that may wait; more get RequestLimitExceeded.", rich_help_panel=_SERVER)
    ] = 16,
    grace: Annotated[
        int,
        typer.Option(min=0, help="Seconds that calls begun may take once it is told to stop.", rich_help_panel=_SERVER),
    ] = 30,
    placeholders: Annotated[
        bool,
        typer.Option(
            "--placeholders",
            help='Answer "0" and "000" for a VisaNum and a PassNo that are not there, instead of "".',
            rich_help_panel=_SERVER,
        ),
    ] = False,
    secret_id: Annotated[
        str, typer.Option(envvar="RECOGNIZER_SECRET_ID", rich_help_panel=_ACCOUNT)
    ] = LOCAL_CREDENTIALS.secret_id,
    secret_key: Annotated[
        str,
        typer.Option(
            envvar="RECOGNIZER_SECRET_KEY",
            help="Better given by the environment: options are there for every process to see.",
            rich_help_panel=_ACCOUNT,
        ),
    ] = LOCAL_CREDENTIALS.secret_key,
    token: Annotated[
        str,
        typer.Option(envvar="RECOGNIZER_TOKEN", help="If given, every call must carry it.", rich_help_panel=_ACCOUNT),
    ] = "",
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Take http:// besides https://.", rich_help_panel=_URLS)
    ] = False,
    allow_private: Annotated[
        bool,
        typer.Option(
            "--allow-private", help="Take private and loopback addresses; never link-local ones.", rich_help_panel=_URLS
        ),
    ] = False,
    answers: Annotated[
        Path | None,
        typer.Option(
            help='Answer from a JSON file instead of reading: {"images": {"<sha256>": {"<action>": {…}}}, '
            '"sequence": {"<action>": [{…}, {"Error": "<code>"}]}}.',
            exists=True,
            dir_okay=False,
            rich_help_panel=_FAKE_PROVIDER,
        ),
    ] = None,
    latency: Annotated[
        str, typer.Option(help="Seconds on top of each call: 0.6 or 0.3-0.9.", rich_help_panel=_FAKE_PROVIDER)
    ] = "0",
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=SHARE",
            help="What befalls a share of the calls: an error code, reset, hang, truncated, html, http-502.",
            rich_help_panel=_FAKE_PROVIDER,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the faults and latencies.", rich_help_panel=_FAKE_PROVIDER)] = 0,
) -> None:
    """Serve both OCR actions on this machine, as the provider does.

    HmtResidentPermitOCR and MainlandPermitOCR (2018-11-19) at POST / and GET /, signed with TC3-HMAC-SHA256.
    GET /health answers once it is ready, GET /metrics says what it counted. Ctrl-C and SIGTERM end it after the calls
    it has begun.

    Exit status: 0 after it was stopped, 1 if nothing can read here, 2 if an option is wrong or the port is taken.

    Example: permit-ocr recognizer --answers recorded.json --latency 0.6 --fault InternalError=0.05 --fault reset=0.03
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(message)s")
    logging.getLogger("recognizer").setLevel(logging.INFO)
    credentials = _account(host, secret_id, secret_key, token)
    count = workers or available_cpus()
    try:
        settings = ServerSettings(
            credentials=credentials,
            calls_per_second=rate_limit,
            download_rules=DownloadRules(allow_http=allow_http, allow_private=allow_private),
            fault_injector=FaultInjector([Fault.parse(text) for text in fault or ()], parse_latency(latency), seed),
            placeholders=placeholders,
            waiting=waiting,
            grace_seconds=grace,
        )
        pool: WorkerPool = ThreadWorkers(RecordedAnswers.load(answers), count) if answers else ProcessWorkers(count)
    except InvalidFakeProviderSettings as error:
        _fail(str(error))
    _serve(host, port, pool, settings)


def _account(host: str, secret_id: str, secret_key: str, token: str) -> Credentials:
    """Return the account that callers must sign with; the public one is for loopback only."""
    credentials = Credentials(
        secret_id or LOCAL_CREDENTIALS.secret_id, secret_key or LOCAL_CREDENTIALS.secret_key, token
    )
    if credentials.secret_key == LOCAL_CREDENTIALS.secret_key and not _is_loopback(host):
        _fail(f"--host {host}: needs --secret-id and RECOGNIZER_SECRET_KEY; the account for local use is public")
    return credentials


def _serve(host: str, port: int, pool: WorkerPool, settings: ServerSettings) -> None:
    try:
        listener = listening_socket(host, port)
    except OSError as error:
        _fail(f"{host}:{port}: {error.strerror}")
    shown_host = f"[{host}]" if ":" in host else host
    address = f"http://{shown_host}:{listener.getsockname()[1]}"
    try:
        serve(listener, pool, settings, ready=lambda: typer.echo(f"recognizer: ready at {address}", err=True))
    except WorkersDidNotStart:
        _fail("no process that reads could be started; why, it says above", status=1)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _fail(reason: str, *, status: int = 2) -> NoReturn:
    typer.echo(f"permit-ocr recognizer: {reason}", err=True)
    raise typer.Exit(status)

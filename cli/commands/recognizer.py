"""``permit-ocr recognizer``: serve both OCR actions locally."""

import errno
import ipaddress
import logging
import sys
from functools import partial
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

_server = partial(typer.Option, rich_help_panel="The server")
_credential = partial(typer.Option, rich_help_panel="Credentials that callers must sign with")
_url = partial(typer.Option, rich_help_panel="Images by URL")
_fake_provider = partial(typer.Option, rich_help_panel="Fake provider")

_Port = Annotated[int, _server(min=0, max=65535, help="0 for any free port.")]
_Host = Annotated[str, _server(help="Addresses other than loopback require your own credentials.")]
_RateLimit = Annotated[int, _server(min=0, help="Calls per second for each action; 0 for no limit.")]
_Workers = Annotated[
    int, _server(min=0, help="Worker processes, one card each at a time, 0.7 GB each; 0 for one per CPU.")
]
_Waiting = Annotated[int, _server(min=0, help="Calls that may queue; more get RequestLimitExceeded.")]
_Grace = Annotated[int, _server(min=0, help="Seconds for calls in progress to finish at shutdown.")]
_Placeholders = Annotated[
    bool, _server("--placeholders", help='Return "0" and "000" instead of "" for a missing VisaNum and PassNo.')
]

_SecretId = Annotated[str, _credential(envvar="RECOGNIZER_SECRET_ID")]
_SecretKey = Annotated[
    str,
    _credential(
        envvar="RECOGNIZER_SECRET_KEY",
        help="Prefer the environment variable: options are visible to every process.",
    ),
]
_Token = Annotated[str, _credential(envvar="RECOGNIZER_TOKEN", help="If set, calls must include it.")]

_AllowHttp = Annotated[bool, _url("--allow-http", help="Accept http:// as well as https://.")]
_AllowPrivate = Annotated[
    bool, _url("--allow-private", help="Accept private and loopback addresses, never link-local ones.")
]

_Answers = Annotated[
    Path | None,
    _fake_provider(
        help='Return recorded answers from a JSON file: {"images": {"<sha256>": {"<action>": {…}}}, '
        '"sequence": {"<action>": [{…}, {"Error": "<code>"}]}}.',
        exists=True,
        dir_okay=False,
    ),
]
_Latency = Annotated[str, _fake_provider(help="Extra seconds per call: 0.6 or 0.3-0.9.")]
_Faults = Annotated[
    list[str] | None,
    _fake_provider(
        metavar="NAME=PROBABILITY",
        help="Fault of a call: an error code, reset, hang, truncated, html, http-502 (repeatable).",
    ),
]
_Seed = Annotated[int, _fake_provider(help="Seed of the faults and latencies.")]


def recognizer(
    port: _Port = 8100,
    host: _Host = "127.0.0.1",
    rate_limit: _RateLimit = QUOTA_PER_SECOND,
    workers: _Workers = 0,
    waiting: _Waiting = 16,
    grace: _Grace = 30,
    placeholders: _Placeholders = False,
    secret_id: _SecretId = LOCAL_CREDENTIALS.secret_id,
    secret_key: _SecretKey = LOCAL_CREDENTIALS.secret_key,
    token: _Token = "",
    allow_http: _AllowHttp = False,
    allow_private: _AllowPrivate = False,
    answers: _Answers = None,
    latency: _Latency = "0",
    fault: _Faults = None,
    seed: _Seed = 0,
) -> None:
    """Serve both OCR actions locally, like the provider.

    Serves HmtResidentPermitOCR and MainlandPermitOCR (2018-11-19) at POST / and GET /, signed with TC3-HMAC-SHA256.
    GET /health responds once the server is ready, GET /metrics returns its metrics. Ctrl-C and SIGTERM stop it after
    the calls in progress.

    Exit status: 0 if it was stopped, 1 if no worker could start, 2 if an option is invalid or the port is in use.

    Example: permit-ocr recognizer --answers recorded.json --latency 0.6 --fault InternalError=0.05 --fault reset=0.03
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(message)s")
    logging.getLogger("recognizer").setLevel(logging.INFO)
    credentials = _credentials(host, secret_id, secret_key, token)
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


def _credentials(host: str, secret_id: str, secret_key: str, token: str) -> Credentials:
    """Return the credentials that callers must sign with; the public ones are for loopback only."""
    credentials = Credentials(
        secret_id or LOCAL_CREDENTIALS.secret_id, secret_key or LOCAL_CREDENTIALS.secret_key, token
    )
    if credentials.secret_key == LOCAL_CREDENTIALS.secret_key and not _is_loopback(host):
        _fail(f"--host {host}: needs --secret-id and RECOGNIZER_SECRET_KEY; the default credentials are public")
    return credentials


def _serve(host: str, port: int, pool: WorkerPool, settings: ServerSettings) -> None:
    try:
        listener = listening_socket(host, port)
    except OSError as error:
        option = "--port" if error.errno in {errno.EADDRINUSE, errno.EACCES} else "--host"
        _fail(f"{host}:{port} cannot be used ({error.strerror}): choose another with {option}")
    shown_host = f"[{host}]" if ":" in host else host
    address = f"http://{shown_host}:{listener.getsockname()[1]}"
    try:
        serve(listener, pool, settings, ready=lambda: typer.echo(f"recognizer: ready at {address}", err=True))
    except WorkersDidNotStart:
        _fail("no worker process could be started; see the error above", status=1)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _fail(reason: str, *, status: int = 2) -> NoReturn:
    typer.echo(f"permit-ocr recognizer: {reason}", err=True)
    raise typer.Exit(status)

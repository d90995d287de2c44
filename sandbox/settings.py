"""Options of ``permit-ocr up``, and how the template's deployment here differs from a real one."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from recognizer.wire.common_parameters import LOCAL_CREDENTIALS
from sandbox.errors import SandboxError
from sandbox.template.parameters import check_parameters
from sandbox.template.transform import read_template

CREDENTIALS_SECRET: Final = "permit-ocr/ocr-credentials"  # noqa: S105  a name
_LOCAL_CREDENTIALS: Final = {"secret_id": LOCAL_CREDENTIALS.secret_id, "secret_key": LOCAL_CREDENTIALS.secret_key}
_CREDENTIAL_VARIABLES: Final = {
    "secret_id": "TENCENTCLOUD_SECRET_ID",
    "secret_key": "TENCENTCLOUD_SECRET_KEY",
    "token": "TENCENTCLOUD_TOKEN",
}

# The recogniser reads two cards at a time. More would only queue there, on a busy machine for longer than a call's
# timeout.
_RECOGNIZER_PARAMETERS: Final = {"MaximumConcurrency": "2"}
_RECOGNIZER_BATCH_SIZE: Final = 5
_RECOGNIZER_TIMEOUT_SECONDS: Final = 25

SPECIMENS_PATH: Final = "/sandbox/specimens/"
"""Where the sandbox's API serves the specimen photos to the console."""
DEPLOYMENT_ONLY_RULES: Final = {"ConsoleNeedsTokens"}  # the sandbox's API needs no signatures
_LOCAL_URL: Final = re.compile(r"http://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[!-~]{0,512})?")
_LOCAL_ISSUER: Final = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}(/[A-Za-z0-9._~/-]{0,512})?")
_ALSO_ALLOWED: Final = {"WebhookUrl": _LOCAL_URL, "JwtIssuer": _LOCAL_ISSUER}
"""Values that the template's constraints refuse: http addresses on this machine. API Gateway accepts only https."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options of ``permit-ocr up``. Port 0 is any free port."""

    root: Path
    state: Path
    api_port: int
    aws_port: int
    ocr_port: int
    ocr_endpoint: str | None
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Values for the template's parameters, in place of its defaults."""
    functions_aws_endpoint: str | None = None
    """Where the functions call AWS, if not moto directly: a proxy in front of it."""
    cpu_quota: bool = False
    """Whether each execution environment gets the CPU that Lambda gives its memory size, instead of all there is."""
    enforce_iam: bool = False
    """Whether the functions may do only what the deployed policies allow."""
    account_concurrency: int | None = None
    """The account's quota of concurrent executions; None is unlimited."""
    memory_size: int | None = None
    """Memory size of every function in MB, in place of the template's."""
    batch_size: int | None = None
    """Most uploads in a batch, in place of the template's."""
    today: date | None = None
    """The date by which the functions judge permits and send reminders, in place of the real one."""

    @property
    def today_file(self) -> Path:
        """The file with the functions' date; without one they have the real date. It may be changed at any time."""
        return self.state / "today"


@dataclass(frozen=True, slots=True, kw_only=True)
class OcrServer:
    """The OCR server that the functions call."""

    endpoint: str
    scheme: str
    host: str
    credentials: dict[str, str]
    timeout_seconds: int | None = None
    """Timeout of one call, in place of the template's."""


def recognizer_server(port: int) -> OcrServer:
    """Return the recogniser that the sandbox starts on ``port``."""
    host = f"127.0.0.1:{port}"
    return OcrServer(
        endpoint=f"http://{host}",
        scheme="http",
        host=host,
        credentials=_LOCAL_CREDENTIALS,
        timeout_seconds=_RECOGNIZER_TIMEOUT_SECONDS,
    )


def other_ocr_server(endpoint: str) -> OcrServer:
    """Return the server at ``endpoint``, with the credentials in the environment or, over http only, the sandbox's.

    Raises ``SandboxError`` if it is not an http or https endpoint, and for https without credentials.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
        raise SandboxError(f"--ocr-endpoint is {endpoint}; it must be http://HOST:PORT or https://HOST, without a path")
    credentials = {key: value for key, name in _CREDENTIAL_VARIABLES.items() if (value := os.environ.get(name))}
    if not {"secret_id", "secret_key"} <= credentials.keys():
        if parts.scheme == "https":
            raise SandboxError(
                "--ocr-endpoint with https needs TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY in the environment"
            )
        credentials = _LOCAL_CREDENTIALS
    return OcrServer(endpoint=endpoint.rstrip("/"), scheme=parts.scheme, host=parts.netloc, credentials=credentials)


def environment_overrides(
    ocr_scheme: str, *, today_file: Path | None = None, ocr_timeout_seconds: int | None = None
) -> dict[str, str]:
    """Return the functions' environment variables that differ from a deployment.

    A deployment calls its provider over https, and sends webhooks only to public https addresses. In the sandbox both
    may be on this machine, as its S3 is. The console offers the specimens. Only here can the date be another one than
    today's.
    """
    overrides = {
        "OCR_SCHEME": ocr_scheme,
        "WEBHOOK_TARGETS": "local",
        "UPLOAD_ORIGIN": "http://127.0.0.1:*",
        "SPECIMENS": SPECIMENS_PATH,
        "TODAY_FILE": str(today_file or ""),
    }
    return overrides | ({"OCR_TIMEOUT_SECONDS": str(ocr_timeout_seconds)} if ocr_timeout_seconds else {})


def batch_size(settings: Settings, template_size: int) -> int:
    """Return the most messages in a batch of a queue whose mapping has ``template_size``."""
    wanted = settings.batch_size or (_RECOGNIZER_BATCH_SIZE if settings.ocr_endpoint is None else template_size)
    return min(wanted, template_size)


def template_parameters(settings: Settings, ocr_server: OcrServer) -> dict[str, str]:
    """Return the parameters that the template is deployed with here.

    Raises ``SandboxError`` for values that CloudFormation would refuse, except where only deployments are concerned.
    """
    template = read_template(settings.root / "template.yaml")
    defaults = {
        "CredentialsSecret": CREDENTIALS_SECRET,
        "Console": "enabled",
        "ResidencePermitEndpoint": ocr_server.host,
        "MainlandPermitEndpoint": ocr_server.host,
        **(_RECOGNIZER_PARAMETERS if settings.ocr_endpoint is None else {}),
    }
    declared = template.get("Parameters", {})
    parameters = {**{name: value for name, value in defaults.items() if name in declared}, **settings.parameters}
    check_parameters(template, parameters, ignored_rules=DEPLOYMENT_ONLY_RULES, also_allowed=_ALSO_ALLOWED)
    if parameters.get("WebhookSecret", "").startswith("arn:"):
        raise SandboxError("--parameter WebhookSecret: give a name; the sandbox makes the secret of that name itself")
    return parameters

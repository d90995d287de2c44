"""MiniStack, an AWS emulator that is independent of moto: on the loopback address, over TLS, with IAM enforced."""

import os
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.environment.fake_provider import wait_until_ready
from sandbox.ports import free_ports

ROOT = Path(__file__).parents[2]
ACCOUNT = "123456789012"
REGION = "eu-central-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    endpoint: str
    environment: Mapping[str, str]
    """Variables with which AWS's tools call the emulator, as its account's root user."""


@contextmanager
def ministack(directory: Path) -> Iterator[Emulator]:
    """Run MiniStack during the ``with`` block. Its files and its log are in ``directory``."""
    (port,) = free_ports(1)
    server_variables = {
        "AUTH": "true",  # evaluates policies on every call
        "BIND_HOST": "127.0.0.1",  # it listens on all addresses by default
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "TMPDIR": str(directory),
        "USE_SSL": "1",  # the bucket and the queues refuse plain http
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with (directory / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            [ROOT / ".venv-ministack" / "bin" / "ministack"],
            env=inherited | server_variables,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        endpoint = f"https://127.0.0.1:{port}"
        certificate = directory / "ministack-tls" / "server.crt"
        wait_until_ready(process, lambda: _is_healthy(endpoint, certificate))
        yield Emulator(
            endpoint=endpoint,
            environment={
                **inherited,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_CA_BUNDLE": str(certificate),
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_SECRET_ACCESS_KEY": "test",
                "SAM_CLI_POLL_DELAY": "0.5",
                "SAM_CLI_TELEMETRY": "0",
            },
        )
    finally:
        process.kill()  # it would first wait half a minute for idle connections
        process.wait()


def _is_healthy(endpoint: str, certificate: Path) -> bool:
    if not certificate.exists():
        return False
    try:
        trusted = ssl.create_default_context(cafile=certificate)
    except ssl.SSLError:  # it is still being written
        return False
    response = httpx.get(f"{endpoint}/_ministack/health", verify=trusted)
    return response.status_code == httpx.codes.OK

"""Where the actions are offered: endpoints in order of preference, each with its open connections and its credential.

The SDK signs the requests; they are sent by ``exchange``. The SDK's own retries and region failover stay off, because
both lose answers. Its logger is silenced for good, because it prints whole images at DEBUG.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Final

from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from permit_ocr.adapters.ocr.credentials import CredentialSource
from permit_ocr.adapters.ocr.exchange import Connections, Exchange
from permit_ocr.domain.permits import Kind
from permit_ocr.tencent.actions import SERVICE, VERSION

logging.getLogger("tencentcloud_sdk_common").disabled = True

_WITHDRAWN_SECONDS: Final = 300.0
"""How long an environment skips an endpoint that has withdrawn an action or redirects, before it tries again."""
_IDLE_SECONDS: Final = 2.5
"""Connections that carried no call for this long are replaced. Servers close idle connections
after five seconds or more; a call on a connection that is just being closed is lost, and with it its slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where an action is offered. ``host`` may include a port."""

    host: str
    scheme: str


class Client(CommonClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's client for one call."""

    def __init__(self, endpoint: Endpoint, credential: Credential, connections: Connections) -> None:
        http = HttpProfile(endpoint.scheme, endpoint.host)
        no_region = ""  # as in the actions' documentation
        super().__init__(SERVICE, VERSION, credential, no_region, ClientProfile(httpProfile=http))
        self.request = self.exchange = Exchange(connections)

    def _check_error(self, _answer: object) -> None:
        """Leave errors to us. The SDK misses some of them, and warns on stderr with an endpoint's text."""


@dataclass(slots=True)
class _OpenConnections:
    connections: Connections
    last_used: float


@dataclass(slots=True)
class Endpoints:
    """The endpoints of each kind, the preferred one first. Thread-safe."""

    by_kind: Mapping[Kind, Sequence[Endpoint]]
    _: KW_ONLY
    credentials: CredentialSource
    timeout_seconds: float
    """For connecting, and for each read."""
    clock: Callable[[], float]
    _open: dict[tuple[Kind, str], _OpenConnections] = field(default_factory=dict, init=False)
    _withdrawn_until: dict[tuple[Kind, str], float] = field(default_factory=dict, init=False)

    def remaining(self, kind: Kind, *, excluded_hosts: Collection[str]) -> list[Endpoint]:
        """Return the endpoints in order, without ``excluded_hosts``."""
        return [endpoint for endpoint in self.by_kind[kind] if endpoint.host not in excluded_hosts]

    def next_endpoint(self, kind: Kind, *, excluded_hosts: Collection[str]) -> Endpoint:
        """Return the first ``remaining`` endpoint that is not known to have withdrawn the action.

        If all of them have, return the first: the action may be back.
        """
        remaining = self.remaining(kind, excluded_hosts=excluded_hosts)
        offering = (one for one in remaining if self._withdrawn_until.get((kind, one.host), 0.0) <= self.clock())
        return next(offering, remaining[0])

    def mark_withdrawn(self, kind: Kind, endpoint: Endpoint) -> None:
        """Skip ``endpoint`` for five minutes."""
        self._withdrawn_until[kind, endpoint.host] = self.clock() + _WITHDRAWN_SECONDS

    def credential(self, endpoint: Endpoint) -> Credential:
        """Return the credential for an endpoint. Raises ``CircuitOpen`` or ``RetryableError``."""
        return self.credentials(refresh=False).of(endpoint.host)

    def has_rotated(self, endpoint: Endpoint, credential: Credential) -> bool:
        """Read the endpoint's credential again and tell whether it has changed. Raises as ``credential`` does."""
        return _values(self.credentials(refresh=True).of(endpoint.host)) != _values(credential)

    def client(self, kind: Kind, endpoint: Endpoint, credential: Credential) -> Client:
        """Return a client for one call, on the endpoint's open connections unless they were idle."""
        now, known = self.clock(), self._open.get((kind, endpoint.host))
        if known is None or now - known.last_used >= _IDLE_SECONDS:
            connections = Connections(scheme=endpoint.scheme, timeout_seconds=self.timeout_seconds)
            known = self._open[kind, endpoint.host] = _OpenConnections(connections, now)
        known.last_used = now
        return Client(endpoint, credential, known.connections)


def _values(credential: Credential) -> tuple[str, str, str | None]:
    return credential.secret_id, credential.secret_key, credential.token

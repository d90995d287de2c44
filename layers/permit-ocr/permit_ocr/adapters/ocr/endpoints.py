"""Where the actions are offered: endpoints in their order, each with its connections and its credential.

The SDK's own retryer and region breaker stay off (both lose answers), and its logger is silenced for good: at DEBUG it
prints whole images.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import requests
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from permit_ocr.adapters.ocr.credentials import CredentialSource
from permit_ocr.adapters.ocr.gated_connections import GatedRequests
from permit_ocr.domain.permits import Kind
from permit_ocr.tencent.actions import SERVICE, VERSION

logging.getLogger("tencentcloud_sdk_common").disabled = True

_WITHDRAWN_SECONDS: Final = 300.0
"""So long an environment passes over an endpoint that has withdrawn an action, before it asks there again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where an action is offered. ``host`` may carry a port; ``region`` may be empty."""

    host: str
    region: str
    scheme: str


class _Client(CommonClient):  # type: ignore[misc]  # the SDK has no types
    def _check_error(self, _response: requests.Response) -> None:
        """Leave errors to us. The SDK sees them in some responses only, and warns on stderr with an endpoint's text."""


class Endpoints:
    """The endpoints of each kind. Any number of threads may use them: each has one connection pool."""

    def __init__(
        self,
        by_kind: Mapping[Kind, Sequence[Endpoint]],
        *,
        credentials: CredentialSource,
        timeout_seconds: float,
        calls_at_once: int,
        clock: Callable[[], float],
    ) -> None:
        """Take the preferred endpoint of each kind first; ``timeout_seconds`` is for connecting, and for each read."""
        self._by_kind = by_kind
        self._credentials = credentials
        self._timeout = timeout_seconds
        self._at_once = calls_at_once
        self._clock = clock
        self._clients: dict[tuple[Kind, str], tuple[Credential, CommonClient]] = {}
        self._withdrawn_until: dict[tuple[Kind, str], float] = {}

    def kinds(self) -> Collection[Kind]:
        """Return the kinds that may be asked for."""
        return self._by_kind.keys()

    def preferred(self, kind: Kind) -> Endpoint:
        """Return the endpoint that is asked unless it has withdrawn the action."""
        return self._by_kind[kind][0]

    def left(self, kind: Kind, *, withdrawn_at: Collection[str]) -> list[Endpoint]:
        """Return the endpoints, in order, but those of the hosts ``withdrawn_at``."""
        return [endpoint for endpoint in self._by_kind[kind] if endpoint.host not in withdrawn_at]

    def offering(self, kind: Kind, *, withdrawn_at: Collection[str]) -> Endpoint:
        """Return the first of those that are ``left`` that offers the action, as far as is known.

        Where all of them have withdrawn it, the first: it may be back.
        """
        left = self.left(kind, withdrawn_at=withdrawn_at)
        offering = (one for one in left if self._withdrawn_until.get((kind, one.host), 0.0) <= self._clock())
        return next(offering, left[0])

    def note_withdrawn(self, kind: Kind, endpoint: Endpoint) -> None:
        """Pass over ``endpoint`` from now on, for five minutes."""
        self._withdrawn_until[kind, endpoint.host] = self._clock() + _WITHDRAWN_SECONDS

    def credential(self, endpoint: Endpoint) -> Credential:
        """Return the credential for an endpoint. Raises ``CircuitOpen`` or ``RetryableError``."""
        return self._credentials(again=False).of(endpoint.host)

    def has_rotated(self, endpoint: Endpoint, credential: Credential) -> bool:
        """Read the endpoint's credential again and say whether it is another. Raises as ``credential`` does."""
        return _parts(self._credentials(again=True).of(endpoint.host)) != _parts(credential)

    def client(self, kind: Kind, endpoint: Endpoint, credential: Credential) -> CommonClient:
        """Return the endpoint's client.

        A new one only where the credential has changed, so that its connections are kept.
        """
        made_for, client = self._clients.get((kind, endpoint.host), (None, None))
        if client is None or made_for is None or _parts(made_for) != _parts(credential):
            http = HttpProfile(protocol=endpoint.scheme, endpoint=endpoint.host, reqTimeout=self._timeout)
            client = _Client(SERVICE, VERSION, credential, endpoint.region, ClientProfile(httpProfile=http))
            client.request = GatedRequests(
                endpoint.host, timeout=self._timeout, is_http=endpoint.scheme == "http", at_once=self._at_once
            )
            self._clients[kind, endpoint.host] = (credential, client)
        return client


def _parts(credential: Credential) -> tuple[str, str, str | None]:
    return credential.secret_id, credential.secret_key, credential.token

"""The SDK's connections to the provider, with a gate right before a request's first byte.

By then all is done that takes time of its own: the request is encoded and signed, the connection is open. So the slot
that the gate waits for is missed only by what the network takes, however large the image and slow the processor. Were
it taken any earlier, calls would be late by as much, and late calls bunch (``tencent/quota.py``).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from tencentcloud.common.http.request import ApiRequest, ProxyConnection, RequestInternal
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import is_connection_dropped

KEPT_SECONDS: Final = 2.5
"""So long after its last answer a connection may carry another call. Servers commonly end idle ones after five seconds
or more, and a call may wait two for its slot: one that arrives while its connection is being ended is lost, which costs
the pause before a retry and a second slot. An environment that was frozen does not even see that it has been ended."""

_gate: ContextVar[Callable[[], None] | None] = ContextVar("gate", default=None)


@contextmanager
def gate(opens: Callable[[], None]) -> Iterator[None]:
    """Let this thread's requests leave only once ``opens`` returns. What it raises, no byte being sent, is let through.

    The SDK makes a ``TencentCloudSDKException`` of that, so ``opens`` has to remember it.
    """
    before = _gate.set(opens)
    try:
        yield
    finally:
        _gate.reset(before)


class GatedRequests(ApiRequest):  # type: ignore[misc]  # the SDK has no types
    """What the SDK's client sends its calls by, in place of ``client.request``."""

    def __init__(self, host: str, *, timeout: float, is_http: bool, at_once: int) -> None:
        """``timeout`` is in seconds; up to ``at_once`` connections to ``host`` are kept."""
        super().__init__(host, req_timeout=timeout, is_http=is_http)
        self.conn = _Connections(host, timeout=timeout, is_http=is_http, at_once=at_once)

    def _request(self, call: RequestInternal) -> requests.Response:
        """Send a call. The SDK's own makes a text of it first, image and all, for a log that there is not."""
        address = self._handle_host(call.host)
        response: requests.Response = self.conn.request(call.method, address, call.data, call.header)
        return response


class _Connections(ProxyConnection):  # type: ignore[misc]  # as above
    def __init__(self, host: str, *, timeout: float, is_http: bool, at_once: int) -> None:
        super().__init__(host, timeout=timeout, is_http=is_http)
        # The SDK looks for a proxy itself; requests would look for one again, and for a .netrc, which replaces the
        # signature, before each call.
        self._session.trust_env = False
        adapter = _Adapter(pool_maxsize=at_once)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)


class _Http(HTTPConnection):
    _answered: float | None = None
    """When its last answer began, in seconds since 1970: a frozen environment's monotonic clock may stand still."""

    def connect(self) -> None:
        """Open the connection."""
        self._answered = None
        super().connect()

    def endheaders(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  http.client's
        """Send the request's first bytes; up to here it was only put together."""
        if opens := _gate.get():
            self._wait_for(opens)
        super().endheaders(*arguments, **named)

    def getresponse(self) -> Any:  # noqa: ANN401  urllib3's
        """Return the answer, once its headers are there."""
        response = super().getresponse()
        self._answered = time.time()
        return response

    def _wait_for(self, opens: Callable[[], None]) -> None:
        if self.sock is None:
            self.connect()
        elif self._answered is not None and time.time() - self._answered > KEPT_SECONDS:
            self._connect_again()
        opens()
        # While it waited the server may have closed what it had kept open, and the slot would be lost on it. Of a new
        # connection this cannot be told: what TLS 1.3 sends after its handshake looks like an answer.
        if self._answered is not None and is_connection_dropped(self):
            self._connect_again()

    def _connect_again(self) -> None:
        self.sock.close()
        self.connect()


class _Https(_Http, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS: Final = {"http": _HttpPool, "https": _HttpsPool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  requests'
        """Make the pools of gated connections."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        """Make the pools of gated connections through a proxy."""
        manager = super().proxy_manager_for(*arguments, **named)
        manager.pool_classes_by_scheme = _POOLS
        return manager

"""One request to the provider and its answer, in place of the SDK's own transport.

The SDK's session follows redirects with the photo and the token, reads answers of any size and does not tell whether a
failed call was sent. This one follows no redirect, limits the answer, and knows whether the provider may have charged.
"""

import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection

from permit_ocr.adapters.ocr.provider_errors import ProviderError
from permit_ocr.adapters.retry_after import retry_after_seconds

if TYPE_CHECKING:
    from tencentcloud.common.http.request import RequestInternal

MAX_ANSWER_BYTES: Final = 8 * 1024 * 1024
"""Of a decoded answer. A portrait is cut from a photo of at most 7 MB in Base64 and therefore smaller."""
_LONGEST_RETRY_AFTER: Final = 3600.0
"""As long as any deferral (``retry_policy``)."""
_READ_BYTES: Final = 64 * 1024
_OK: Final = 200
_TOO_MANY_REQUESTS: Final = 429


@dataclass(frozen=True, slots=True)
class Answer:
    """What the SDK uses of a response."""

    content: bytes
    status_code: int = _OK


class Connections:
    """Open connections to one endpoint. Thread-safe."""

    def __init__(self, *, scheme: str, timeout_seconds: float) -> None:
        """``timeout_seconds`` is for connecting, for the response's head and for each read of its body."""
        self._adapter = _Adapter()
        self._scheme = scheme
        self._timeout = timeout_seconds

    def post(self, host: str, body: Iterator[bytes], headers: dict[str, str]) -> requests.Response:
        """Return a response whose body has not been read. Raises what requests and urllib3 raise."""
        # No ``Session``: besides redirects, it adds cookies and replaces the signature by a password in ``.netrc``.
        request = requests.Request("POST", f"{self._scheme}://{host}", headers=headers).prepare()
        request.headers["Content-Length"] = headers["Content-Length"]  # ``prepare`` sets 0, as there is no body yet
        request.body = body  # type: ignore[assignment]  # any iterable, as in ``Request``
        proxies = get_environ_proxies(request.url or "", no_proxy=None)
        return self._adapter.send(request, stream=True, timeout=self._timeout, proxies=proxies)


class Exchange:
    """One call. The SDK uses it as its ``ApiRequest``."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self._lock = threading.Lock()
        self._is_sent = False
        self._is_abandoned = False

    def abandon(self) -> bool:
        """Send nothing from now on, stop reading, and return whether the request was sent before."""
        with self._lock:
            self._is_abandoned = True
            return self._is_sent

    def send_request(self, request: "RequestInternal") -> Answer:
        """Send a signed request once and return the answer. Raises ``ProviderError``."""
        body = request.data.encode()
        headers = request.header | {"Accept-Encoding": "identity", "Content-Length": str(len(body))}
        try:
            with closing(self.connections.post(request.host, self._sent(body), headers)) as response:
                _check_status(response)
                return Answer(self._content(response))
        except (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError):
            raise ProviderError("NoAnswerInTime" if self._is_sent else "ClientNetworkError") from None
        except (OSError, HTTPException, urllib3.exceptions.HTTPError, ValueError):
            raise ProviderError("AnswerLost" if self._is_sent else "ClientNetworkError") from None

    def _sent(self, body: bytes) -> Iterator[bytes]:
        """Yield the body. It is asked for after the connection is there and the headers are sent."""
        with self._lock:
            if self._is_abandoned:
                raise ProviderError("ClientNetworkError")
            self._is_sent = True
        yield body

    def _content(self, response: requests.Response) -> bytes:
        """Return the decoded body. Raises ``ProviderError``, and what urllib3 raises."""
        decoder = _decoder(response.headers.get("Content-Encoding", ""))
        content = bytearray()
        while piece := response.raw.read1(_READ_BYTES, decode_content=False):
            content += _decoded(piece, decoder, limit=MAX_ANSWER_BYTES + 1 - len(content)) if decoder else piece
            if len(content) > MAX_ANSWER_BYTES:
                raise ProviderError("AnswerTooLarge")
            if self._is_abandoned:
                raise ProviderError("NoAnswerInTime")
            if decoder and decoder.eof:
                break  # it would keep everything that follows
        if decoder and not decoder.eof:
            raise ProviderError("AnswerLost")
        return bytes(content)


class _Adapter(HTTPAdapter):
    """Makes connections that limit the time for a whole response head."""

    def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  as requests'
        """Return the pool for a request."""
        pool: Any = super().get_connection_with_tls_context(*arguments, **options)
        pool.ConnectionCls = _HttpsConnection if pool.scheme == "https" else _HttpConnection
        return pool


class _HttpConnection(HTTPConnection):
    def getresponse(self) -> Any:  # noqa: ANN401  as urllib3's
        """Return the response's head."""
        with _time_limit(self.sock, float(self.timeout or 0)):
            return super().getresponse()


class _HttpsConnection(_HttpConnection, HTTPSConnection):
    pass


@contextmanager
def _time_limit(connected: socket.socket, seconds: float) -> Iterator[None]:
    """Hang up after ``seconds`` and raise ``TimeoutError``. A socket's own timeout starts again with every byte."""
    is_late = threading.Event()

    def hang_up() -> None:
        is_late.set()
        with suppress(OSError):  # it may be closed already
            connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, HTTPException):
        if not is_late.is_set():
            raise
    finally:
        timer.cancel()
    if is_late.is_set():  # http.client takes a head that was cut off for a whole one
        raise TimeoutError


def _check_status(response: requests.Response) -> None:
    """Raise ``ProviderError`` for any status but 200. The provider sends its own errors with 200."""
    status = response.status_code
    if status == _OK:
        return
    after = retry_after_seconds(response.headers.get("Retry-After", ""), now=time.time(), at_most=_LONGEST_RETRY_AFTER)
    if status // 100 == 3:  # noqa: PLR2004
        raise ProviderError("EndpointRedirects")
    if status == _TOO_MANY_REQUESTS:
        raise ProviderError("RequestLimitExceeded", after_seconds=after)
    raise ProviderError("ServerNetworkError", after_seconds=after)


def _decoder(encoding: str) -> "zlib._Decompress | None":
    """Return a decoder for an encoding that was not asked for; proxies add it. Raises ``ProviderError``."""
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return zlib.decompressobj(zlib.MAX_WBITS | 32)  # either header
        case _:
            raise ProviderError("ServerNetworkError")


def _decoded(piece: bytes, decoder: "zlib._Decompress", *, limit: int) -> bytes:
    try:
        return decoder.decompress(piece, limit)
    except zlib.error:
        raise ProviderError("ServerNetworkError") from None

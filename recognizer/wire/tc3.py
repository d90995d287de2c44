"""TC3-HMAC-SHA256, the provider's request signature.

Source: the provider's manual, *Signature method v3*, whose examples are in ``tests/unit/recognizer/wire/test_tc3.py``.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Self

ALGORITHM: Final = "TC3-HMAC-SHA256"
UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"
_AUTHORIZATION: Final = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<secret_id>[^/,\s]+)/(?P<date>\d{{4}}-\d\d-\d\d)/(?P<service>[a-z0-9]+)/tc3_request\s*,"
    r"\s*SignedHeaders=(?P<signed_headers>[^,\s]+)\s*,\s*Signature=(?P<signature>[0-9a-f]{64})\s*"
)
_CASE_PRESERVED: Final = frozenset({"content-type", "host"})
_REQUIRED: Final = _CASE_PRESERVED


@dataclass(frozen=True, slots=True)
class Authorization:
    """The parsed ``Authorization`` header."""

    secret_id: str
    date: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str

    @classmethod
    def parse(cls, header: str) -> Self | None:
        """Parse the header; None if it is malformed or does not sign ``content-type`` and ``host``."""
        match = _AUTHORIZATION.fullmatch(header)
        if match is None:
            return None
        names = tuple(match["signed_headers"].split(";"))
        if len(set(names)) != len(names) or not _REQUIRED.issubset(names):
            return None
        return cls(match["secret_id"], match["date"], match["service"], names, match["signature"])


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """The signed parts of a request. ``headers``: names in lower case, values as sent; ``query``: the raw string."""

    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes | bytearray
    timestamp: int

    @property
    def date(self) -> str:
        """The UTC date of the timestamp, which must match the credential scope."""
        return datetime.fromtimestamp(self.timestamp, UTC).strftime("%Y-%m-%d")


def canonical_request(request: SignedRequest, signed_headers: Sequence[str], *, lower_all: bool = False) -> str:
    """Return the canonical request over ``signed_headers``, which must all be present.

    The provider's SDKs keep the case of ``content-type`` and ``host`` and lower the values of other headers.
    ``lower_all`` follows the manual literally: every value in lower case.
    """
    lines = [
        _header_line(name, request.headers[name], keep_case=name in _CASE_PRESERVED and not lower_all)
        for name in signed_headers
    ]
    unsigned = request.headers.get("x-tc-content-sha256") == UNSIGNED_PAYLOAD
    payload = UNSIGNED_PAYLOAD.encode() if unsigned else request.body
    return "\n".join(
        (request.method, "/", request.query, *lines, "", ";".join(signed_headers), sha256(payload).hexdigest())
    )


def string_to_sign(hashed_canonical_request: str, *, timestamp: int, date: str, service: str) -> str:
    """Return the string to sign."""
    return f"{ALGORITHM}\n{timestamp}\n{date}/{service}/tc3_request\n{hashed_canonical_request}"


def signature(secret_key: str, text: str, *, date: str, service: str) -> str:
    """Return the signature of ``text`` in hexadecimal."""
    key = f"TC3{secret_key}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def verify(request: SignedRequest, authorization: Authorization, secret_key: str) -> bool:
    """Tell whether the signature was made with ``secret_key`` for this request and the UTC date of its timestamp."""
    if authorization.date != request.date or any(name not in request.headers for name in authorization.signed_headers):
        return False
    return any(
        hmac.compare_digest(_signature_of(canonical, request, authorization, secret_key), authorization.signature)
        for canonical in {
            canonical_request(request, authorization.signed_headers, lower_all=lower_all) for lower_all in (False, True)
        }
    )


def _header_line(name: str, value: str, *, keep_case: bool) -> str:
    return f"{name}:{value.strip() if keep_case else value.strip().lower()}"


def _signature_of(canonical: str, request: SignedRequest, authorization: Authorization, secret_key: str) -> str:
    hashed = sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
    date, service = authorization.date, authorization.service
    text = string_to_sign(hashed, timestamp=request.timestamp, date=date, service=service)
    return signature(secret_key, text, date=date, service=service)

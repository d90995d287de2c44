"""A caller that signs with the provider's own code, not with the code under test."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from tencentcloud.common.sign import Sign

from recognizer.wire.common_parameters import Credentials

CREDENTIALS = Credentials("AKIDunit", "key-of-the-unit-tests")
NOW = 1_551_113_065
HOST = "recognizer.test"


@dataclass
class SignedCall:
    """A request signed at ``NOW``, which tests then modify."""

    method: str
    query: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def signed_call(
    parameters: Mapping[str, Any] | bytes | None = None,
    *,
    action: str = "MainlandPermitOCR",
    method: str = "POST",
    credentials: Credentials = CREDENTIALS,
    timestamp: int = NOW,
    date: str | None = None,
    service: str = "ocr",
    extra_signed: Mapping[str, str] | None = None,
    unsigned_payload: bool = False,
) -> SignedCall:
    payload = parameters if parameters is not None else {"ImageBase64": "eA=="}
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    query = urlencode(payload) if method == "GET" and not isinstance(payload, bytes) else ""
    call = SignedCall(method, query, b"" if method == "GET" else raw)
    content_type = "application/x-www-form-urlencoded" if method == "GET" else "application/json"
    signed = {"content-type": content_type, "host": HOST, **(extra_signed or {})}
    payload = b"UNSIGNED-PAYLOAD" if unsigned_payload else call.body
    lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
    names = ";".join(signed)
    canonical = f"{method}\n/\n{query}\n{lines}\n{names}\n{sha256(payload).hexdigest()}"
    date = date or datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
    scope = f"{date}/{service}/tc3_request"
    text = f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    signature = Sign.sign_tc3(credentials.secret_key, date, service, text)
    call.headers = {
        **signed,
        "authorization": f"TC3-HMAC-SHA256 Credential={credentials.secret_id}/{scope}, SignedHeaders={names}, "
        f"Signature={signature}",
        "x-tc-action": action,
        "x-tc-version": "2018-11-19",
        "x-tc-timestamp": str(timestamp),
    }
    if unsigned_payload:
        call.headers["x-tc-content-sha256"] = "UNSIGNED-PAYLOAD"
    if credentials.token:
        call.headers["x-tc-token"] = credentials.token
    return call

"""The OCR adapter with the official SDK, called over a real socket, and the limiter that it asks for slots."""

import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from tencentcloud.common.credential import Credential

from permit_ocr.adapters.ocr.credentials import Credentials
from permit_ocr.adapters.ocr.endpoints import Endpoint
from permit_ocr.adapters.ocr.tencent_ocr import TencentOcr
from permit_ocr.application.ports import OcrRequest, OcrResponse
from permit_ocr.domain.errors import CircuitOpen, PermitOcrError
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.tencent.actions import ACTIONS
from tests.contract.tencent.provider import Provider

IMAGE = b"\xff\xd8\xff an image that must not be logged"
ACTION_NAMES = {action.name for action in ACTIONS.values()}
REQUEST = OcrRequest(kind=Kind.MAINLAND_PERMIT, side=Side.FRONT, return_portrait=False, content=IMAGE)


def ask(
    here: Provider, request: OcrRequest = REQUEST, *, timeout: float = 30.0, seconds: float = 60.0, **more: Any
) -> OcrResponse:
    return client_of(here, timeout=timeout, **more).recognize(request, deadline=time.monotonic() + seconds)


def client_of(*providers: Provider, timeout: float = 30.0, scheme: str = "http", **more: Any) -> TencentOcr:
    endpoints = [Endpoint(host=here.host, scheme=scheme) for here in providers]
    more.setdefault("credentials", lambda **_options: Credentials(Credential("AKIDtest", "secret")))
    more.setdefault("limiter", FakeLimiter())
    return TencentOcr(
        site="intl",
        endpoints=dict.fromkeys(Kind, endpoints),
        timeout_seconds=timeout,
        sleep=lambda _seconds: None,
        **more,
    )


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class FakeLimiter:
    """Grants every slot without waiting, for a probe while the circuit is open, and records its calls."""

    calls: list[str] = field(default_factory=list)
    is_open: bool = False
    refuses: PermitOcrError | None = None
    known: PermitOcrError | None = None

    def acquire(self, action: str, *, seconds: float, probing: bool = False) -> bool:
        assert action in ACTION_NAMES
        assert seconds >= 0
        assert not probing or self.is_open
        if self.refuses:
            raise self.refuses
        self.calls.append("probe" if self.is_open else "call")
        return self.is_open

    def check(self, action: str, *, seconds: float, probing: bool = False) -> None:
        assert action in ACTION_NAMES
        assert seconds >= 0
        assert not probing or self.is_open
        if self.known:
            raise self.known

    def open_error(self, action: str) -> CircuitOpen | None:
        assert action in ACTION_NAMES
        return self.known if isinstance(self.known, CircuitOpen) else None

    def open_circuit(self, action: str, error: CircuitOpen) -> None:
        assert action in ACTION_NAMES
        self.calls.append(f"open {error.code}")
        self.is_open = True

    def close_circuit(self, action: str) -> None:
        assert action in ACTION_NAMES
        self.calls.append("close")
        self.is_open = False


def error_of(here: Provider, request: OcrRequest = REQUEST, **more: Any) -> PermitOcrError:
    with pytest.raises(PermitOcrError) as caught:
        ask(here, request, **more)
    assert "provider's own words" not in repr(caught.value.args) + caught.value.meaning
    return caught.value

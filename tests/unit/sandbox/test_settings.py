"""``--ocr-endpoint`` is accepted, or refused with what to do."""

import pytest

from recognizer.wire.common_parameters import LOCAL_CREDENTIALS
from sandbox.errors import SandboxError
from sandbox.settings import other_ocr_server


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_a_local_server_gets_the_local_credentials() -> None:
    server = other_ocr_server("http://127.0.0.1:9000/")
    assert (server.endpoint, server.scheme, server.host) == ("http://127.0.0.1:9000", "http", "127.0.0.1:9000")
    assert server.credentials == {"secret_id": LOCAL_CREDENTIALS.secret_id, "secret_key": LOCAL_CREDENTIALS.secret_key}


def test_the_provider_gets_the_credentials_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENCENTCLOUD_SECRET_ID", "i")
    monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY", "k")
    monkeypatch.setenv("TENCENTCLOUD_TOKEN", "t")
    server = other_ocr_server("https://ocr.intl.tencentcloudapi.com")
    assert (server.scheme, server.host) == ("https", "ocr.intl.tencentcloudapi.com")
    assert server.credentials == {"secret_id": "i", "secret_key": "k", "token": "t"}


def test_the_provider_without_credentials_is_refused() -> None:
    with pytest.raises(SandboxError, match="needs TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY"):
        other_ocr_server("https://ocr.intl.tencentcloudapi.com")


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "ftp://host", "http://", "http://host/path", "http://host?a=1"])
def test_an_invalid_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(SandboxError, match="--ocr-endpoint is "):
        other_ocr_server(endpoint)

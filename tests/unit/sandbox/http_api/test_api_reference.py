"""The pages of the API's reference, and what else is served."""

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from sandbox.http_api import api_reference
from sandbox.http_api.api_reference import ApiReference

MEGABYTE = 1_000_000


def get(path: str, method: str = "GET") -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(ApiReference(PlainTextResponse("the API")))
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            return await client.request(method, path)

    return asyncio.run(send())


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_the_reference_reads_the_apis_own_description(path: str) -> None:
    page = get(path)
    assert page.headers["content-type"].startswith("text/html")
    assert 'spec-url="/v1/openapi.json"' in page.text
    assert "https:" not in page.text
    assert "connect-src 'self'" in page.headers["content-security-policy"]


def test_its_script_is_served_with_its_licence_in_the_repository() -> None:
    script = get("/docs/redoc.standalone.js")
    assert script.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    assert MEGABYTE < len(script.content) < 2 * MEGABYTE
    licence = Path(api_reference.__file__).parent / "reference" / "LICENSE.txt"
    assert "The MIT License" in licence.read_text(encoding="utf-8")


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/docs/../x"), ("POST", "/docs"), ("GET", "/v1/x")])
def test_everything_else_is_the_api(method: str, path: str) -> None:
    assert get(path, method).text == "the API"

"""The sandbox's reference of the API, in a real browser."""

import httpx
from playwright.sync_api import expect

from tests.chromium import PATIENCE_MILLISECONDS, chromium
from tests.sandbox.conftest import Running


def test_the_reference_shows_every_operation_without_the_internet(sandbox: Running) -> None:
    address = sandbox.endpoints["api_url"]
    paths = httpx.get(f"{address}/v1/openapi.json", timeout=60).json()["paths"].values()
    summaries = [operation["summary"] for path in paths for operation in path.values()]
    assert len(summaries) > 5
    refused: list[str | None] = []
    requested: list[str] = []
    errors: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.on("requestfailed", lambda request: refused.append(request.failure))
        page.on("requestfinished", lambda request: requested.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{address}/docs")
        for summary in summaries:
            expect(page.get_by_role("heading", name=summary)).to_be_visible()
    assert errors == []
    assert [url for url in requested if not url.startswith((address, "blob:", "data:"))] == []
    assert refused == ["csp"], "the logo of Redoc's maker"

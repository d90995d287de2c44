"""A browser, and the page in it."""

import runpy
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.chromium import PATIENCE_MILLISECONDS, chromium
from tests.contract.console.fake_api import HOST, ROOT

UPLOADS = "https://bucket.example"
PLACES = ("/", "/prod/", "/permits", "/permits/v1/")
"""Paths of the page: that of an HTTP API, of a stage, and of a custom domain's mappings."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """Give the page, as its function serves it. Errors in its scripts fail the test."""
    monkeypatch.setenv("UPLOAD_ORIGIN", UPLOADS)
    response = runpy.run_path(str(ROOT / "functions" / "console" / "app.py"))["handler"]({}, None)
    context = browser.new_context(locale="en-GB", permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None
    )
    for place in PLACES:
        page.route(HOST + place, lambda route: route.fulfill(body=response["body"], headers=response["headers"]))
    page.goto(f"{HOST}/")
    yield page
    context.close()
    assert errors == []

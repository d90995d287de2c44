"""The console's page in a real browser, with responses as the API sends them."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from permit_ocr.images.formats import Format
from permit_ocr.images.rejections import CODES, rejection
from tests.chromium import PATIENCE_MILLISECONDS, chromium

HOST = "https://console.example"
UPLOADS = "https://bucket.example/"
ID = "0123456789abcdef0123456789abcdef"
LIMIT = 4_000_000
PLACES = ("/", "/prod/", "/permits", "/permits/v1/")
"""Paths of the page: that of an HTTP API, of a stage, and of a custom domain's mappings."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setenv("UPLOAD_ORIGIN", "https://uploads.s3.eu-central-1.amazonaws.com")
    spec = importlib.util.spec_from_file_location("console", "functions/console/app.py")
    assert spec is not None
    assert spec.loader is not None
    console: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(console)
    page = browser.new_page(locale="en-GB")
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    response = console.handler({}, None)
    for place in PLACES:
        page.route(HOST + place, lambda route: route.fulfill(body=response["body"], headers=response["headers"]))
    page.goto(f"{HOST}/")
    yield page
    page.close()


def respond(
    page: Page, path: str, body: dict[str, Any], *, status: int = 200, location: str = f"/v1/recognitions/{ID}"
) -> None:
    headers = {"location": location, "content-type": "application/json"}
    page.route(f"{HOST}{path}", lambda route: route.fulfill(status=status, headers=headers, body=json.dumps(body)))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "The file has 4,000,001 bytes; at most 4,000,000 can be sent."),
        ("zh-Hant", "檔案有 4,000,001 位元組，最多可傳送 4,000,000 位元組。"),
        ("zh-Hans", "文件有 4,000,001 字节，最多可发送 4,000,000 字节。"),
    ],
)
def test_a_file_over_the_limit_is_refused_and_not_uploaded(
    page: Page, tmp_path: Path, language: str, words: str
) -> None:
    uploaded: list[str] = []

    def refuse(route: Route) -> None:
        uploaded.append(route.request.url)
        route.abort()

    page.route(f"{UPLOADS}**", refuse)
    upload = {"id": ID, "upload": {"url": UPLOADS, "fields": {}}, "maximum_bytes": LIMIT}
    respond(page, "/v1/uploads", upload, status=201)
    page.select_option("#language", language)
    large = tmp_path / "scan.pdf"
    large.write_bytes(bytes(LIMIT + 1))
    page.set_input_files("#files", large)
    expect(page.get_by_role("alert")).to_have_text(words)
    assert uploaded == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("reported", [False, True])
def test_the_page_finds_the_api_under_its_own_path(page: Page, place: str, reported: bool) -> None:  # noqa: FBT001
    """API Gateway does not report every base path to the API, whose links then lack it."""
    base = place.rstrip("/")
    location = f"{base if reported else ''}/v1/recognitions/{ID}"
    result = {"specversion": "1.0", "type": "permit.rejected.v1", "data": {"document": {"page": 1}, "error": {}}}
    pages = {"id": ID, "status": "done", "pages": [{"number": 1, "id": ID, "location": location.replace("0", "f", 1)}]}
    respond(page, f"{base}/v1/recognitions", {"status": "pending"}, status=202, location=location)
    respond(page, f"{base}/v1/recognitions/{ID}", pages)
    respond(page, f"{base}/v1/recognitions/f{ID[1:]}", result)
    respond(page, f"{base}/v1/uploads", {"detail": "asked"}, status=422)
    page.goto(HOST + place)
    page.set_input_files("#files", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"a"})
    expect(page.locator(".event")).to_have_attribute("data-type", "permit.rejected.v1")
    page.set_input_files("#files", {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": bytes(LIMIT + 1)})
    expect(page.get_by_role("alert")).to_have_text("asked")


@pytest.mark.parametrize("code", sorted(CODES))
def test_our_rejections_are_translated_with_their_limits(page: Page, code: str) -> None:
    error = rejection(code)
    shown_error = {"code": code, "meaning": error.meaning, "advice": error.advice}
    event = {
        "specversion": "1.0",
        "type": "permit.rejected.v1",
        "data": {"document": {"page": None}, "verdict": "rejected", "error": shown_error},
    }
    respond(page, "/v1/recognitions", {"status": "pending"}, status=202)
    respond(page, f"/v1/recognitions/{ID}", event)
    page.set_input_files("#files", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"a"})
    shown = page.locator(".event > p").first
    expect(shown).to_have_text(f"{error.meaning} {error.advice}")
    limits = [word for word in error.meaning.split() if word[0].isdigit()]
    for language in ("zh-Hant", "zh-Hans"):
        page.select_option("#language", language)
        expect(shown).not_to_contain_text(error.meaning)
        words = shown.inner_text()
        assert "。" in words
        assert "{" not in words
        assert [limit for limit in limits if limit not in words] == []
    expect(page.locator(".event > p").nth(1)).to_have_text(code)


def test_every_format_is_named_in_every_language(page: Page) -> None:
    for formats in page.evaluate("Object.values(TEXTS).map(texts => texts.formats)"):
        assert [name for name in Format if name not in formats.lower()] == []

"""How the page reaches the API, and what it says when something fails."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from permit_ocr.images.rejections import CODES, rejection
from tests.contract.console.conftest import PLACES, UPLOADS
from tests.contract.console.fake_api import HOST, FakeApi, file, sample

ID = "0123456789abcdef0123456789abcdef"
LIMIT = 4_000_000
EXAMPLE_LANGUAGES = ("en", "zh-Hant", "zh-Hans")


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

    page.route(f"{UPLOADS}/**", refuse)
    upload = {"id": ID, "upload": {"url": f"{UPLOADS}/", "fields": {}}, "maximum_bytes": LIMIT}
    respond(page, "/v1/uploads", upload, status=201)
    page.select_option("#language", language)
    large = tmp_path / "scan.pdf"
    large.write_bytes(bytes(LIMIT + 1))
    page.set_input_files("#files", large)
    expect(page.locator("#list .kind")).to_have_text(words)
    assert uploaded == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("reported", [False, True])
def test_the_page_finds_the_api_under_its_own_path(page: Page, place: str, reported: bool) -> None:  # noqa: FBT001
    """API Gateway does not report every base path to the API, whose links then lack it."""
    base = place.rstrip("/")
    location = f"{base if reported else ''}/v1/recognitions/{ID}"
    other = f"f{ID[1:]}"
    pages = {"id": ID, "status": "done", "pages": [{"number": 1, "id": other, "location": location}]}
    respond(page, f"{base}/v1/recognitions", {"status": "pending"}, status=202, location=location)
    respond(page, f"{base}/v1/recognitions/{ID}", pages)
    respond(page, f"{base}/v1/recognitions/{other}", sample("rejected"))
    respond(page, f"{base}/v1/uploads", {"detail": "asked"}, status=422)
    page.goto(HOST + place)
    page.set_input_files("#files", file("a.jpg"))
    expect(page.locator("#list ul .tag")).to_have_text("Photo rejected")
    page.set_input_files("#files", file("b.jpg", bytes(LIMIT + 1)))
    expect(page.locator("#list .kind").first).to_have_text("The service answered with status 422. Try again later.")


@pytest.mark.parametrize("code", sorted(CODES))
def test_our_rejections_are_translated_with_their_limits(page: Page, code: str) -> None:
    error = rejection(code)
    meaning, advice = error.meaning, error.advice
    event = sample("rejected", error={"code": code, "meaning": meaning, "advice": advice, "request_id": None})
    FakeApi(page, {"a.jpg": event})
    page.set_input_files("#files", file("a.jpg"))
    shown = page.locator("#detail .why p")
    expect(shown).to_have_text(f"{meaning} {advice}")
    limits = [word for word in meaning.split() if word[0].isdigit()]
    for language in ("zh-Hant", "zh-Hans"):
        page.select_option("#language", language)
        expect(shown).not_to_contain_text(meaning)
        words = shown.inner_text()
        assert words.count("。") >= 2  # what is wrong, and what to do
        assert "{" not in words
        assert advice not in words
        assert [limit for limit in limits if limit not in words] == []


def test_a_problem_is_a_sentence_in_every_language(page: Page) -> None:
    message = "must have 1 to 64 letters"
    problem = {"code": "Request.InvalidField", "detail": "x", "errors": [{"field": "image_base64", "message": message}]}
    respond(page, "/v1/recognitions", problem, status=422)
    page.set_input_files("#files", file("a.jpg"))
    expect(page.locator("#list .tag")).to_have_text("Not sent")
    texts = []
    for language in EXAMPLE_LANGUAGES:
        page.select_option("#language", language)
        texts.append(page.locator("#list .kind").inner_text())
    assert texts == [
        "The service does not accept this: the file is empty or could not be sent.",
        "服務不接受：檔案是空的，或無法傳送。",
        "服务不接受：文件是空的，或无法发送。",
    ]


def test_a_document_that_was_not_sent_can_be_sent_again_or_removed(page: Page) -> None:
    page.route(f"{HOST}/v1/**", lambda route: route.abort())
    page.set_input_files("#files", [file("a.jpg"), file("b.jpg")])
    expect(page.locator("#list .kind")).to_have_text(["The service could not be reached."] * 2)
    expect(page.locator("#progress")).to_have_text("2 not sent")
    page.get_by_role("button", name="Remove from the list").first.click()
    expect(page.locator("#list .name")).to_have_text(["a.jpg"])
    FakeApi(page, {"a.jpg": sample("recognized")})
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#list .tag")).to_have_text("Accepted")


def test_a_token_is_asked_for_and_used(page: Page) -> None:
    event = sample("recognized")
    api = FakeApi(page, {"a.jpg": event})
    refused = lambda route: route.fulfill(status=401, body='{"message": "Unauthorized"}')  # noqa: E731
    page.route(f"{HOST}/v1/**", refused)
    page.set_input_files("#files", file("a.jpg"))
    expect(page.locator("#list .kind")).to_have_text("The service needs an access token. Enter one above.")
    page.unroute(f"{HOST}/v1/**", refused)
    with page.expect_request(f"{HOST}/v1/recognitions") as sent:
        page.get_by_label("Access token").fill("secret")
        page.keyboard.press("Tab")
    assert sent.value.headers["authorization"] == "Bearer secret"
    expect(page.locator("#detail .event")).to_have_attribute("data-type", "permit.recognized.v1")
    page.reload()
    expect(page.locator("#detail .event")).to_have_attribute("data-type", "permit.recognized.v1")
    assert page.get_by_label("Access token").input_value() == "secret"
    assert api.requests

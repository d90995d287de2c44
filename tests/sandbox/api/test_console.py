"""The console in a real browser, against the sandbox. It makes the screenshots of the documentation, too."""

import json
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Page, Route, expect

from tests.chromium import PATIENCE_MILLISECONDS, chromium
from tests.sandbox.conftest import ROOT

SPECIMENS = ROOT / "events" / "specimens"
MOST_KEY_PRESSES = 3
SCREENSHOTS = os.environ.get("SCREENSHOTS")
"""The directory that ``make screenshots`` writes to."""
TRUTH = {one["file"]: one for one in json.loads((SPECIMENS / "truth.json").read_text())["specimens"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def console(browser: Browser, sandbox: Any) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None
    )
    page.goto(sandbox.endpoints["api_url"] + "/")
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def _no_open_reviews(sandbox: Any) -> None:
    """Delete what other tests of this sandbox have left to be reviewed."""
    api = f"{sandbox.endpoints['api_url']}/v1"
    while reviews := httpx.get(f"{api}/reviews", timeout=60).json()["reviews"]:
        for review in reviews:
            httpx.delete(f"{api}/recognitions/{review['document_id']}", timeout=60).raise_for_status()


def submit(page: Page, *files: Path | dict[str, Any]) -> None:
    page.set_input_files("#files", list(files))  # type: ignore[arg-type]


def blurred(file: str) -> dict[str, Any]:
    """Return a specimen out of focus, so that the reader is unsure of its number and its name."""
    photo = BytesIO()
    Image.open(SPECIMENS / file).filter(ImageFilter.GaussianBlur(3.5)).save(photo, "JPEG", quality=85)
    return {"name": f"blurred-{file}", "mimeType": "image/jpeg", "buffer": photo.getvalue()}


def test_a_photo_becomes_a_result_with_fields_and_validity(console: Page) -> None:
    truth = TRUTH["hk-macao-permit-front-1.jpg"]
    console.select_option("#document", truth["document"])
    submit(console, SPECIMENS / truth["file"])
    event = console.locator("#detail .event")
    expect(event).to_have_attribute("data-type", "permit.recognized.v1")
    expect(event.get_by_role("cell", name=truth["answer"]["Number"], exact=True)).to_be_visible()
    start, end = truth["answer"]["ValidDate"].replace(".", "-").split("-20", 1)
    assert f"{start} – 20{end}; today" in str(event.locator(".bar").get_attribute("aria-label"))
    event.locator("details.message summary").click()
    message = json.loads(event.locator("pre").inner_text())
    assert message["data"]["fields"]["Number"] == truth["answer"]["Number"]
    expect(console.locator("#status")).to_contain_text(truth["file"])


def test_a_field_and_its_place_in_the_picture_point_at_each_other(console: Page) -> None:
    submit(console, SPECIMENS / "hk-macao-permit-front-1.jpg")
    row = console.locator("tr[data-source=Number]")
    row.focus()
    places = console.locator(".stage .field")
    on = console.locator(".stage .field.on")
    expect(on).to_have_count(1)
    place = on.element_handle()
    row.blur()
    expect(on).to_have_count(0)
    place.hover()
    expect(row).to_have_class("on")
    assert places.count() > 5


def test_a_file_that_is_no_photo_is_rejected_in_a_sentence(console: Page) -> None:
    submit(console, {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no photograph"})
    expect(console.locator("#detail .why")).to_contain_text("The file is not a JPEG, PNG, HEIC")
    expect(console.locator("#detail .tag")).to_have_text("Photo rejected")
    expect(console.locator("#detail .facts")).not_to_contain_text("Document.UnsupportedFormat")


def test_a_retry_after_503_is_the_same_document(console: Page) -> None:
    documents: list[str] = []

    def unavailable_at_first(route: Route) -> None:
        response = route.fetch()
        documents.append(response.headers.get("location") or response.headers["content-location"])
        if len(documents) == 1:
            route.fulfill(status=503, headers={"retry-after": "1"})
        else:
            route.fulfill(response=response)

    console.route("**/v1/recognitions", unavailable_at_first)
    submit(console, SPECIMENS / "taiwan-permit-front-1.jpg")
    expect(console.locator("#detail .event[data-type]")).to_be_visible()
    assert len(documents) == 2
    assert len(set(documents)) == 1


def test_the_two_sides_of_a_card_become_a_pair(console: Page) -> None:
    console.fill("#case", "counter-7")
    console.select_option("#document", "residence-permit")
    submit(console, SPECIMENS / "residence-permit-front-1.jpg", SPECIMENS / "residence-permit-back-1.jpg")
    pair = console.locator("#detail .event[data-type='permit.completed.v1']")
    expect(pair.locator(".why strong").first).to_have_text("Card: rejected")
    expect(pair.locator(".side")).to_have_count(2)
    console.reload()  # the pair has an address, too
    expect(pair.locator(".why strong").first).to_have_text("Card: rejected")


def test_a_large_scan_of_two_pages_becomes_two_results(console: Page) -> None:
    """It goes through the stack's bucket, like every file that is too large for a request."""
    images = [Image.open(SPECIMENS / f"taiwan-permit-front-{number}.jpg") for number in (1, 2)]
    scan = BytesIO()
    images[0].save(scan, "PDF", save_all=True, append_images=images[1:])
    padding = b"\n%" + b" " * 3_600_000
    submit(console, {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": scan.getvalue() + padding})
    expect(console.locator("#list ul .tag")).to_have_text(["Accepted", "Card rejected"])
    console.locator("#list").get_by_role("link", name="page 2").click()
    # No browser shows a page of a PDF as a picture: this is the one that was made of it.
    expect(console.get_by_alt_text("The photo of the document")).to_be_visible()
    expect(console.locator(".stage .field").first).to_be_attached()


def test_a_specimen_can_be_tried(console: Page) -> None:
    console.get_by_role("button", name="Try a specimen").click()
    expect(console.locator("#detail .event[data-type='permit.recognized.v1']")).to_be_visible()
    assert console.get_by_role("heading", level=2).inner_text() in TRUTH


def test_a_document_is_deleted(console: Page) -> None:
    submit(console, SPECIMENS / "exit-entry-permit-front-2.jpg")
    expect(console.locator("#detail .event[data-type]")).to_be_visible()
    address = console.url
    console.get_by_role("button", name="Delete").click()
    console.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(console.locator("#status")).to_have_text("Deleted")
    console.goto(address)
    expect(console.locator("#detail [role=alert]")).to_have_text("The document was deleted.")


def test_it_can_be_used_by_keyboard_only(console: Page) -> None:
    reached: list[str] = []
    for _ in range(10):
        console.keyboard.press("Tab")
        reached.append(console.evaluate("document.activeElement.id || document.activeElement.textContent"))
    in_header = ["skip", "Permit OCR", "to-documents", "to-reviews", "language"]
    assert reached == [*in_header, "choose", "specimen", "document", "side", "case"]
    console.locator("#choose").focus()
    # The file dialog is the browser's. It is enough that Enter opens it.
    console.evaluate(
        """() => document.getElementById('files').addEventListener('click', event => {
            event.preventDefault();
            document.body.dataset.asked = 'yes';
        })"""
    )
    console.keyboard.press("Enter")
    expect(console.locator("body")).to_have_attribute("data-asked", "yes")
    submit(console, SPECIMENS / "taiwan-permit-front-2.jpg")
    expect(console.locator("#detail .event[data-type]")).to_be_visible()
    expect(console.get_by_role("heading", level=2)).to_be_focused()


@pytest.mark.parametrize(
    ("locale", "language", "words"), [("zh-HK", "zh-Hant", "證件識別"), ("zh-CN", "zh-Hans", "证件识别")]
)
def test_it_uses_the_browsers_language(browser: Browser, sandbox: Any, locale: str, language: str, words: str) -> None:
    context = browser.new_context(locale=locale)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    page.goto(sandbox.endpoints["api_url"] + "/")
    expect(page.locator("h1")).to_have_text(words)
    assert page.evaluate("document.documentElement.lang") == language
    page.select_option("#language", "en")
    expect(page.locator("h1")).to_have_text("Permit OCR")
    context.close()


@pytest.mark.usefixtures("_no_open_reviews")
def test_reviews_are_decided_one_after_another_by_keyboard(console: Page) -> None:
    console.select_option("#document", "mainland-permit")
    submit(console, blurred("taiwan-permit-front-1.jpg"), blurred("hk-macao-permit-front-1.jpg"))
    expect(console.locator("#list .tag")).to_have_text(["Needs review", "Needs review"])
    console.get_by_role("link", name="Reviews").click()
    open_reviews = 2
    for remaining in range(open_reviews, 0, -1):
        review = console.locator(".review")
        expect(review.locator("[data-first]")).to_be_focused()
        expect(review.get_by_alt_text("The photo of the document")).to_be_visible()
        identity = str(review.get_attribute("data-id"))
        presses = 0
        while review.count() and review.get_attribute("data-id") == identity:
            console.keyboard.press("Enter")
            presses += 1
            expect(console.locator("#status")).to_have_text("Accepted")
            after = (
                console.locator(f".review:not([data-id='{identity}']), .none")
                if remaining > 1
                else console.locator(".none")
            )
            expect(after.first).to_be_visible()
        assert presses <= MOST_KEY_PRESSES
    console.get_by_role("link", name="Documents").first.click()
    expect(console.locator("#list .tag")).to_have_text(["Accepted", "Accepted"])


def test_a_mismatch_is_accepted_only_with_a_reason(console: Page) -> None:
    console.fill("#case", "mixed-up")
    submit(console, SPECIMENS / "hk-macao-permit-front-1.jpg", SPECIMENS / "hk-macao-permit-back-3.jpg")
    expect(console.locator("#detail .card .why strong")).to_have_text("Card: needs review")
    page = console.url.partition("#")[0]
    sides = {str(link.get_attribute("href")).rpartition("/")[2] for link in console.locator(".side > h3 a").all()}
    listed = [review["document_id"] for review in console.request.get(f"{page}v1/reviews").json()["reviews"]]
    identity = next(document for document in listed if document in sides)
    console.goto(f"{page}#/reviews/{identity}")
    expect(console.locator(".review .why")).to_contain_text("The two sides have different names.")
    expect(console.locator(".review").get_by_alt_text("The photo of the document")).to_have_count(2)
    console.locator(".review").get_by_role("button", name="Accept", exact=True).click()
    console.get_by_role("button", name="I have seen the card itself").click()
    expect(console.locator("#status")).to_have_text("Accepted")
    console.goto(f"{page}#/recognitions/{identity}")
    expect(console.locator("#detail .facts")).to_contain_text("having seen the card itself")


def test_the_page_paints_without_waiting_for_anything_else(console: Page) -> None:
    """One response is all that it needs: no second one can delay it."""
    loaded = console.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert loaded == []


def test_screenshots_of_the_documentation(console: Page, tmp_path: Path) -> None:
    directory = ROOT / SCREENSHOTS if SCREENSHOTS else tmp_path
    directory.mkdir(parents=True, exist_ok=True)

    def shoot(name: str, *, width: int = 1440, height: int = 900) -> None:
        console.set_viewport_size({"width": width, "height": height})
        console.evaluate("scrollTo(0, 0)")
        image = Image.open(BytesIO(console.screenshot()))
        assert image.size == (width, height)
        image.quantize(256).save(directory / f"console-{name}.png", optimize=True)

    console.emulate_media(reduced_motion="reduce")
    console.fill("#case", "2026-0815")
    console.select_option("#document", "residence-permit")
    submit(console, SPECIMENS / "residence-permit-front-2.jpg", SPECIMENS / "residence-permit-back-2.jpg")
    expect(console.locator("#detail .card .why strong")).to_have_text("Card: accepted")
    console.get_by_role("link", name="Documents").first.click()
    console.select_option("#document", "auto")
    files = (
        "exit-entry-permit-front-2",
        "hk-macao-permit-front-2",
        "residence-permit-back-3",
        "hk-macao-permit-front-1",
    )
    submit(console, blurred("taiwan-permit-front-1.jpg"))
    expect(console.locator("#detail .tag")).to_have_text("Needs review")
    console.get_by_role("link", name="Documents").first.click()
    submit(console, *(SPECIMENS / f"{file}.jpg" for file in files))
    expect(console.locator("#progress")).to_have_text("7 done")
    shoot("list", height=760)
    console.get_by_role("link", name="hk-macao-permit-front-1.jpg").click()
    expect(console.get_by_role("heading", level=2)).to_have_text("hk-macao-permit-front-1.jpg")
    expect(console.get_by_alt_text("The photo of the document")).to_be_visible()
    console.locator("tr[data-source=Number]").focus()
    shoot("result")
    console.emulate_media(color_scheme="dark", reduced_motion="reduce")
    shoot("result-dark")
    shoot("result-phone", width=390, height=844)
    console.emulate_media(color_scheme="light", reduced_motion="reduce")
    console.get_by_role("link", name="Reviews").click()
    expect(console.locator(".review [data-first]")).to_be_focused()
    expect(console.get_by_alt_text("The photo of the document")).to_be_visible()
    shoot("review", width=1280, height=800)

"""The console in a real browser, against the sandbox."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.chromium import PATIENCE_MILLISECONDS, chromium
from tests.sandbox.conftest import ROOT

SPECIMENS = ROOT / "events" / "specimens"
TRUTH = {one["file"]: one for one in json.loads((SPECIMENS / "truth.json").read_text())["specimens"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def console(browser: Browser, sandbox: Any) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB")
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


def submit(page: Page, *files: Path | dict[str, Any]) -> None:
    page.set_input_files("#files", list(files))  # type: ignore[arg-type]


def card(page: Page, file: str) -> Locator:
    return page.locator("li", has=page.get_by_role("heading", name=file))


def test_a_photo_becomes_a_result_with_fields_validity_and_event(console: Page) -> None:
    truth = TRUTH["hk-macao-permit-front-1.jpg"]
    console.select_option("#document", truth["document"])
    submit(console, SPECIMENS / truth["file"])
    shown = card(console, truth["file"])
    expect(shown.locator(".event")).to_have_attribute("data-type", "permit.recognized.v1")
    expect(shown.get_by_text(truth["answer"]["Number"], exact=True)).to_be_visible()
    start, end = truth["answer"]["ValidDate"].replace(".", "-").split("-20", 1)
    bar = shown.locator(".bar")
    expect(bar).to_have_attribute("aria-label", _contains(start, f"20{end}", "today"))
    shown.locator("summary").click()
    message = json.loads(shown.locator("pre").inner_text())
    assert message["data"]["fields"]["Number"] == truth["answer"]["Number"]
    expect(console.locator("#status")).to_contain_text(truth["file"])


def test_the_whole_event_is_copied(console: Page) -> None:
    console.context.grant_permissions(["clipboard-read", "clipboard-write"])
    submit(console, SPECIMENS / "taiwan-permit-front-1.jpg")
    shown = card(console, "taiwan-permit-front-1.jpg")
    shown.locator("summary").click()
    shown.get_by_role("button", name="Copy the message").click()
    expect(console.locator("#status")).to_have_text("Copied")
    assert json.loads(console.evaluate("navigator.clipboard.readText()"))["type"] == "permit.recognized.v1"


def test_a_file_that_is_no_photo_is_shown_as_rejected(console: Page) -> None:
    submit(console, {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no photograph"})
    shown = card(console, "notes.txt")
    expect(shown).to_contain_text("Document.UnsupportedFormat")
    expect(shown).to_contain_text("Rejected")


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
    expect(card(console, "taiwan-permit-front-1.jpg").locator(".event")).to_be_visible()
    assert len(documents) == 2
    assert len(set(documents)) == 1


def test_the_two_sides_of_a_card_become_a_pair(console: Page) -> None:
    console.fill("#case", "counter-7")
    console.select_option("#document", "residence-permit")
    submit(console, SPECIMENS / "residence-permit-front-1.jpg", SPECIMENS / "residence-permit-back-1.jpg")
    pair = console.locator("li", has=console.get_by_role("heading", name="Front and back of case counter-7"))
    expect(pair.locator(".event")).to_have_attribute("data-type", "permit.completed.v1")


def test_it_can_be_used_by_keyboard_only(console: Page) -> None:
    reached: list[str] = []
    for _ in range(6):
        console.keyboard.press("Tab")
        reached.append(console.evaluate("document.activeElement.id || document.activeElement.className"))
    assert reached == ["skip", "language", "document", "side", "case", "choose"]
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
    expect(card(console, "taiwan-permit-front-2.jpg").locator(".event")).to_be_visible()


def test_every_control_has_an_accessible_name(console: Page) -> None:
    nameless = console.evaluate(
        """() => [...document.querySelectorAll('button, select, input:not([aria-hidden])')]
            .filter(element => !element.closest('[hidden]'))
            .filter(element => {
                const names = [element.labels?.[0]?.innerText, element.innerText, element.ariaLabel];
                return !names.some(words => words?.trim());
            })
            .map(element => element.outerHTML)"""
    )
    assert nameless == []


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


def test_every_language_has_the_same_texts(console: Page) -> None:
    known = console.evaluate("Object.values(TEXTS).map(texts => Object.keys(texts).sort())")
    assert known[0] == known[1] == known[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast_in_light_and_dark(console: Page, scheme: Any) -> None:
    console.emulate_media(color_scheme=scheme)
    ratios = console.evaluate(
        """() => {
            const probe = document.body.appendChild(document.createElement('i'));
            const light = name => {
                probe.style.color = `var(--${name})`;
                const [r, g, b] = getComputedStyle(probe).color.match(/[\\d.]+/g).map(value => value / 255)
                    .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const pairs = [['ink', 'paper'], ['ink', 'sheet'], ['faint', 'sheet'], ['faint', 'paper'],
                ['on-accent', 'accent'], ['good', 'good-tint'], ['fair', 'fair-tint'], ['bad', 'bad-tint']];
            return pairs.map(([text, under]) => {
                const [a, b] = [light(text), light(under)].sort((x, y) => y - x);
                return [text, under, (a + 0.05) / (b + 0.05)];
            });
        }"""
    )
    assert [pair for pair in ratios if pair[2] < 4.5] == []  # WCAG 2.2, 1.4.3


def _contains(*parts: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, parts)))

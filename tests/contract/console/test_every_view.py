"""Every view of the page: accessible, in light and dark, and never wider than the window."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, Route, expect

from tests.contract.console.fake_api import HOST, ROOT, FakeApi, Json, file, sample

AXE = Path(".venv-clients/npm/node_modules/axe-core/axe.min.js")
WIDTHS = (360, 390, 768, 1024, 1440, 2560)
SPECIMEN = ROOT / "events" / "specimens" / "hk-macao-permit-front-1.jpg"
LONG_NAME = "a-photo-with-a-name-that-is-much-longer-than-any-column-of-the-list-and-has-no-space-to-break-it.jpg"


def with_places(event: Json) -> Json:
    """Return an event with confidences, one of them low, and with the places of two fields."""
    event["data"]["confidences"] |= {"Number": 0.72, "Name": 0.99}
    event["data"]["reasons"] = [*event["data"]["reasons"], "low_confidence:number"]
    places = {
        "Number": [[520, 320], [640, 320], [640, 350], [520, 350]],
        "Name": [[500, 90], [560, 90], [560, 120], [500, 120]],
    }
    event["data"]["positions"] = {"card": [[30, 20], [980, 20], [980, 640], [30, 640]], "fields": places}
    return event


def empty(page: Page) -> None:
    expect(page.get_by_role("button", name="Choose photos…")).to_be_visible()


def result(page: Page) -> None:
    event = with_places(sample("recognized", verdict="review", reasons=["low_confidence:number", "validity:expiring"]))
    FakeApi(page, {"photo": event})
    page.set_input_files("#files", {"name": LONG_NAME, "mimeType": "image/jpeg", "buffer": b"photo"})
    page.locator("details.message summary").click()


def with_picture(page: Page) -> None:
    api = FakeApi(page)
    api.image = SPECIMEN.read_bytes()
    event = with_places(sample("recognized"))
    api.store(event)
    page.goto(f"{HOST}/#/recognitions/{event['id']}")
    expect(page.get_by_alt_text("The photo of the document")).to_be_visible()


def rejected(page: Page) -> None:
    FakeApi(page, {"a.jpg": sample("rejected")})
    page.set_input_files("#files", file("a.jpg"))
    expect(page.locator("#detail .why")).to_be_visible()


def in_list(page: Page) -> None:
    reviewed, scan = sample("recognized", verdict="review"), [sample("recognized"), sample("rejected")]
    FakeApi(page, {"a.jpg": [sample("rejected")], LONG_NAME: [reviewed], "scan.pdf": scan})
    page.set_input_files("#files", [file(name) for name in ("a.jpg", LONG_NAME, "scan.pdf")])
    expect(page.locator("#progress")).to_have_text("4 done")


def pair(page: Page) -> None:
    event = sample("completed", case="counter-7")
    api = FakeApi(page)
    api.cases["counter-7"] = {"case": "counter-7", "sides": [], "completed": [event]}
    page.goto(f"{HOST}/#/cases/counter-7")
    expect(page.locator("#detail .side")).to_have_count(2)


def wrong_case(page: Page) -> None:
    page.fill("#case", "Mr Chan")
    page.set_input_files("#files", file("a.jpg"))
    expect(page.locator("#case-error button")).to_be_visible()


def review(page: Page) -> None:
    api = FakeApi(page)
    api.objections = ["validity:not_yet_valid"]
    api.image = SPECIMEN.read_bytes()
    api.review_mismatch()
    page.goto(f"{HOST}/#/reviews")
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.get_by_role("button", name="I have seen the card itself")).to_be_visible()


def deleting(page: Page) -> None:
    FakeApi(page, {"a.jpg": sample("recognized")})
    page.set_input_files("#files", file("a.jpg"))
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def asked_for_a_token(page: Page) -> None:
    page.route(f"{HOST}/v1/**", lambda route: route.fulfill(status=401, body="{}"))
    page.set_input_files("#files", file("a.jpg"))
    expect(page.get_by_label("Access token")).to_be_focused()


VIEWS: dict[str, Callable[[Page], None]] = {
    view.__name__: view
    for view in (empty, result, with_picture, rejected, in_list, pair, wrong_case, review, deleting, asked_for_a_token)
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_violation(page: Page, view: str, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    VIEWS[view](page)
    assert violations(page) == []


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """Return the rules that axe finds broken, each with the elements that break it."""
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(results => results.violations)")
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


def test_axe_would_find_a_picture_without_a_text(page: Page) -> None:
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    assert violations(page) == [("image-alt", ["<img>"])]


@pytest.mark.parametrize("view", VIEWS)
def test_the_page_is_never_wider_than_the_window(page: Page, view: str) -> None:
    VIEWS[view](page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate(
            """() => [...document.querySelectorAll('body *')].filter(element => {
                const {left, right} = element.getBoundingClientRect();
                return right > innerWidth + 1 && left > -900 && !element.closest('pre, .frame, .unseen');
            }).map(element => element.outerHTML.slice(0, 150))"""
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, wide)
        assert wide == [], width


@pytest.mark.parametrize("language", ["zh-Hant", "zh-Hans"])
def test_no_code_is_shown_instead_of_a_sentence(page: Page, language: str) -> None:
    result(page)
    page.select_option("#language", language)
    shown = page.locator("#detail .facts").inner_text()
    for code in ("low_confidence", "validity:", "not_checked", "confidence"):
        assert code not in shown
    assert "對此" in shown or "对此" in shown


def test_labels_of_the_validity_bar_are_at_their_marks(page: Page) -> None:
    rejected_card = sample("recognized", verdict="rejected", reasons=["validity:expired"])
    dates = {"status": "expired", "valid_from": "1996-11-29", "valid_until": "2001-11-29", "as_of": "2026-11-29"}
    rejected_card["data"]["validity"] |= {**dates, "days_remaining": -9131}
    FakeApi(page, {"a.jpg": rejected_card})
    page.set_input_files("#files", file("a.jpg"))
    bar = page.locator("#detail .bar").bounding_box()
    period = page.locator("#detail .bar i").bounding_box()
    today = page.locator("#detail .bar b").bounding_box()
    boxes = {text: page.locator(".labels span", has_text=text).bounding_box() for text in ("1996", "2001", "2026")}
    assert bar
    for mark, text in ((period, "1996"), (today, "2026")):
        box = boxes[text]
        assert mark
        assert box
        assert box["x"] <= mark["x"] + mark["width"] / 2 + 2
        assert box["x"] + box["width"] >= min(mark["x"], bar["x"] + bar["width"] - 2)
    assert boxes["1996"]
    assert boxes["2001"]
    assert boxes["1996"]["y"] != boxes["2001"]["y"]  # too close for one line


def test_a_picture_is_zoomed_and_rotated_by_keys_buttons_and_wheel(page: Page) -> None:
    with_picture(page)
    stage = page.locator(".stage")
    views: list[str] = []

    def changed() -> None:
        style = str(stage.get_attribute("style"))
        assert style not in views[-1:]
        views.append(style)

    changed()
    frame = page.get_by_role("group", name="Picture")
    frame.focus()
    for key in ("+", "+", "ArrowLeft", "r", "0"):
        page.keyboard.press(key)
        changed()
    for name in ("Larger", "Rotate left", "Rotate right", "Smaller"):
        page.get_by_role("button", name=name).click()
        changed()
    frame.hover()
    page.mouse.wheel(0, -300)
    expect(frame).to_have_class("frame zoomed")
    changed()
    page.keyboard.down("Shift")
    page.mouse.wheel(0, 100)
    expect(stage).to_have_attribute("style", re.compile(r"rotate\(90deg\)"))


def test_a_picture_is_zoomed_by_two_fingers(page: Page) -> None:
    with_picture(page)
    frame = page.locator(".frame")
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box
    touch = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind, apart in (("touchStart", 40), ("touchMove", 80), ("touchMove", 120)):
        points = [{"x": x + side * apart, "y": y, "id": side + 1} for side in (-1, 1)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(frame).to_have_class("frame zoomed")
    # A quarter of a turn of both fingers turns the picture.
    for step in range(1, 7):
        angle = math.pi / 12 * step
        points = [
            {"x": x + side * 120 * math.cos(angle), "y": y + side * 120 * math.sin(angle), "id": side + 1}
            for side in (-1, 1)
        ]
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": points})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator(".stage")).to_have_attribute("style", re.compile(r"rotate\((90|180)deg\)"))


def test_a_card_is_shown_upright(page: Page) -> None:
    event = with_places(sample("recognized"))
    event["data"]["positions"]["card"] = [[640, 20], [640, 980], [30, 980], [30, 20]]  # the card's top is on the right
    api = FakeApi(page)
    api.image = SPECIMEN.read_bytes()
    api.store(event)
    page.goto(f"{HOST}/#/recognitions/{event['id']}")
    expect(page.locator(".stage")).to_have_attribute("style", re.compile(r"rotate\(-90deg\)"))


def test_a_field_and_its_place_point_at_each_other(page: Page) -> None:
    with_picture(page)
    row, place = page.locator("tr[data-source=Number]"), page.locator(".stage .field").first
    row.focus()
    expect(place).to_have_class("field on")
    row.blur()
    expect(place).to_have_class("field")
    place.hover()
    expect(row).to_have_class("low on")
    page.get_by_role("heading", level=2).hover()
    expect(row).to_have_class("low")


def test_a_place_is_highlighted_when_the_picture_comes_later(page: Page) -> None:
    event = with_places(sample("recognized"))
    FakeApi(page).store(event)
    held: list[Route] = []
    page.route(f"{HOST}/v1/recognitions/*/image", lambda route: held.append(route))  # noqa: PLW0108  Playwright marks it
    with page.expect_request("**/image"):
        page.goto(f"{HOST}/#/recognitions/{event['id']}")
    row = page.locator("tr[data-source=Number]")
    row.focus()
    expect(row).to_be_focused()
    held[0].fulfill(body=SPECIMEN.read_bytes(), content_type="image/jpeg")
    expect(page.locator(".stage .field").first).to_have_class("field on")

"""The list of documents, cases, and the address of a result."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.contract.console.fake_api import HOST, FakeApi, Json, file, sample


def names(page: Page) -> list[str]:
    return page.locator("#list .item > .row .name").all_inner_texts()


def card(name: str, status: str, until: str, verdict: str) -> Json:
    event = sample("recognized", verdict=verdict, reasons=[] if verdict == "accepted" else [f"validity:{status}"])
    event["data"]["validity"] |= {"status": status, "valid_until": until}
    event["data"]["normalized"]["name"] = name
    return event


@pytest.fixture
def listed(page: Page) -> Page:
    results = {
        "b2.jpg": card("陳大文", "valid", "2031-01-01", "accepted"),
        "b10.jpg": card("李小龍", "expired", "2020-01-01", "rejected"),
        "a.jpg": card("黃飛鴻", "not_yet_valid", "2040-01-01", "review"),
        "c.jpg": sample("rejected"),
    }
    FakeApi(page, results)
    page.set_input_files("#files", [file(name) for name in results])
    expect(page.locator("#list .tag")).to_have_text(["Photo rejected", "Needs review", "Card rejected", "Accepted"])
    return page


def test_the_list_is_sorted(listed: Page) -> None:
    assert names(listed) == ["c.jpg", "a.jpg", "b10.jpg", "b2.jpg"]
    for order, expected in {
        "name": ["a.jpg", "b2.jpg", "b10.jpg", "c.jpg"],
        "verdict": ["c.jpg", "b10.jpg", "a.jpg", "b2.jpg"],
        "valid_until": ["b10.jpg", "b2.jpg", "a.jpg", "c.jpg"],
    }.items():
        listed.select_option("#sort", order)
        assert names(listed) == expected


def test_the_list_is_filtered_and_searched(listed: Page) -> None:
    listed.select_option("#filter", "rejected")
    assert names(listed) == ["b10.jpg"]
    listed.select_option("#filter", "unreadable")
    assert names(listed) == ["c.jpg"]
    listed.select_option("#filter", "all")
    listed.fill("#search", "飛鴻")
    assert names(listed) == ["a.jpg"]
    listed.fill("#search", "nobody")
    expect(listed.locator("#list")).to_have_text("No document matches.")


def test_one_document_is_open_at_a_time(listed: Page) -> None:
    for name in ("a.jpg", "b2.jpg"):
        listed.goto(HOST + "/#/")
        listed.get_by_role("link", name=name).click()
        expect(listed.get_by_role("heading", level=2)).to_have_text(name)
        expect(listed.locator("#list [aria-current=true] .name")).to_have_text(name)


def test_progress_distinguishes_waiting_from_working(page: Page) -> None:
    api = FakeApi(page, {"a.jpg": sample("recognized")})
    api.is_waiting = True
    page.set_input_files("#files", file("a.jpg"))
    expect(page.locator("#list .tag")).to_have_text("Waiting")
    expect(page.locator("#list .kind")).to_have_text("Waiting to be read")
    expect(page.locator("#progress")).to_have_text("1 waiting")
    assert page.locator("progress").count() == 0
    api.is_waiting = False
    expect(page.locator("#progress")).to_have_text("1 done")


def test_pages_are_listed_under_their_file(page: Page) -> None:
    FakeApi(page, {"scan.pdf": [card("陳大文", "valid", "2031-01-01", "accepted"), sample("rejected")]})
    page.set_input_files("#files", file("scan.pdf"))
    item = page.locator("#list .item")
    expect(item.locator("> .row .name")).to_have_text("scan.pdf")
    expect(item.locator("> .row .tag")).to_have_text("Photo rejected")  # the worst
    expect(item.locator("ul .name")).to_have_text(["page 1", "page 2"])
    page.locator("#detail").get_by_role("link", name="page 1").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("scan.pdf, page 1")


def test_a_result_has_an_address_that_survives_a_reload(page: Page) -> None:
    event = sample("recognized")
    FakeApi(page, {"a.jpg": event})
    page.set_input_files("#files", file("a.jpg"))
    expect(page).to_have_url(f"{HOST}/#/recognitions/{event['id']}")
    page.reload()
    expect(page.locator("#detail")).to_contain_text(event["data"]["normalized"]["number"])
    expect(page.get_by_role("heading", level=2)).to_have_text("a.jpg")


def test_the_address_of_an_unknown_document_says_so(page: Page) -> None:
    FakeApi(page)
    page.goto(f"{HOST}/#/recognitions/{'0' * 32}")
    expect(page.locator("#detail [role=alert]")).to_contain_text("There is no such document, or it has expired.")
    expect(page.locator("#detail .picture, #detail .tag, #detail button")).to_have_count(0)
    expect(page.get_by_role("link", name="← Documents")).to_be_visible()
    expect(page.locator("#overview")).to_be_hidden()  # it is not listed


def test_a_document_is_deleted_after_a_question(page: Page) -> None:
    event = sample("recognized")
    api = FakeApi(page, {"a.jpg": event})
    page.set_input_files("#files", file("a.jpg"))
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Cancel").click()
    assert event["id"] in api.documents
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#status")).to_have_text("Deleted")
    expect(page.locator("#status")).to_have_class("toast")
    assert event["id"] not in api.documents
    expect(page.locator("#overview")).to_be_hidden()


def test_a_pairs_verdict_comes_first_and_is_the_cards(page: Page) -> None:
    pair = sample("completed", case="counter-7")
    front, back = (pair["data"][side] for side in ("front", "back"))
    events = {}
    for side, data in (("front.jpg", front), ("back.jpg", back)):
        events[side] = sample("recognized") | {"id": data["document"]["id"]}
        events[side]["data"] = data
    api = FakeApi(page, events)
    api.cases["counter-7"] = {"case": "counter-7", "sides": [], "completed": [pair]}
    page.fill("#case", "counter-7")
    page.set_input_files("#files", [file("front.jpg"), file("back.jpg")])
    expect(page).to_have_url(f"{HOST}/#/cases/counter-7")
    verdicts = page.locator("#detail .why strong")
    expect(verdicts).to_have_count(3)
    expect(verdicts.first).to_contain_text("Card: ")
    assert "Card" not in verdicts.nth(1).inner_text()
    expect(page.locator("#detail .side > h3")).to_contain_text(["Front", "Back"])
    expect(page.locator("#case")).to_have_value("")  # the next customer has another case


def test_a_wrong_case_is_explained_and_keeps_the_photos(page: Page) -> None:
    api = FakeApi(page, {"a.jpg": sample("recognized")})
    page.fill("#case", "Mr Chan")
    page.set_input_files("#files", file("a.jpg"))
    expect(page.get_by_role("alert")).to_contain_text("A case has 1 to 64 letters, digits")
    expect(page.locator("#case")).to_be_focused()
    assert api.requests == []
    page.fill("#case", "4711")
    with page.expect_response(f"{HOST}/v1/recognitions"):
        page.keyboard.press("Enter")
    expect(page.locator("#list .item > .row .name")).to_have_text("Case 4711")
    assert api.requests[0][2]["case"] == "4711"


def test_csv_cannot_run_formulas_or_lose_digits(page: Page) -> None:
    event = sample("recognized")
    event["data"]["normalized"] |= {"name": '=HYPERLINK("http://x")', "number": "810000196110293288", "address": "+1"}
    event["data"]["normalized"]["permit_number"] = "00123456"
    FakeApi(page, {"a.jpg": event})
    page.set_input_files("#files", file("a.jpg"))
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download CSV").click()
    text = downloading.value.path().read_bytes().decode()
    assert text.startswith("\ufeff")
    heading, row, rest = text.split("\r\n")
    assert heading.startswith('\ufeff"File","Id","Case"')
    assert rest == ""
    assert '"\'=HYPERLINK(""http://x"")"' in row
    assert '"\'810000196110293288"' in row
    assert '"\'00123456"' in row


def test_json_is_the_event_and_is_copied_whole(page: Page) -> None:
    event = sample("recognized")
    FakeApi(page, {"a.jpg": event})
    page.set_input_files("#files", file("a.jpg"))
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download JSON").click()
    assert json.loads(downloading.value.path().read_text()) == event
    page.get_by_role("button", name="Copy as JSON").click()
    expect(page.locator("#status")).to_have_text("Copied")
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == event

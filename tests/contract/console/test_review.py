"""Reviews, one after another by keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.contract.console.fake_api import HOST, ROOT, FakeApi, Json, sample

MOST_KEY_PRESSES = 3
PHOTO = ROOT / "events" / "specimens" / "hk-macao-permit-front-1.jpg"


def unsure(field: str, **data: object) -> Json:
    """Return a result that needs a review, because the reader is not sure of a field."""
    event = sample("recognized", verdict="review", reasons=[f"low_confidence:{field.lower()}"], **data)
    event["data"]["confidences"] |= {field: 0.7}
    return event


@pytest.fixture
def reviews(page: Page) -> FakeApi:
    api = FakeApi(page)
    for event in (
        unsure("Number"),
        unsure("Name"),
        sample("recognized", verdict="review", reasons=["validity:not_yet_valid"]),
    ):
        api.review(event)
    return api


def keys_until_next(page: Page, *keys: str) -> int:
    """Press keys, wait for the next review, and return how many they were."""
    before = page.locator(".review").get_attribute("data-id")
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator(f".review:not([data-id='{before}']) [data-first]")).to_be_focused()
    return len(keys)


def test_an_acceptance_takes_at_most_three_key_presses(page: Page, reviews: FakeApi) -> None:
    page.goto(f"{HOST}/#/reviews")
    expect(page.locator(".review [data-first]")).to_be_focused()
    assert keys_until_next(page, "Enter") <= MOST_KEY_PRESSES
    assert reviews.decisions == [{"decision": "accepted", "reason": "read_correctly", "fields": {}}]
    assert reviews.tags == ['"1"']
    keys_until_next(page, "Enter")
    expect(page.get_by_role("button", name="Accept", exact=True)).to_be_focused()  # the last has no unsure field
    page.keyboard.press("Enter")
    expect(page.locator("#detail")).to_contain_text("No review is open.")
    assert len(reviews.decisions) == 3


def test_a_field_is_corrected_where_the_reader_is_unsure(page: Page, reviews: FakeApi) -> None:
    page.goto(f"{HOST}/#/reviews")
    number = page.locator("#detail").get_by_label("Number", exact=False)
    expect(number).to_be_focused()
    expect(page.locator(".correct.low .sure")).to_have_text("unsure, 70\u00a0%")
    number.fill("H12345678")
    expect(page.get_by_role("button", name="Accept as corrected")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Accepted")
    assert reviews.decisions == [{"decision": "accepted", "reason": "corrected", "fields": {"Number": "H12345678"}}]


def test_a_card_is_rejected_with_a_reason(page: Page, reviews: FakeApi) -> None:
    page.goto(f"{HOST}/#/reviews")
    page.get_by_role("button", name="Reject").click()
    reason = page.get_by_label("Reason for rejecting")
    expect(reason).to_be_focused()
    expect(page.locator("#detail [role=alert]")).to_have_text("Choose why it is rejected.")
    assert reviews.decisions == []
    page.locator(".review input").first.focus()
    page.keyboard.press("Alt+r")
    expect(reason).to_be_focused()
    reason.select_option("not_genuine")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("#status")).to_have_text("Rejected")
    expect(page.locator("#status")).to_have_class("toast")  # also for those who see
    assert reviews.decisions == [{"decision": "rejected", "reason": "not_genuine", "fields": {}}]


def test_the_checks_objections_are_sentences_and_can_be_overridden(page: Page, reviews: FakeApi) -> None:
    reviews.objections = ["validity:not_yet_valid", "check_failed:permit_number_format"]
    page.goto(f"{HOST}/#/reviews")
    page.get_by_role("button", name="Accept", exact=True).click()
    objections = page.locator("#detail [role=alert]")
    expect(objections).to_contain_text("The card is not valid yet.")
    expect(objections).not_to_contain_text("permit_number_format")
    expect(objections.locator(".why")).to_be_focused()  # and no reason: Enter must not choose one
    expect(page.locator("#status")).to_have_text("")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="I have seen the card itself")).to_be_focused()
    assert reviews.decisions == []
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Accepted")
    assert reviews.decisions[-1]["override"] == "original_seen"


def test_a_skipped_review_stays_open_and_is_returned(page: Page, reviews: FakeApi) -> None:
    page.goto(f"{HOST}/#/reviews")
    expect(page.locator(".review")).to_be_visible()
    first = page.url
    page.get_by_role("button", name="Skip", exact=True).click()
    expect(page.locator(f".review:not([data-id='{first.rpartition('/')[2]}'])")).to_be_visible()
    assert ("DELETE", f"/v1/recognitions/{first.rpartition('/')[2]}/review/lease", {}) in reviews.requests
    assert reviews.decisions == []
    keys_until_next(page, "Enter")
    expect(page.locator("#status")).to_have_text("Accepted")
    page.keyboard.press("Enter")
    expect(page.locator("#detail")).to_contain_text("No other review is open. One was skipped")
    expect(page.locator("#status")).to_have_text("Accepted")
    expect(page.locator("#detail [data-first]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(first)


def test_another_language_keeps_what_was_typed_and_the_objection(page: Page, reviews: FakeApi) -> None:
    reviews.objections = ["validity:not_yet_valid"]
    page.goto(f"{HOST}/#/reviews")
    page.locator("input[name=Number]").fill("H12345678")
    page.get_by_label("Reason for rejecting").select_option("other")
    page.get_by_role("button", name="Accept as corrected").click()
    expect(page.locator("#detail [role=alert]")).to_contain_text("The card is not valid yet.")
    page.select_option("#language", "zh-Hant")
    expect(page.locator("#detail [role=alert]")).to_contain_text("證件尚未生效。")
    expect(page.locator("input[name=Number]")).to_have_value("H12345678")
    expect(page.get_by_label("不通過的理由")).to_have_value("other")
    page.get_by_role("button", name="我已看過證件正本").click()
    expect(page.locator("#status")).to_have_text("通過")
    assert reviews.decisions[-1]["fields"] == {"Number": "H12345678"}


def test_a_mismatch_shows_both_sides_and_what_differs(page: Page) -> None:
    api = FakeApi(page)
    _, back = api.review_mismatch()
    page.goto(f"{HOST}/#/reviews")
    review = page.locator(".review")
    expect(review.locator(".why")).to_contain_text("The two sides have different numbers.")
    expect(review.locator(".why")).not_to_contain_text("Send that side, too.")
    expect(review.locator(".compared tbody tr")).to_have_text("numbers810000196110293288M33169345")
    expect(review.locator(".picture")).to_have_count(2)
    expect(review.locator("h2")).to_have_text("residence-permit-front-1.jpg")
    expect(review).to_contain_text("Case 2026-0815 · 1 open review")
    other = review.get_by_role("link", name="Back: residence-permit-back-1.jpg")
    expect(other).to_have_attribute("href", f"#/recognitions/{back['document']['id']}")


def test_a_list_that_cannot_be_reached_can_be_tried_again(page: Page, reviews: FakeApi) -> None:
    refuse = lambda route: route.abort()  # noqa: E731
    page.route(f"{HOST}/v1/reviews**", refuse)
    page.goto(f"{HOST}/#/reviews")
    expect(page.locator("#detail [role=alert]")).to_have_text("The service could not be reached.")
    page.unroute(f"{HOST}/v1/reviews**", refuse)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".review")).to_be_visible()
    assert len(reviews.reviews) == 3


def test_what_somebody_else_reviews_is_not_opened(page: Page, reviews: FakeApi) -> None:
    first, second, *_ = reviews.reviews
    reviews.leased.add(first)
    page.goto(f"{HOST}/#/reviews")
    expect(page.locator(".review")).to_be_visible()
    assert page.url.endswith(second)


def test_a_key_that_is_held_down_decides_once(page: Page, reviews: FakeApi) -> None:
    page.goto(f"{HOST}/#/reviews")
    expect(page.locator(".review [data-first]")).to_be_focused()
    page.keyboard.down("Enter")
    for _ in range(5):
        page.keyboard.down("Enter")
    page.wait_for_timeout(500)  # another decision would have been sent by now
    page.keyboard.up("Enter")
    assert len(reviews.decisions) == 1


def test_the_image_that_was_read_is_shown(page: Page, reviews: FakeApi) -> None:
    reviews.image = PHOTO.read_bytes()
    page.goto(f"{HOST}/#/reviews")
    expect(page.get_by_alt_text("The photo of the document")).to_be_visible()


def test_a_decided_document_shows_who_decided_and_what(page: Page, reviews: FakeApi) -> None:
    identity = next(iter(reviews.reviews))
    reviews.documents[identity] = sample("reviewed")
    page.goto(f"{HOST}/#/recognitions/{identity}")
    expect(page.locator("#detail .tag").first).to_have_text("Accepted")
    expect(page.locator("#detail .facts")).to_contain_text(
        "Decided by arn:aws:sts::111122223333:assumed-role/reviewers/desk-3"
    )
    expect(page.locator("#detail .facts")).to_contain_text("Number: H7564678 → H75646782")

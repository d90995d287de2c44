"""Human review end to end: the list, the image, the lease, the decision and its event, with the real template."""

import base64
import io
import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.sandbox.conftest import COMMAND
from tests.sandbox.test_end_to_end import PATIENCE_SECONDS, TRUTH, Client, validate

SPECIMENS = Path("events/specimens")
FRONT = next(one for one in TRUTH if one["permit_type"] == "hk-macao-permit" and one["side"] == "front")
EXPIRED = {"ValidDate": "2010.02.03-2020.02.02"}
OVERRIDE = {"decision": "accepted", "reason": "corrected", "fields": EXPIRED, "override": "exception_granted"}


@pytest.fixture(scope="module")
def client(sandbox: Any) -> Client:
    return Client(sandbox.endpoints)


@pytest.fixture(scope="module")
def api(sandbox: Any) -> httpx.Client:
    return httpx.Client(base_url=sandbox.endpoints["api_url"], timeout=60)


def grey_copy(number: int) -> bytes:
    """Return a grey copy of a specimen that no other test sends: the recogniser is not sure that it is such a card.

    Of numbers up to 15, it is sure of 5 and 9.
    """
    photo = io.BytesIO()
    Image.open(SPECIMENS / FRONT["file"]).convert("L").save(photo, "JPEG", quality=80 + number)
    return photo.getvalue()


def wait_for_review(api: httpx.Client, document_id: str) -> httpx.Response:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (response := api.get(f"/v1/recognitions/{document_id}/review")).status_code == httpx.codes.NOT_FOUND:
        assert time.monotonic() < deadline, "the document needs no review"
        time.sleep(0.3)
    return response


def uploaded(client: Client, api: httpx.Client, number: int) -> tuple[str, httpx.Response]:
    document_id = client.upload(grey_copy(number), f"uploads/mainland-permit/review-{number}.jpg")
    return document_id, wait_for_review(api, document_id)


def listed(api: httpx.Client, **query: str) -> dict[str, dict[str, Any]]:
    """Return every open review by its document, page by page."""
    found: dict[str, dict[str, Any]] = {}
    while True:
        page = api.get("/v1/reviews", params={"limit": "2", **query}).json()
        found |= {one["document_id"]: one for one in page["reviews"]}
        if page["next"] is None:
            return found
        query["cursor"] = page["next"]


def test_a_document_is_reviewed_from_the_list_to_the_event(client: Client, api: httpx.Client) -> None:
    document_id, review = uploaded(client, api, 1)
    one = listed(api)[document_id]
    assert one["reasons"] == ["low_confidence:document"]
    assert document_id in listed(api, reason="low_confidence:document", kind="mainland-permit")
    assert document_id not in listed(api, kind="residence-permit")
    image = api.get(f"/v1/recognitions/{document_id}/image")
    assert (image.status_code, image.headers["cache-control"]) == (httpx.codes.FOUND, "no-store")
    assert "X-Amz-Expires=60" in image.headers["location"]
    shown = httpx.get(image.headers["location"])
    assert (shown.content, shown.headers["content-type"]) == (grey_copy(1), "image/jpeg")
    path = f"/v1/recognitions/{document_id}/review"
    assert api.post(f"{path}/lease", json={"reviewer": "anna"}).status_code == httpx.codes.OK
    assert api.post(f"{path}/lease", json={"reviewer": "ben"}).status_code == httpx.codes.CONFLICT
    headers = {"if-match": review.headers["etag"]}
    refused = api.post(path, json={**OVERRIDE, "override": None, "reviewer": "anna"}, headers=headers)
    assert refused.json()["objections"] == ["validity:expired"]
    decided = api.post(path, json={**OVERRIDE, "reviewer": "anna"}, headers=headers)
    assert decided.status_code == httpx.codes.OK, decided.text
    event = client.result(decided.json()["decision"]["id"])
    validate(event)
    assert event == decided.json()["decision"]
    assert (event["type"], event["subject"]) == ("permit.reviewed.v1", document_id)
    assert event["data"]["verdict"] == "accepted"
    assert event["data"]["reasons"] == ["validity:expired", "override:exception_granted"]
    assert event["data"]["review"]["reviewer"] == "arn:aws:iam::123456789012:user/sandbox reviewer anna"
    assert document_id not in listed(api)
    late = api.post(path, json={"decision": "rejected", "reason": "other"}, headers=headers)
    assert late.status_code == httpx.codes.PRECONDITION_FAILED
    assert late.json()["review"]["decision"] == event


def printed_accuracy(state: Path) -> dict[str, tuple[int, int]]:
    """Return how often each field was checked and how often corrected, as printed for this sandbox."""
    done = subprocess.run(
        [COMMAND, "accuracy", "--since", "1h"],
        env={**os.environ, "PERMIT_OCR_SANDBOX_DIRECTORY": str(state)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    return {row[0]: (int(row[2]), int(row[3])) for row in rows if row[1:2] == ["recognizer"]}


def test_the_accuracy_of_reviewed_fields_is_printed(sandbox: Any, client: Client, api: httpx.Client) -> None:
    document_id, review = uploaded(client, api, 6)
    path, headers = f"/v1/recognitions/{document_id}/review", {"if-match": review.headers["etag"]}
    before = printed_accuracy(sandbox.state)  # the sandbox is shared: other tests decide on reviews, too
    assert api.post(path, json=OVERRIDE, headers=headers).status_code == httpx.codes.OK
    after = printed_accuracy(sandbox.state)

    def added(field: str) -> tuple[int, int]:
        (checked, corrected), (old_checked, old_corrected) = after[field], before.get(field, (0, 0))
        return checked - old_checked, corrected - old_corrected

    assert added("ValidDate") == (1, 1)
    assert added("Number") == (1, 0)


def test_of_two_reviewers_at_the_same_time_one_decides(client: Client, api: httpx.Client) -> None:
    document_id, review = uploaded(client, api, 2)
    path, headers = f"/v1/recognitions/{document_id}/review", {"if-match": review.headers["etag"]}

    def decide(reviewer: str) -> httpx.Response:
        body = {"decision": "rejected", "reason": "not_genuine", "reviewer": reviewer}
        return httpx.post(f"{api.base_url}{path}", json=body, headers=headers, timeout=60)

    with ThreadPoolExecutor(4) as threads:
        responses = list(threads.map(decide, ("anna", "ben", "chris", "dora")))
    (won,) = (one for one in responses if one.status_code == httpx.codes.OK)
    assert {one.status_code for one in responses} <= {200, 409, 412, 503}
    client.result(won.json()["decision"]["id"])
    client.consume()
    events = [event for received in client.received.values() for event in received]
    assert len([event for event in events if event["subject"] == document_id and event["id"] != document_id]) == 1


def test_the_image_of_a_request_can_be_reviewed_and_is_deleted(client: Client, api: httpx.Client) -> None:
    image = base64.b64encode(grey_copy(3)).decode()
    document_id = client.post({"document": "mainland-permit", "image_base64": image}).json()["id"]
    location = api.get(f"/v1/recognitions/{document_id}/image").headers["location"]
    assert httpx.get(location).content == grey_copy(3)
    assert document_id in listed(api)
    assert api.delete(f"/v1/recognitions/{document_id}").status_code == httpx.codes.NO_CONTENT
    assert document_id not in listed(api)
    assert httpx.get(location).is_client_error
    for path in ("image", "review"):
        assert api.get(f"/v1/recognitions/{document_id}/{path}").status_code == httpx.codes.GONE


def test_an_image_that_is_gone_is_a_clear_problem(sandbox: Any, client: Client, api: httpx.Client) -> None:
    document_id, _ = uploaded(client, api, 7)
    bucket = sandbox.endpoints["upload_bucket"]
    for one in client.s3.list_object_versions(Bucket=bucket, Prefix="uploads/mainland-permit/review-7")["Versions"]:
        client.s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
    response = api.get(f"/v1/recognitions/{document_id}/image")
    assert (response.status_code, response.json()["code"]) == (httpx.codes.NOT_FOUND, "Document.NoImage")


def test_the_age_of_the_oldest_review_is_measured(sandbox: Any, client: Client, api: httpx.Client) -> None:
    uploaded(client, api, 4)
    message = json.dumps({"measure_reviews": {}})
    client.sqs.send_message(QueueUrl=sandbox.endpoints["intake_queue_url"], MessageBody=message)
    deadline = time.monotonic() + PATIENCE_SECONDS
    logs = sandbox.state / "logs"
    while not any('"OldestReviewSeconds"' in log.read_text() for log in logs.glob("*.log")):
        assert time.monotonic() < deadline, "not measured"
        time.sleep(0.3)


def test_a_rejected_and_a_right_photo_end_the_review_of_the_other_side(client: Client, api: httpx.Client) -> None:
    photos = {"other": "hk-macao-permit-front-1", "back": "hk-macao-permit-back-3", "right": "hk-macao-permit-front-3"}
    ids = {
        name: client.upload((SPECIMENS / f"{photo}.jpg").read_bytes(), f"uploads/auto/case-stale/{photo}.jpg")
        for name, photo in photos.items()
        if name != "right"
    }
    review = wait_for_review(api, ids["other"])
    wait_for_review(api, ids["back"])
    path, headers = f"/v1/recognitions/{ids['other']}", {"if-match": review.headers["etag"]}
    decided = api.post(f"{path}/review", json={"decision": "rejected", "reason": "wrong_document"}, headers=headers)
    assert decided.status_code == httpx.codes.OK
    assert api.get(path).json() == decided.json()["decision"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while {*ids.values()} & listed(api).keys():
        assert time.monotonic() < deadline, "a review is listed although nothing is left to decide"
        time.sleep(0.3)
    photo = (SPECIMENS / f"{photos['right']}.jpg").read_bytes()
    client.upload(photo, f"uploads/auto/case-stale/{photos['right']}.jpg")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while api.get("/v1/cases/stale").json()["completed"][0]["data"]["verdict"] != "accepted":
        assert time.monotonic() < deadline, "the right front makes no pair"
        time.sleep(0.3)
    assert api.get(f"/v1/recognitions/{ids['back']}/review").status_code == httpx.codes.NOT_FOUND

"""The lifecycle of a document through the API: form, upload, result, deletion."""

import base64
import io
import json
import time
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from PIL import Image

SPECIMENS = Path("events/specimens")
TRUTH: list[dict[str, Any]] = json.loads((SPECIMENS / "truth.json").read_text())["specimens"]
FRONT = next(one for one in TRUTH if one["kind"] == "residence-permit" and one["side"] == "front")
TIMEOUT_SECONDS = 120.0


@pytest.fixture(scope="module")
def api(sandbox: Any) -> httpx.Client:
    return httpx.Client(base_url=sandbox.endpoints["api_url"], timeout=60)


def image(number: int) -> bytes:
    """Return a photo that no other test sends, so that no other test shares its recognitions."""
    photo = io.BytesIO()
    Image.open(SPECIMENS / FRONT["file"]).save(photo, "JPEG", quality=90 + number)
    return photo.getvalue()


def outcome(api: httpx.Client, location: str) -> httpx.Response:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while (response := api.get(location)).status_code == httpx.codes.ACCEPTED:
        assert time.monotonic() < deadline, response.text
        time.sleep(0.3)
    return response


def upload(upload_form: dict[str, Any], content: bytes, **changes: str) -> httpx.Response:
    fields = {**upload_form["upload"]["fields"], **changes}
    return httpx.post(upload_form["upload"]["url"], data=fields, files={"file": ("a.jpg", content)}, timeout=60)


def stored_in(sandbox: Any) -> tuple[set[str], str]:
    """Return the keys in the bucket, and everything in the work table as text."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    endpoint = sandbox.endpoints["aws_endpoint"]
    listing = session.client("s3", endpoint_url=endpoint).list_object_versions(
        Bucket=sandbox.endpoints["upload_bucket"]
    )
    pages = session.client("dynamodb", endpoint_url=endpoint).get_paginator("scan")
    items = [item for page in pages.paginate(TableName=sandbox.endpoints["work_table"]) for item in page["Items"]]
    return {one["Key"] for one in listing.get("Versions", ())}, json.dumps(items, ensure_ascii=False)


def test_an_uploaded_document_is_read_and_deleted_completely(api: httpx.Client, sandbox: Any) -> None:
    options = {"document": "residence-permit", "return_portrait": True, "content_type": "image/jpeg"}
    created = api.post("/v1/uploads", json=options)
    assert created.status_code == httpx.codes.CREATED
    upload_form, location = created.json(), created.headers["location"]
    assert api.get(location).json()["progress"]["stage"] == "awaiting_upload"
    assert upload(upload_form, image(1), key="uploads/by-id/another").status_code == httpx.codes.FORBIDDEN
    assert upload(upload_form, image(1)).is_success
    event = outcome(api, location).json()
    assert event["id"] == upload_form["id"]
    assert event["data"]["fields"]["IdCardNo"] == FRONT["answer"]["IdCardNo"]
    keys, _ = stored_in(sandbox)
    assert keys >= {f"uploads/by-id/{upload_form['id']}", event["data"]["portrait_key"]}
    for _ in range(2):
        assert api.delete(location).status_code == httpx.codes.NO_CONTENT
    assert outcome(api, location).status_code == httpx.codes.GONE
    keys, items = stored_in(sandbox)
    assert not keys & {f"uploads/by-id/{upload_form['id']}", event["data"]["portrait_key"]}
    assert event["data"]["document"]["sha256"] not in items, "the document is erased"
    assert event["data"]["provider"]["request_id"] not in items, "and so is its recognition"
    # The form is still valid for a while: a file uploaded with it now is erased and never published.
    assert upload(upload_form, image(1)).is_success
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while f"uploads/by-id/{upload_form['id']}" in stored_in(sandbox)[0]:
        assert time.monotonic() < deadline, "the second upload was not erased"
        time.sleep(0.3)
    assert outcome(api, location).status_code == httpx.codes.GONE


def test_an_async_result_is_at_the_location_of_the_response(api: httpx.Client) -> None:
    body = {"document": "residence-permit", "image_base64": base64.b64encode(image(2)).decode()}
    headers = {"prefer": "respond-async", "idempotency-key": "the same"}
    first, again = (api.post("/v1/recognitions", json=body, headers=headers) for _ in range(2))
    assert first.status_code == httpx.codes.ACCEPTED
    location = first.headers["location"]
    event = outcome(api, location).json()
    if again.status_code == httpx.codes.OK:  # it was read before the second request
        assert again.json() == event
    else:
        assert (again.status_code, again.headers["location"]) == (httpx.codes.ACCEPTED, location)
    assert event["data"]["fields"]["IdCardNo"] == FRONT["answer"]["IdCardNo"]
    assert location.endswith(event["id"])


def test_two_pages_are_two_documents_that_are_deleted_with_the_scan(api: httpx.Client, sandbox: Any) -> None:
    first, second = (Image.open(io.BytesIO(image(number))) for number in (3, 4))
    scan = io.BytesIO()
    first.save(scan, "PDF", save_all=True, append_images=[second])
    body = {"document": "residence-permit", "image_base64": base64.b64encode(scan.getvalue()).decode()}
    response = api.post("/v1/recognitions", json=body, headers={"idempotency-key": "a scan"})
    scanned = (
        outcome(api, response.headers["location"]) if response.status_code == httpx.codes.ACCEPTED else response
    ).json()
    assert [page["number"] for page in scanned["pages"]] == [1, 2]
    events = [api.get(page["location"]).json() for page in scanned["pages"]]
    assert [event["data"]["document"]["page"] for event in events] == [1, 2]
    assert {event["data"]["fields"]["IdCardNo"] for event in events} == {FRONT["answer"]["IdCardNo"]}
    keys, _ = stored_in(sandbox)
    assert len([key for key in keys if scanned["id"] in key]) == 3, "the scan, and a copy of each page"
    assert api.delete(f"/v1/recognitions/{scanned['id']}").status_code == httpx.codes.NO_CONTENT
    assert [api.get(page["location"]).status_code for page in scanned["pages"]] == [httpx.codes.GONE] * 2
    keys, items = stored_in(sandbox)
    assert not [key for key in keys if scanned["id"] in key]
    assert not [event for event in events if event["data"]["provider"]["request_id"] in items]


def test_an_unreachable_url_is_a_rejected_result(api: httpx.Client) -> None:
    body = {"document": "mainland-permit", "image_url": "http://127.0.0.1:9/nothing.jpg"}
    accepted = api.post("/v1/recognitions", json=body, headers={"prefer": "respond-async"})
    event = outcome(api, accepted.headers["location"]).json()
    assert event["type"] == "permit.rejected.v1"

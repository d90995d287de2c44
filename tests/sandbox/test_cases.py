"""Front and back of one card, sent separately: the real template, artefacts and recogniser."""

import base64
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from permit_ocr.domain.card.chinese_script import simplified
from permit_ocr.domain.identity import case_digest, pair_id
from tests.sandbox.conftest import COMMAND
from tests.sandbox.test_end_to_end import SPECIMENS, TRUTH, Client, validate


@pytest.fixture(scope="module")
def client(sandbox: Any) -> Client:
    return Client(sandbox.endpoints)


def specimen(permit_type: str, side: str, fits: Callable[[dict[str, Any]], bool] = bool) -> tuple[Path, dict[str, Any]]:
    """Return the first specimen of this side whose answer fits, and that answer."""
    return next(
        (SPECIMENS / one["file"], one["answer"])
        for one in TRUTH
        if (one["permit_type"], one["side"]) == (permit_type, side) and fits(one["answer"])
    )


def family_name(answer: dict[str, Any]) -> str:
    return simplified(str(answer["Name"][0]))


def outcomes(event: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["outcome"] for check in event["data"]["checks"]}


def test_an_uploaded_back_and_a_posted_front_become_a_pair(client: Client) -> None:
    front_photo, front_answer = specimen(
        "residence-permit", "front", lambda answer: bool(answer["IdCardNo"].startswith("81"))
    )
    back_photo, back_answer = specimen(
        "residence-permit", "back", lambda answer: bool(answer["PassNo"].startswith("H"))
    )
    back = client.upload(back_photo.read_bytes(), "uploads/residence-permit/case-2026-0815/back.jpg")
    assert client.result(back)["data"]["document"]["case"] == "2026-0815"
    image = base64.b64encode(front_photo.read_bytes()).decode()
    response = client.post({"document": "residence-permit", "image_base64": image, "case": "2026-0815"})
    assert response.status_code == 200, response.text
    front = response.json()["id"]
    event = client.result(pair_id(case="2026-0815", front=front, back=back))
    validate(event)
    data = event["data"]
    assert data["front"]["fields"]["IdCardNo"] == front_answer["IdCardNo"]
    assert data["back"]["fields"]["PassNo"] == back_answer["PassNo"]
    assert data["validity"]["raw"] == back_answer["ValidDate"]
    assert outcomes(event)["number"] == outcomes(event)["permit_type"] == "passed"
    case = httpx.get(f"{client.endpoints['api_url']}/v1/cases/2026-0815", timeout=60).json()
    assert {side["document_id"] for side in case["sides"]} == {front, back}
    assert case["completed"] == [event]


def test_sides_of_two_people_become_a_pair_that_is_not_accepted(client: Client) -> None:
    front_photo, front_answer = specimen("hk-macao-permit", "front")
    back_photo, _ = specimen(
        "hk-macao-permit",
        "back",
        lambda answer: family_name(answer["MainlandTravelPermitBackInfos"]) != family_name(front_answer),
    )
    front = client.upload(front_photo.read_bytes(), "uploads/mainland-permit/front.jpg", case="a.b")
    sides = {"case": "a.b", "card-side": "BACK"}
    back = client.upload(back_photo.read_bytes(), "uploads/mainland-permit/back.jpg", **sides)
    event = client.result(pair_id(case="a.b", front=front, back=back))
    validate(event)
    assert outcomes(event)["name"] == outcomes(event)["mrz_number"] == "failed"
    assert "mismatch:name" in event["data"]["reasons"]
    verdicts = {event["data"]["verdict"], event["data"]["front"]["verdict"], event["data"]["back"]["verdict"]}
    assert "accepted" not in verdicts


def test_a_case_is_deleted_by_the_command_and_that_is_on_record(sandbox: Any) -> None:
    """The read and the deletion are in the audit trail, with the caller and without the case's name."""
    api = sandbox.endpoints["api_url"]
    created = httpx.post(f"{api}/v1/uploads", json={"case": "to-be-deleted"}, timeout=60).json()
    done = subprocess.run(
        [COMMAND, "delete", "--case", "to-be-deleted", "--yes"],
        env={**os.environ, "PERMIT_OCR_SANDBOX_DIRECTORY": str(sandbox.state)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "the case to-be-deleted is deleted" in done.stderr
    assert httpx.get(f"{api}/v1/recognitions/{created['id']}", timeout=60).status_code == httpx.codes.GONE
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    logs = session.client("logs", endpoint_url=sandbox.endpoints["aws_endpoint"])
    groups = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]
    (group,) = (name for name in groups if "/audit-" in name)
    lines = [json.loads(one["message"]) for one in logs.filter_log_events(logGroupName=group)["events"]]
    lines.sort(key=lambda line: str(line["time"]))  # each execution environment has a stream of its own
    ours = {created["id"], case_digest("to-be-deleted")}
    about = [line for line in lines if ours & {line.get("document_id"), line.get("case")}]
    assert [line["action"] for line in about] == [
        *("POST /v1/uploads", "DELETE /v1/cases/{case}", "GET /v1/recognitions/{document_id}")
    ]
    assert {line["caller"] for line in about} == {"arn:aws:iam::123456789012:user/sandbox"}
    assert "to-be-deleted" not in json.dumps(lines)

"""Front and back of one card, sent apart: real photographs, the real template, artefacts and recogniser."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from permit_ocr.domain.identity import pair_id
from tests.sandbox.test_end_to_end import SPECIMENS, TRUTH, Bank, validate


@pytest.fixture(scope="module")
def bank(sandbox: Any) -> Bank:
    return Bank(sandbox.endpoints)


def specimen(permit_type: str, side: str, fits: Callable[[dict[str, Any]], bool] = bool) -> tuple[Path, dict[str, Any]]:
    """Return the first photograph of this side, and what it says."""
    return next(
        (SPECIMENS / one["file"], one["answer"])
        for one in TRUTH
        if (one["permit_type"], one["side"]) == (permit_type, side) and fits(one["answer"])
    )


def outcomes(event: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["outcome"] for check in event["data"]["checks"]}


def test_a_back_from_the_bucket_and_a_front_from_the_api_are_one_pair(bank: Bank) -> None:
    photograph, front_said = specimen(
        "residence-permit", "front", lambda answer: bool(answer["IdCardNo"].startswith("81"))
    )
    back_photograph, back_said = specimen(
        "residence-permit", "back", lambda answer: bool(answer["PassNo"].startswith("H"))
    )
    back = bank.upload(back_photograph.read_bytes(), "uploads/residence-permit/case-2026-0815/back.jpg")
    assert bank.result(back)["data"]["document"]["case"] == "2026-0815"
    image = base64.b64encode(photograph.read_bytes()).decode()
    answer = bank.post({"document": "residence-permit", "image_base64": image, "case": "2026-0815"})
    assert answer.status_code == 200, answer.text
    front = answer.json()["id"]
    event = bank.result(pair_id(case="2026-0815", front=front, back=back))
    validate(event)
    data = event["data"]
    assert data["front"]["fields"]["IdCardNo"] == front_said["IdCardNo"]
    assert data["back"]["fields"]["PassNo"] == back_said["PassNo"]
    assert data["validity"]["raw"] == back_said["ValidDate"]
    assert outcomes(event)["number"] == outcomes(event)["permit_type"] == "passed"
    case = httpx.get(f"{bank.endpoints['api_url']}/v1/cases/2026-0815", timeout=60).json()
    assert {side["document_id"] for side in case["sides"]} == {front, back}
    assert case["completed"] == [event]


def test_sides_of_two_people_are_a_pair_that_goes_to_review(bank: Bank) -> None:
    photograph, said = specimen("hk-macao-permit", "front")
    other, _ = specimen(
        "hk-macao-permit",
        "back",
        lambda answer: bool(answer["MainlandTravelPermitBackInfos"]["Name"][0] != said["Name"][0]),
    )
    front = bank.upload(photograph.read_bytes(), "uploads/mainland-permit/front.jpg", case="a.b")
    sides = {"case": "a.b", "card-side": "BACK"}
    back = bank.upload(other.read_bytes(), "uploads/mainland-permit/back.jpg", **sides)
    event = bank.result(pair_id(case="a.b", front=front, back=back))
    validate(event)
    assert outcomes(event)["name"] == "failed"
    assert "mismatch:name" in event["data"]["reasons"]
    assert event["data"]["verdict"] != "accepted"

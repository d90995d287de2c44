"""Reading results and cases through the API."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from cli.commands.documents import get
from cli.deployment import Deployment
from cli.main import app
from cli.uploads.file_names import FileNames

SAMPLES = Path(__file__).parents[4] / "events" / "samples"
RECOGNIZED, REVIEWED, COMPLETED = (
    json.loads((SAMPLES / f"permit.{name}.v1.json").read_text(encoding="utf-8"))
    for name in ("recognized", "reviewed", "completed")
)
ID, OTHER = RECOGNIZED["id"], "1" * 32


@pytest.fixture
def answers(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, httpx.Response]:
    """Return the API's answers by path, for a test to fill; all others are unknown."""
    known: dict[str, httpx.Response] = {}
    names = tmp_path / "names"
    FileNames(names).record(RECOGNIZED["data"]["document"]["key"], "chan.jpg")
    here = replace(deployment, api_url="https://api.example/", file_names=names)
    monkeypatch.setattr(get, "find_deployment", lambda _: here)

    def request(method: str, url: str, *, headers: dict[str, str], timeout: float) -> httpx.Response:
        assert method == "GET"
        return known.get(url.removeprefix("https://api.example/v1/"), httpx.Response(404))

    monkeypatch.setattr(httpx, "request", request)
    return known


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["get", *arguments])
    return done.exit_code, done.output


def test_a_result_is_shown_with_the_name_of_its_file(answers: dict[str, httpx.Response]) -> None:
    answers[f"recognitions/{ID}"] = httpx.Response(200, json=RECOGNIZED)
    status, output = run(ID)
    assert status == 0
    assert "chan.jpg  hk-macao-permit   front  H75646782" in output.replace("permit  ", "permit   ")


def test_a_decision_is_shown_with_its_verdict(answers: dict[str, httpx.Response]) -> None:
    review = REVIEWED["data"]["review"] | {"decision": "rejected", "reason": "not_genuine"}
    rejected = {**REVIEWED["data"], "verdict": "rejected", "reasons": ["review:not_genuine"], "review": review}
    answers[f"recognitions/{ID}"] = httpx.Response(200, json=REVIEWED | {"data": rejected})
    status, output = run(ID)
    assert status == 0
    assert "chan.jpg: rejected by a reviewer: not genuine" in output
    assert "accepted" not in output


def test_json_is_the_event_as_it_was_published(answers: dict[str, httpx.Response]) -> None:
    answers[f"recognitions/{ID}"] = httpx.Response(200, json=RECOGNIZED)
    status, output = run(ID, "--json", "--stack", "permit-ocr")
    assert (status, json.loads(output)) == (0, RECOGNIZED)


def test_the_pages_of_a_file_are_shown(answers: dict[str, httpx.Response]) -> None:
    pages = [{"number": 1, "id": ID, "location": "…"}, {"number": 2, "id": OTHER, "location": "…"}]
    answers[f"recognitions/{'2' * 32}"] = httpx.Response(200, json={"id": "2" * 32, "pages": pages})
    answers[f"recognitions/{ID}"] = httpx.Response(200, json=RECOGNIZED)
    answers[f"recognitions/{OTHER}"] = httpx.Response(200, json=RECOGNIZED | {"id": OTHER})
    status, output = run("2" * 32, "--json")
    assert (status, [json.loads(line)["id"] for line in output.splitlines()]) == (0, [ID, OTHER])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(404), "unknown or expired"),
        (httpx.Response(410), "deleted"),
        (httpx.Response(202, json={"progress": {"stage": "awaiting_upload"}}), "no result yet: awaiting upload"),
        (
            httpx.Response(202, json={"progress": {"stage": "reading", "pages": 5, "pages_done": 2}}),
            "no result yet: reading, 2 of 5 pages",
        ),
    ],
)
def test_a_missing_result_is_explained(answers: dict[str, httpx.Response], answer: httpx.Response, reason: str) -> None:
    answers[f"recognitions/{ID}"] = answer
    assert run(ID) == (1, f"permit-ocr get: {ID}: {reason}\n")


def test_a_case_is_its_sides_and_the_pair(answers: dict[str, httpx.Response]) -> None:
    side = {"kind": "mainland-permit", "side": "front", "document_id": ID}
    body: dict[str, Any] = {"case": "2026-0815", "sides": [side], "completed": [COMPLETED]}
    answers["cases/2026-0815"] = httpx.Response(200, json=body)
    answers[f"recognitions/{ID}"] = httpx.Response(200, json=RECOGNIZED)
    status, output = run("--case", "2026-0815")
    assert status == 0
    assert "both sides of case 2026-0815" in output
    assert run("--case", "other") == (
        1,
        "permit-ocr get: other: no side of the case has been read, or it has expired or was deleted\n",
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [((), "name documents or a case"), (("x",), "x is no document id"), (("--case", "a b"), "a case must have")],
)
def test_wrong_arguments_ask_nothing(
    answers: dict[str, httpx.Response], arguments: tuple[str, ...], reason: str
) -> None:
    status, output = run(*arguments)
    assert (status, reason in output) == (2, True)


def test_a_refusal_is_reported(answers: dict[str, httpx.Response]) -> None:
    answers[f"recognitions/{ID}"] = httpx.Response(403, json={"message": "Forbidden"})
    assert run(ID) == (1, "permit-ocr get: the API answers 403 Forbidden\n")

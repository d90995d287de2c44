"""Listing which permits expire."""

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from cli.commands.documents import expiring
from cli.deployment import Deployment
from cli.main import app
from cli.results.lines import ResultLines
from cli.uploads.file_names import FileNames

FIRST = {
    "document_id": "0" * 32, "case": "7", "kind": "mainland-permit", "valid_until": "2027-03-02", "days_remaining": 1,
}  # fmt: skip
SECOND = FIRST | {"document_id": "1" * 32, "case": None, "valid_until": "2027-03-20", "days_remaining": 19}
SAMPLES = Path(__file__).parents[4] / "events" / "samples"


class FakeApi:
    """Answers with a page for each cursor."""

    def __init__(self) -> None:
        self.requests: list[dict[str, str]] = []
        self.pages: dict[str | None, httpx.Response] = {
            None: httpx.Response(200, json={"expiries": [FIRST], "next": "there"}),
            "there": httpx.Response(200, json={"expiries": [SECOND], "next": None}),
        }

    def request(self, method: str, url: str, *, headers: dict[str, str], timeout: float) -> httpx.Response:
        assert (method, timeout > 30) == ("GET", True)
        assert not headers or "Authorization" in headers
        assert urlsplit(url).path == "/v1/expiries"
        parameters = dict(parse_qsl(urlsplit(url).query))
        self.requests.append(parameters)
        return self.pages[parameters.get("cursor")]


@pytest.fixture
def api(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeApi:
    fake = FakeApi()
    (tmp_path / "today").write_text("2027-03-01\n")
    here = replace(deployment, api_url="https://api.example/", today_file=tmp_path / "today")
    monkeypatch.setattr(expiring, "find_deployment", lambda stack: replace(here, today_file=None) if stack else here)
    monkeypatch.setattr(httpx, "request", fake.request)
    return fake


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["expiring", *arguments])
    return done.exit_code, " ".join(done.output.split())


def test_every_page_is_listed(api: FakeApi) -> None:
    status, output = run()
    assert status == 0
    assert f"2027-03-02 1 mainland-permit 7 {'0' * 32}" in output
    assert f"2027-03-20 19 mainland-permit – {'1' * 32}" in output
    assert "2 permits from 2027-03-01 to 2027-04-30" in output
    days = {"from": "2027-03-01", "to": "2027-04-30"}
    assert api.requests == [days, days | {"cursor": "there"}]


@pytest.mark.parametrize(
    ("arguments", "first", "last"),
    [
        (("--within", "0"), "2027-03-01", "2027-03-01"),
        (("--within", "30", "--since", "7"), "2027-02-22", "2027-03-31"),
        (("--within", "365", "--since", "31"), "2027-01-29", "2028-01-29"),
    ],
)
def test_the_range_is_within_what_the_api_lists(
    api: FakeApi, arguments: tuple[str, ...], first: str, last: str
) -> None:
    assert run(*arguments)[0] == 0
    assert (api.requests[0]["from"], api.requests[0]["to"]) == (first, last)
    assert (date.fromisoformat(last) - date.fromisoformat(first)).days < 366


def test_a_deployed_stack_has_the_real_date(api: FakeApi) -> None:
    assert run("--stack", "permit-ocr")[0] == 0
    assert api.requests[0]["from"] != "2027-03-01"


def test_the_list_is_written_to_files(api: FakeApi, tmp_path: Path) -> None:
    for suffix in (".csv", ".jsonl", ".parquet", ".xlsx"):
        assert run("--output", str(tmp_path / f"list{suffix}"))[0] == 0
    with (tmp_path / "list.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["valid_until"], row["case"]) for row in rows] == [("2027-03-02", "7"), ("2027-03-20", "")]
    lines = [json.loads(line) for line in (tmp_path / "list.jsonl").read_text().splitlines()]
    assert lines == [FIRST, SECOND]
    table = parquet.read_table(tmp_path / "list.parquet").to_pylist()
    assert [row["valid_until"] for row in table] == [date(2027, 3, 2), date(2027, 3, 20)]
    assert len(api.requests) == 8


def test_a_written_file_is_named(api: FakeApi, tmp_path: Path) -> None:
    assert f"wrote {tmp_path}/list.csv" in run("--output", str(tmp_path / "list.csv"))[1]


def test_an_expired_permit_has_no_days_left(api: FakeApi) -> None:
    api.pages[None] = httpx.Response(200, json={"expiries": [FIRST | {"days_remaining": -1}], "next": None})
    assert "2027-03-02 – mainland-permit" in run("--since", "3")[1]


def test_a_date_of_the_sandbox_that_is_none_is_named(api: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "today").write_text("2030-13-01")
    status, output = run()
    assert (status, f"{tmp_path}/today: must be a date such as 2030-01-31" in output) == (2, True)


def test_an_unknown_format_is_refused_before_anything_is_read(api: FakeApi) -> None:
    status, output = run("--output", "list.ods")
    assert (status, api.requests) == (2, [])
    assert "must end with .csv, .xlsx, .jsonl, .parquet" in output


def test_a_deployment_without_reminders_says_what_to_do(api: FakeApi) -> None:
    problem = {"detail": "Reminders are off.", "advice": "Ask the operator to set ExpiryNoticeDays."}
    api.pages[None] = httpx.Response(404, json=problem)
    status, output = run()
    assert status == 1
    assert "Reminders are off. Ask the operator to set ExpiryNoticeDays." in output


@pytest.mark.parametrize(("name", "shown"), [("expiring", "expiring"), ("expired", "expired")])
def test_watch_shows_reminders(name: str, shown: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    event: dict[str, Any] = json.loads((SAMPLES / f"permit.{name}.v1.json").read_text(encoding="utf-8"))
    lines = ResultLines(FileNames(tmp_path / "names"))
    lines.print(event)
    output = capsys.readouterr().out
    for text in (f"case {event['data']['case']}", shown, event["data"]["valid_until"], event["id"]):
        assert text in output

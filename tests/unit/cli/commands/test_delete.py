"""Deleting documents and cases through the API."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from cli.commands.documents import delete
from cli.deployment import Deployment
from cli.main import app

ID, OTHER = "0" * 32, "1" * 32


class FakeApi:
    """Answers deletions; each response is used once, the last one for ever."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.responses: list[httpx.Response] = [httpx.Response(204)]

    def request(self, method: str, url: str, *, headers: dict[str, str], timeout: float) -> httpx.Response:
        assert (method, timeout > 30) == ("DELETE", True)
        self.requests.append((url, headers))
        return self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]


@pytest.fixture
def api(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    fake = FakeApi()
    here = replace(deployment, api_url="https://api.example/")
    monkeypatch.setattr(delete, "find_deployment", lambda _: here)
    monkeypatch.setattr(httpx, "request", fake.request)
    monkeypatch.setattr("time.sleep", lambda _: None)
    return fake


def run(*arguments: str, answer: str | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["delete", *arguments], input=answer)
    return done.exit_code, " ".join(done.output.split())


def test_documents_are_deleted_with_signed_requests(api: FakeApi) -> None:
    assert run(ID, OTHER, "--stack", "permit-ocr", "--yes") == (0, "deleted 2 of 2 documents")
    assert [url for url, _ in api.requests] == [f"https://api.example/v1/recognitions/{one}" for one in (ID, OTHER)]
    assert "/execute-api/aws4_request" in api.requests[0][1]["Authorization"]


def test_a_case_is_deleted_in_as_many_requests_as_it_takes(api: FakeApi) -> None:
    in_part = httpx.Response(503, headers={"retry-after": "1"}, json={"code": "Case.DeletedInPart"})
    api.responses = [in_part, in_part, httpx.Response(200, json={"case": "7", "documents": 5})]
    status, output = run("--case", "2026-0815", "--yes")
    assert (status, output) == (0, "the case 2026-0815 is deleted: 5 documents, and those of earlier requests")
    assert [url for url, _ in api.requests] == ["https://api.example/v1/cases/2026-0815"] * 3
    assert api.requests[0][1] == {}, "the sandbox takes unsigned requests"


def test_the_documents_of_a_case_are_counted(api: FakeApi) -> None:
    throttled = httpx.Response(429, headers={"retry-after": "1"}, json={"message": "Too Many Requests"})
    api.responses = [throttled, httpx.Response(200, json={"case": "7", "documents": 1})]
    assert run("--case", "7", "--yes") == (0, "the case 7 is deleted: 1 document")


def test_a_case_without_documents_is_an_error(api: FakeApi) -> None:
    api.responses = [httpx.Response(204), httpx.Response(200, json={"case": "typo", "documents": 0})]
    said = "deleted 1 of 1 document permit-ocr delete: nothing deleted: the case typo is unknown or was deleted before"
    assert run(ID, "--case", "typo", "--yes") == (1, said)


def test_a_case_that_an_earlier_request_finished_is_deleted(api: FakeApi) -> None:
    in_part = httpx.Response(503, headers={"retry-after": "1"}, json={"code": "Case.DeletedInPart"})
    api.responses = [in_part, httpx.Response(200, json={"case": "7", "documents": 0})]
    assert run("--case", "7", "--yes")[0] == 0


def test_missing_credentials_are_reported(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boto3.Session.get_credentials", lambda _: None)
    assert run(ID, "--stack", "permit-ocr", "--yes") == (1, "permit-ocr delete: there are no AWS credentials")
    assert api.requests == []


def test_a_token_is_sent_in_place_of_a_signature(api: FakeApi) -> None:
    assert run(ID, "--stack", "permit-ocr", "--token", "t", "--yes")[0] == 0
    assert api.requests[0][1] == {"authorization": "Bearer t"}


def test_an_unknown_document_is_named(api: FakeApi) -> None:
    api.responses = [httpx.Response(404), httpx.Response(204)]
    status, output = run(ID, OTHER, "--yes")
    assert status == 1
    assert "deleted 1 of 2 documents" in output
    assert f"unknown or expired: {ID}" in output


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (httpx.Response(403, json={"message": "Forbidden"}), "the API answers 403 Forbidden"),
        (httpx.Response(500), "the API answers 500"),
        (httpx.Response(503, headers={"retry-after": "1"}), "the API answers 503"),
    ],
)
def test_a_refusal_is_reported(api: FakeApi, response: httpx.Response, reason: str) -> None:
    api.responses = [response]
    status, output = run(ID, "--yes")
    assert (status, reason in output) == (1, True)


def test_an_api_that_does_not_answer_is_reported(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise httpx.ConnectError("secret detail")

    monkeypatch.setattr(httpx, "request", fail)
    assert run(ID, "--yes") == (1, "permit-ocr delete: the API at https://api.example cannot be reached")
    assert api.requests == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [((), "name documents or a case"), (("x",), "x is no document id"), (("--case", "a b"), "a case must have")],
)
def test_wrong_arguments_delete_nothing(api: FakeApi, arguments: tuple[str, ...], reason: str) -> None:
    status, output = run(*arguments, "--yes")
    assert (status, reason in output, api.requests) == (2, True, [])


def test_a_deletion_is_asked_about(api: FakeApi) -> None:
    status, output = run(ID, "--case", "7", answer="n\n")
    assert (status, "1 document and the case 7" in output, api.requests) == (1, True, [])


def test_a_deployment_without_an_api_is_reported(
    api: FakeApi, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delete, "find_deployment", lambda _: deployment)
    assert run(ID, "--yes") == (2, "permit-ocr delete: the stack has no output ApiUrl")
    assert api.requests == []

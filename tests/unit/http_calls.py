"""Requests to the API function, as API Gateway sends them."""

import base64
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from permit_ocr.application.intake_messages import DocumentMessage
from permit_ocr.entrypoints.http_api import ApiDependencies, handle_request
from tests.unit.fakes.files import JPEG, FakePresignedUploads
from tests.unit.fakes.queues import THROTTLED
from tests.unit.fakes.world import World

HTTP: dict[str, Any] = json.loads(Path("events/http-api-v2-recognition.json").read_text())
REST: dict[str, Any] = json.loads(Path("events/rest-api-v1-recognition.json").read_text())
IMAGE = base64.b64encode(JPEG).decode()


@dataclass
class FakeIntake:
    fails: bool = False
    messages: list[DocumentMessage] = field(default_factory=list)

    def enqueue(self, message: DocumentMessage) -> None:
        if self.fails:
            raise THROTTLED
        self.messages.append(message)


@dataclass
class Caller:
    """Calls the API. The fakes keep their state between calls."""

    here: World
    intake: FakeIntake = field(default_factory=FakeIntake)
    uploads: FakePresignedUploads = field(default_factory=FakePresignedUploads)
    seconds_left: float = 30.0
    review_scope: str = ""
    scopes: str | None = None
    """Those of the caller's token; None if it signs its requests."""
    unreported_base_path: str = ""

    def send(self, event: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """Return the response, and its body as JSON; None for an empty one."""
        dependencies = ApiDependencies(
            recognize=self.here.recognize,
            delete=self.here.delete,
            documents=self.here.documents,
            cases=self.here.cases,
            case_index=self.here.case_index,
            delete_case=self.here.delete_case,
            reviews=self.here.reviews if self.here.with_reviews else None,
            decide_review=self.here.decide_review,
            stored_images=self.here.stored_images,
            audit=self.here.audit,
            intake=self.intake,
            presigned_uploads=self.uploads,
            base64_limit=1000,
            watched_cards=self.here.watched_cards,
            now=self.here.now,
            today=self.here.today,
            review_scope=self.review_scope,
            unreported_base_path=self.unreported_base_path,
        )
        context = SimpleNamespace(
            get_remaining_time_in_millis=lambda: self.seconds_left * 1000, function_name="api", aws_request_id="1"
        )
        response = handle_request(event, context, dependencies)
        json.dumps(response, ensure_ascii=False).encode()  # as Lambda sends it
        names = [name.lower() for name in [*response["headers"], *response.get("multiValueHeaders", {})]]
        assert len(names) == len(set(names)), "a header is sent twice"
        if response["statusCode"] >= HTTPStatus.BAD_REQUEST:
            assert content_type(response) == "application/problem+json"
        return response, json.loads(response["body"]) if response["body"] else None

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[dict[str, Any], Any]:
        """Call a route of the HTTP API."""
        return self.send(self._event(method, path, body, headers))

    def get(self, path: str, query: dict[str, str]) -> tuple[dict[str, Any], Any]:
        """Call a route of the HTTP API with parameters in its query."""
        return self.send_query("GET", path, query)

    def send_query(self, method: str, path: str, query: dict[str, str]) -> tuple[dict[str, Any], Any]:
        """Call a route of the HTTP API with any method and parameters in its query."""
        return self.send({**self._event(method, path, None, {}), "queryStringParameters": query})

    def _event(self, method: str, path: str, body: Any, headers: dict[str, str]) -> dict[str, Any]:
        http = {**HTTP["requestContext"]["http"], "method": method, "path": path}
        event = {
            **HTTP,
            "rawPath": path,
            "headers": {"content-type": "application/json"}
            | {name.replace("_", "-"): v for name, v in headers.items()},
            "requestContext": {**HTTP["requestContext"], "http": http},
        }
        if self.scopes is not None:
            claims = {"iss": "https://tokens.example/", "sub": "reviewer", "scope": self.scopes}
            event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        del event["body"]
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        return event


def call(
    body: Any, here: World, *, event: dict[str, Any] = HTTP, intake: FakeIntake | None = None, **changes: Any
) -> tuple[dict[str, Any], Any]:
    """Send an event with another body; the event of an HTTP API is ``POST /v1/recognitions``."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Caller(here, intake=intake or FakeIntake()).send({**event, "body": text, **changes})


def content_type(response: dict[str, Any]) -> str:
    """Return a response's content type. Payload format 1.0 returns some headers as lists."""
    lists = {name: ",".join(values) for name, values in response.get("multiValueHeaders", {}).items()}
    headers = {name.lower(): value for name, value in (lists | response["headers"]).items()}
    return str(headers.get("content-type", ""))

"""Responds to the console as the API does, with events that a test prepares."""

import base64
import copy
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "events" / "samples"
HOST = "https://console.example"
type Json = dict[str, Any]


def sample(name: str, **data: Any) -> Json:
    """Return a sample event with an id of its own and other ``data``."""
    event: Json = json.loads((SAMPLES / f"permit.{name}.v1.json").read_text())
    event["data"] |= copy.deepcopy(data)
    if "document" in event["data"]:
        event["id"] = event["subject"] = event["data"]["document"]["id"] = uuid.uuid4().hex
    return event


def file(name: str, content: bytes | None = None) -> Any:
    """Return a file to choose. ``FakeApi`` finds its result by its content, which is its name by default."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": content if content is not None else name.encode()}


class FakeApi:
    """``results`` are events by the name of the file that they belong to, or lists of events: one for each page."""

    def __init__(self, page: Page, results: Mapping[str, Json] | Mapping[str, list[Json]] | None = None) -> None:
        self.results: dict[bytes, Json | list[Json]] = {name.encode(): value for name, value in (results or {}).items()}
        self.documents: dict[str, Json] = {}
        self.cases: dict[str, Json] = {}
        self.requests: list[tuple[str, str, Json]] = []
        self.is_waiting = False
        self.reviews: dict[str, Json] = {}
        self.leased: set[str] = set()
        self.objections: list[str] = []
        self.decisions: list[Json] = []
        self.tags: list[str] = []
        self.image: bytes | None = None
        page.route(f"{HOST}/v1/**", self._respond)

    def store(self, *events: Json) -> None:
        """Make events known that were submitted before."""
        for event in events:
            self.documents[event["id"]] = event

    def review(self, event: Json) -> None:
        """Put a document on the list of open reviews."""
        self.store(event)
        self.reviews[event["id"]] = {"state": "open", "reasons": event["data"]["reasons"], "decision": None}

    def review_mismatch(self) -> tuple[Json, Json]:
        """Put the front of a card on the list, whose number does not match that on the back. Returns both sides."""
        pair = sample("completed")["data"]
        front, back = pair["front"], pair["back"]
        back["normalized"]["permit_number"] = "M33169345"
        front["reasons"] = ["validity:not_on_this_side", "mismatch:number"]
        number = next(check for check in pair["checks"] if check["name"] == "number")
        number |= {"outcome": "failed", "reason": "The two sides have different numbers."}
        self.cases[pair["case"]] = {"case": pair["case"], "sides": [], "completed": [{"data": pair}]}
        self.review(sample("recognized") | {"id": front["document"]["id"], "data": front})
        return front, back

    def _respond(self, route: Route) -> None:
        method, path = route.request.method, route.request.url.removeprefix(HOST)
        if path.endswith("/image") and self.image:
            route.fulfill(body=self.image, content_type="image/jpeg")
            return
        self.tags += [tag] if (tag := route.request.headers.get("if-match")) else []
        body = json.loads(route.request.post_data or "{}")
        self.requests.append((method, path, body))
        status, answer = self._answer(method, path, body)
        location = {"location": f"/v1/recognitions/{answer['id']}"} if "id" in answer else {}
        headers = {"content-type": "application/json", "etag": '"1"', **location}
        route.fulfill(status=status, headers=headers, body=json.dumps(answer) if answer else "")

    def _answer(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        if (method, path) == ("POST", "/v1/recognitions"):
            return 202, {"id": self._submit(body), "status": "pending"}
        if "/review" in path or path.endswith("/image"):
            return self._review(method, path, body)
        kind, identity = path.removeprefix("/v1/").split("/")
        known = self.documents if kind == "recognitions" else self.cases
        if identity not in known:
            code = "Document.Unknown" if kind == "recognitions" else "Case.Unknown"
            return 404, {"code": code, "detail": "unknown", "advice": "Send it again."}
        if method == "DELETE":
            del known[identity]
            return 204, {}
        if self.is_waiting:
            return 202, {"id": identity, "status": "pending", "progress": {"stage": "queued"}}
        return 200, known[identity]

    def _review(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        if path.startswith("/v1/reviews"):
            reviews = [{"document_id": identity, **state} for identity, state in self.reviews.items()]
            return 200, {"reviews": [one for one in reviews if one["decision"] is None], "next": None}
        identity = path.split("/")[3]
        state = self.reviews.get(identity)
        if state is None or path.endswith("/image"):
            return 404, {"code": "Review.Unknown", "detail": "unknown", "advice": "Look at the list."}
        if path.endswith("/lease") and identity in self.leased:
            return 409, {"code": "Review.Leased", "detail": "leased", "advice": "Wait."}
        if method == "POST" and path.endswith("/review"):
            if self.objections and "override" not in body:
                problem = {"code": "Review.OverrideNeeded", "detail": "override", "advice": "Override it."}
                return 422, {**problem, "objections": self.objections}
            self.decisions.append(body)
            self.documents[identity] = sample("reviewed")
            state |= {"state": "decided", "decision": self.documents[identity]}
        return 200, state

    def _submit(self, body: Json) -> str:
        result = self.results[base64.b64decode(body["image_base64"])]
        if isinstance(result, dict):
            result["data"]["document"]["case"] = body.get("case")
            self.store(result)
            return str(result["id"])
        self.store(*result)
        identity = uuid.uuid4().hex
        pages = [{"number": place, "id": page["id"]} for place, page in enumerate(result, start=1)]
        self.documents[identity] = {"id": identity, "status": "done", "pages": pages}
        return identity

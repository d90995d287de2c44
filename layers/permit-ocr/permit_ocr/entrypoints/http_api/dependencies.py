"""The use cases and ports of the API function, and how the routes get them."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, APIGatewayRestResolver

from permit_ocr.application.deletion.delete_case import DeleteCase
from permit_ocr.application.deletion.delete_document import DeleteDocument
from permit_ocr.application.ports import AuditTrail, CaseIndex, Cases, Documents, MessageQueue, PresignedUploads
from permit_ocr.application.recognize import Recognize
from permit_ocr.application.reminders.ports import WatchedCards
from permit_ocr.application.review.decide_review import DecideReview
from permit_ocr.application.review.ports import Reviews, StoredImages

BODY_LIMIT: Final = 5 * 1024 * 1024
"""Maximum bytes of a request's body. Lambda accepts 6 MB for the whole event; larger photos need an upload."""

_RESERVED_SECONDS: Final = 3.0
"""Kept free at the end of a request to publish, store and respond."""
_GATEWAY_SECONDS: Final = 29.0
"""API Gateway gives an integration 30 seconds, whatever the function's own timeout is."""

type Resolver = APIGatewayHttpResolver | APIGatewayRestResolver


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDependencies:
    """What the API function uses."""

    recognize: Recognize
    delete: DeleteDocument
    documents: Documents
    cases: Cases
    case_index: CaseIndex
    delete_case: DeleteCase
    reviews: Reviews | None
    """None if there is no list of them."""
    decide_review: DecideReview
    stored_images: StoredImages
    audit: AuditTrail
    intake: MessageQueue
    presigned_uploads: PresignedUploads
    base64_limit: int
    watched_cards: WatchedCards | None
    """None if reminders are off."""
    now: Callable[[], datetime]
    today: Callable[[], date]
    """The day in Shanghai."""
    review_scope: str = ""
    """The scope that a token needs for reviews; empty if every caller may review."""
    unreported_base_path: str = ""
    """Base path of the API on a custom domain whose events do not report it."""


def get_dependencies(app: Resolver) -> ApiDependencies:
    """Return what ``handle_request`` was given. The routes are built only once, without it."""
    dependencies: ApiDependencies = app.context["dependencies"]
    return dependencies


def name_document(app: Resolver, document_id: str) -> None:
    """Name the document that the current request is about, for the audit trail, where its path does not."""
    app.context["audited"]["document_id"] = document_id


def get_caller(app: Resolver) -> str:
    """Return who sent the current request, as API Gateway has verified it."""
    caller: str = app.context["caller"]
    return caller


def name_listed_documents(app: Resolver, document_ids: Iterable[str]) -> None:
    """Name the documents that the response lists, for the audit trail."""
    app.context["listed"].extend(document_ids)


def get_deadline(app: Resolver) -> float:
    """Return until when the current request may work, on ``time.monotonic``'s clock."""
    remaining = app.lambda_context.get_remaining_time_in_millis() / 1000
    return time.monotonic() + min(remaining, _GATEWAY_SECONDS) - _RESERVED_SECONDS


def get_base_path(app: Resolver) -> str:
    """Return what precedes the path of the current request in its URL: a stage or a custom domain's mapping."""
    base_path: str = app.context["base_path"]
    return base_path

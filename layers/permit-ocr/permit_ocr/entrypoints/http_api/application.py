"""What the routes work with, and where they find it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, APIGatewayRestResolver

from permit_ocr.application.delete_document import DeleteDocument
from permit_ocr.application.ports import Cases, Documents, IntakeQueue, PresignedUploads
from permit_ocr.application.recognize import Recognize

BODY_LIMIT: Final = 5 * 1024 * 1024
"""Bytes of a request's body. Lambda takes 6 MB with everything around it; beyond this an upload is the way."""
_APPLICATION: Final = "application"

type Resolver = APIGatewayHttpResolver | APIGatewayRestResolver


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiApplication:
    """What the API function uses."""

    recognize: Recognize
    delete: DeleteDocument
    documents: Documents
    cases: Cases
    intake: IntakeQueue
    presigned_uploads: PresignedUploads
    base64_limit: int
    now: Callable[[], datetime]


def hand_in(app: Resolver, application: ApiApplication) -> None:
    """Give the next request's route what it works with: the routes themselves are made once."""
    app.context[_APPLICATION] = application


def application_of(app: Resolver) -> ApiApplication:
    """Return what the request at hand works with."""
    application: ApiApplication = app.context[_APPLICATION]
    return application

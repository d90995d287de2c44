"""What the routes work with, and where they find it."""

from dataclasses import dataclass
from typing import Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, APIGatewayRestResolver

from permit_ocr.adapters.s3.presigned_uploads import S3PresignedUploads
from permit_ocr.adapters.sqs.queues import SqsIntakeQueue
from permit_ocr.application.ports import Services

BODY_LIMIT: Final = 5 * 1024 * 1024
"""Bytes of a request's body. Lambda takes 6 MB with everything around it; beyond this an upload is the way."""
_APPLICATION: Final = "application"

type Resolver = APIGatewayHttpResolver | APIGatewayRestResolver


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiApplication:
    """What the API function works with."""

    services: Services
    intake: SqsIntakeQueue
    tickets: S3PresignedUploads


def hand_in(app: Resolver, application: ApiApplication) -> None:
    """Give the next request's route what it works with: the routes themselves are made once."""
    app.context[_APPLICATION] = application


def application_of(app: Resolver) -> ApiApplication:
    """Return what the request at hand works with."""
    application: ApiApplication = app.context[_APPLICATION]
    return application

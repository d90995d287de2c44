"""``GET /v1/recognitions/{document_id}/image``: the image that was read, for a reviewer to look at."""

from http import HTTPStatus
from typing import Final

from aws_lambda_powertools.event_handler import Response

from permit_ocr.domain.errors import Deleted
from permit_ocr.entrypoints.http_api.dependencies import Resolver, get_dependencies
from permit_ocr.entrypoints.http_api.problem_details import HttpProblem, problem
from permit_ocr.entrypoints.http_api.recognition_by_id import UNKNOWN, check_document_id
from permit_ocr.entrypoints.http_api.responses import describe_problem

_SECONDS: Final = 60
_NOT_STORED: Final = problem(
    404,
    "Document.NoImage",
    "document_id: its image is not stored: only its address was sent, it is a file of several pages, or it was deleted "
    "after UploadRetentionDays.",
    "Ask the sender for the photo.",
)


def add_routes(app: Resolver) -> None:
    """Add the route to ``app``."""

    @app.get(
        "/v1/recognitions/<document_id>/image",
        operation_id="getImage",
        summary="Get the image that was read",
        description=(
            f"Redirects to a URL that is valid for {_SECONDS} seconds, for anybody who has it. The image is the one "
            "that was read: of a page, or of a format such as HEIC, the JPEG or PNG that was made of it."
        ),
        responses={
            302: {
                "description": "Where the image is.",
                "headers": {"Location": {"description": "URL of the image.", "schema": {"type": "string"}}},
            },
            403: describe_problem("The token lacks the scope that reviewers need."),
            404: describe_problem("There is no such document, or its image is not stored."),
            410: describe_problem("The document was deleted."),
            422: describe_problem("The id is malformed."),
            500: describe_problem("Internal error."),
            503: describe_problem("Temporarily unavailable: try again after `Retry-After` seconds."),
        },
    )
    def get_image(document_id: str) -> Response[str]:
        check_document_id(document_id)
        dependencies = get_dependencies(app)
        state = dependencies.documents.get(document_id)
        if state and state.deleted:
            raise Deleted
        if state is None or state.document is None:
            raise HttpProblem(UNKNOWN)
        has_pages = (state.pages or 1) > 1  # each of which has an image of its own
        url = None if has_pages else dependencies.stored_images.url(state.document, seconds=_SECONDS)
        if url is None:
            raise HttpProblem(_NOT_STORED)
        return Response(HTTPStatus.FOUND, None, "", headers={"Location": url})

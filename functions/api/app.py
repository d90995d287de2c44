"""The HTTP API: recognises a photo within one request, and publishes the same result to the queue."""

import gc

gc.disable()  # while the environment starts: see uploads

from typing import Any

from permit_ocr.bootstrap import (
    audit_trail,
    base64_limit,
    case_index,
    cases,
    decide_review,
    delete_case,
    delete_document,
    documents,
    listed_reviews,
    now,
    presigned_uploads,
    queue,
    recognize,
    stored_images,
    today,
    watched_cards,
)
from permit_ocr.entrypoints.http_api import ApiDependencies, handle_request, resolver
from permit_ocr.observability import observed
from permit_ocr.rate_limit.dynamodb_rate_limiter import Priority
from permit_ocr.settings import settings

# Built when the environment starts: see uploads.
_dependencies = ApiDependencies(
    recognize=recognize(Priority.API),
    delete=delete_document(),
    documents=documents(),
    cases=cases(),
    audit=audit_trail(),
    case_index=case_index(),
    delete_case=delete_case(),
    reviews=listed_reviews(),
    decide_review=decide_review(),
    stored_images=stored_images(),
    intake=queue(settings().intake_queue_url),
    presigned_uploads=presigned_uploads(),
    base64_limit=base64_limit(),
    watched_cards=watched_cards(),
    now=now,
    today=today,
    review_scope=settings().jwt_review_scope,
    unreported_base_path=settings().api_base_path,
)
resolver()  # the routes of payload format 2.0, which API Gateway is deployed with
gc.freeze()
gc.enable()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401  Lambda's context has no type
    """Respond to one request of API Gateway, payload format 2.0 or 1.0."""
    return handle_request(event, context, _dependencies)

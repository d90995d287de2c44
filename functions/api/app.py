"""The HTTP API: one request, the same result as the queue gets."""

import gc

gc.disable()  # while the environment starts: see uploads

from typing import Any

from permit_ocr.bootstrap import intake, services, tickets
from permit_ocr.entrypoints.http_api import ApiApplication, answer, resolver
from permit_ocr.observability import observed
from permit_ocr.rate_limit.dynamodb_rate_limiter import Priority

_application = ApiApplication(services=services(Priority.API), intake=intake(), tickets=tickets())
resolver()  # the routes of payload format 2.0, which API Gateway is deployed with
gc.freeze()
gc.enable()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401  Lambda's context has no type
    """Answer one request of API Gateway, payload format 2.0 or 1.0."""
    return answer(event, context, _application)

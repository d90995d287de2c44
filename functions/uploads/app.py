"""Uploads: recognises every photo that arrives in the bucket and publishes its result."""

import gc

gc.disable()  # nothing that is imported or built here is garbage; looking for some is a tenth of a cold start

from typing import Any

from permit_ocr.bootstrap import audit_trail, measure_reviews, process_upload, queue, retry_policy
from permit_ocr.entrypoints.uploads import UploadsDependencies, process
from permit_ocr.observability import observed
from permit_ocr.settings import settings

# Built when the environment starts, not with its first event: Lambda gives the start a whole processor.
_dependencies = UploadsDependencies(
    process_upload=process_upload(),
    measure_reviews=measure_reviews(),
    upload_prefix=settings().upload_prefix,
    audit=audit_trail(),
    role=settings().role_arn,
    retry_policy=retry_policy(),
    queue=queue(settings().intake_queue_url),
    dead_letters=queue(settings().dead_letter_queue_url),
)
gc.freeze()  # what exists now stays: later collections need not look at it
gc.enable()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:  # noqa: ANN401  Lambda's context has no type
    """Handle one invocation: a batch of the intake queue, or one event of S3, SNS or EventBridge."""
    seconds = context.get_remaining_time_in_millis() / 1000
    return process(event, _dependencies, seconds=seconds, request_id=context.aws_request_id)

"""Uploads: every photograph that arrives in the bucket becomes one result on the queue."""

import gc

gc.disable()  # nothing that is imported or made here is garbage; looking for some is a tenth of a cold start

from typing import Any

from permit_ocr.adapters.snapshots import begin_anew_after_restore
from permit_ocr.bootstrap import (
    close_connections,
    dead_letters,
    failures,
    images,
    images_queue,
    intake,
    services,
)
from permit_ocr.entrypoints.uploads import UploadsApplication, process
from permit_ocr.rate_limit.dynamodb_rate_limiter import Priority
from permit_ocr.settings import settings

# Made when the environment starts, not with its first event: Lambda gives the start a whole processor, and SnapStart
# keeps what it made.
_application = UploadsApplication(
    services=services(Priority.UPLOADS),
    images=images(),
    upload_prefix=settings().upload_prefix,
    intake=intake(),
    images_queue=images_queue(),
    dead_letters=dead_letters(),
    failures=failures(),
    maximum_attempts=settings().maximum_attempts,
)
begin_anew_after_restore(close_connections)
gc.freeze()  # what is there now stays: later collections need not look at it
gc.enable()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:  # noqa: ANN401  Lambda's context has no type
    """Answer one invocation: a batch of the intake queue, or one event of S3, SNS or EventBridge."""
    return process(event, _application, seconds=context.get_remaining_time_in_millis() / 1000)

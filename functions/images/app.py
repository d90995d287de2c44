"""Images: converts uploads that are not provider-ready, such as HEIC photos and PDF scans."""

from typing import Any

from permit_ocr.bootstrap import audit_trail, convert_upload, queue
from permit_ocr.entrypoints.images import ImagesDependencies, process
from permit_ocr.observability import observed
from permit_ocr.settings import settings

# Built when the environment starts, not with its first event.
_dependencies = ImagesDependencies(
    convert=convert_upload(),
    queue=queue(settings().images_queue_url),
    upload_prefix=settings().upload_prefix,
    audit=audit_trail(),
    role=settings().role_arn,
)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401  Lambda's context has no type
    """Handle one invocation: a batch of the images queue."""
    seconds = context.get_remaining_time_in_millis() / 1000
    return process(event, _dependencies, seconds=seconds, request_id=context.aws_request_id)

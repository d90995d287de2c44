"""Images: uploads that are no plain images, such as HEIC photographs and PDF scans, become some."""

from typing import Any

from permit_ocr.bootstrap import base64_limit, images_queue, intake, pages
from permit_ocr.entrypoints.images import ImagesApplication, process
from permit_ocr.settings import settings

# Made when the environment starts, not with its first event.
_application = ImagesApplication(
    pages=pages(),
    queue=images_queue(),
    intake=intake(),
    upload_prefix=settings().upload_prefix,
    base64_limit=base64_limit(),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401  Lambda's context has no type
    """Answer one invocation: a batch of the images queue."""
    return process(event, _application, seconds=context.get_remaining_time_in_millis() / 1000)

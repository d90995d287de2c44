"""One invocation of the images function: a batch of uploads to be converted, one after the other.

Every upload decodes in a process of its own and needs most of the memory, so they do not run in parallel.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from permit_ocr.application.convert_upload import ConvertUpload
from permit_ocr.application.intake_messages import Upload, document_of
from permit_ocr.application.ports import AuditLine, AuditTrail
from permit_ocr.application.retry_policy import retry_delay
from permit_ocr.entrypoints.sqs_batch import Queue, Retried, SqsMessage, batch_response, log_failure, messages_in_batch
from permit_ocr.entrypoints.upload_events import messages_in_body
from permit_ocr.trace_context import continue_trace

_SECONDS_TO_FINISH: Final = 5.0
"""Reserved at the end of an invocation: to enqueue the pages and to respond to Lambda."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesDependencies:
    """What the images function uses."""

    convert: ConvertUpload
    queue: Queue
    upload_prefix: str
    audit: AuditTrail
    role: str


def process(
    event: Mapping[str, Any], dependencies: ImagesDependencies, *, seconds: float, request_id: str
) -> dict[str, Any]:
    """Convert every upload of a batch and return the partial batch response; ``seconds`` is the time that is left."""
    deadline = time.monotonic() + seconds - _SECONDS_TO_FINISH
    outcomes = [
        _process_message(message, dependencies, deadline=deadline, request_id=request_id)
        for message in messages_in_batch(event)
    ]
    return batch_response(outcomes, dependencies.queue, function="images")


def _process_message(
    message: SqsMessage, dependencies: ImagesDependencies, *, deadline: float, request_id: str
) -> Retried | None:
    """Convert the uploads of one message; return None if it is done."""
    continue_trace(message.traceparent)
    document_id = None
    try:
        for upload in messages_in_body(message.body):
            if isinstance(upload, Upload):
                document_id = document_of(upload, upload_prefix=dependencies.upload_prefix).id
                line = AuditLine(
                    caller=dependencies.role, action="convert_upload", request_id=request_id, document_id=document_id
                )
                dependencies.audit.record([line])
                dependencies.convert(upload, document_id, deadline=deadline)
    except Exception as error:  # noqa: BLE001  one upload must not hold up the others
        failure = log_failure(error, event="document_failed", document_id=document_id)
        # Receives are counted here, also those that found no time to start; ``maxReceiveCount`` ends the retries.
        delay = retry_delay(error, attempt=message.receives)
        return Retried(message=message, failure=failure, delay=delay, failures=message.receives)
    return None

"""One invocation of the images function: uploads that are no plain images become plain images, one for each page.

download ─▶ decode, in a process of its own ─▶ store each page ─▶ is the upload still there? ─▶ tell the intake queue

An upload that is gone is told too: whether it was deleted, or its result is that, only the intake queue's end knows.

The keys are the same at every try, and each page is read once, so a message that comes again does no harm.
"""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from permit_ocr.adapters.s3.images import document_of
from permit_ocr.adapters.s3.pages import S3Pages, StoredPage
from permit_ocr.adapters.sqs.queues import SqsImagesQueue, SqsIntakeQueue
from permit_ocr.application.intake_messages import Page, Upload
from permit_ocr.application.retry_policy import NotStarted, retry_delay
from permit_ocr.domain.errors import PermitOcrError, RejectDocument
from permit_ocr.entrypoints.upload_events import messages_in_body
from permit_ocr.images.conversion import DecodedPage, decode
from permit_ocr.images.rejections import DECODING_SECONDS
from permit_ocr.observability import log_event, log_unexpected_error

_SECONDS_TO_FINISH: Final = 5.0
"""Kept free at the end of an invocation: telling of the pages, and the answer to Lambda."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesApplication:
    """What the images function works with. Images are made to fit ``base64_limit`` bytes of Base64."""

    pages: S3Pages
    queue: SqsImagesQueue
    intake: SqsIntakeQueue
    upload_prefix: str
    base64_limit: int


@dataclass(frozen=True, slots=True)
class _Made:
    """What became of one page, and where its image was stored."""

    page: Page
    stored: StoredPage | None = None


def process(event: Mapping[str, Any], application: ImagesApplication, *, seconds: float) -> dict[str, Any]:
    """Decode every upload of a batch of messages; ``seconds`` is the time the invocation has left.

    Messages to be delivered again are returned, as partial batch responses want it.
    """
    deadline = time.monotonic() + seconds - _SECONDS_TO_FINISH
    waits: dict[str, float] = {}
    again = []
    for record in event["Records"]:
        if trouble := _trouble(record, application, deadline=deadline):
            receives = int(record["attributes"]["ApproximateReceiveCount"])
            waits[record["receiptHandle"]] = retry_delay(trouble, failures=receives)
            again.append(record["messageId"])
    application.queue.change_visibility(waits)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


def _trouble(record: Mapping[str, Any], application: ImagesApplication, *, deadline: float) -> Exception | None:
    """Do the work of one message; return why it is not done, if it is not."""
    document_id = None
    try:
        for work in messages_in_body(record["body"]):
            if isinstance(work, Upload):
                document_id = document_of(work, upload_prefix=application.upload_prefix).id
                _decode(work, document_id, application, deadline=deadline)
    except PermitOcrError as error:
        log_event("document_deferred", document_id=document_id, code=error.code)
        return error
    except Exception as error:  # noqa: BLE001  a fault of ours in one document
        log_unexpected_error(error, document_id=document_id)
        return error
    return None


def _decode(upload: Upload, document_id: str, application: ImagesApplication, *, deadline: float) -> None:
    """Make plain images of an upload, and work for the intake queue. Raises ``RetryableError``."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        made = _made(upload, document_id, Path(directory), application, deadline=deadline)
    if not application.pages.is_there(upload):  # its sender wants it gone, and whatever was made of it
        _erase(made, application)
        made = [_rejected(upload, "Document.Gone")]
    application.intake.enqueue_pages([one.page for one in made])
    milliseconds = round((time.monotonic() - began) * 1000)
    log_event("document_decoded", document_id=document_id, documents=len(made), milliseconds=milliseconds)


def _made(
    upload: Upload, document_id: str, directory: Path, application: ImagesApplication, *, deadline: float
) -> list[_Made]:
    """Return what was made of each page of an upload, or of all of it one rejection."""
    file = directory / "upload"
    try:
        metadata = application.pages.download(upload, file)
    except RejectDocument as error:
        return [_rejected(upload, error.code)]
    if time.monotonic() + DECODING_SECONDS > deadline:
        raise NotStarted
    made: list[_Made] = []
    for decoded in decode(file, directory, base64_limit=application.base64_limit):
        if decoded.image:
            stored = application.pages.store(decoded.image, metadata, document_id=document_id)
            decoded.image.unlink()  # there is not room for all of them
            made.append(_Made(_page(upload, decoded, image=stored.key), stored))
        elif decoded.number:
            made.append(_Made(_page(upload, decoded)))
        else:
            _erase(made, application)  # the whole file is rejected
            return [_Made(_page(upload, decoded))]
    return made


def _page(upload: Upload, decoded: DecodedPage, *, image: str | None = None) -> Page:
    return Page(upload=upload, number=decoded.number, pages=decoded.pages, image=image, rejection=decoded.rejection)


def _rejected(upload: Upload, code: str) -> _Made:
    return _Made(_page(upload, DecodedPage(rejection=code)))


def _erase(made: list[_Made], application: ImagesApplication) -> None:
    for one in made:
        if one.stored:
            application.pages.erase(one.stored)

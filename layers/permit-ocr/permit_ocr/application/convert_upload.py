"""Convert an upload into provider-ready images, one for each page.

download ─▶ decode, in a separate process ─▶ store each page ─▶ is the upload still there? ─▶ enqueue the pages

An upload that is gone is enqueued too, as a rejection: only the uploads function knows whether it was deleted.

The keys are the same on every attempt, and each page is recognised once, so a repeated message does no harm.
"""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from permit_ocr.application.intake_messages import Page, Upload
from permit_ocr.application.ports import StoredVersion
from permit_ocr.application.retry_policy import NotStarted
from permit_ocr.domain.errors import RejectDocument
from permit_ocr.images.conversion import DecodedPage, decode
from permit_ocr.images.rejections import DECODING_SECONDS
from permit_ocr.observability import log_event


class Pages(Protocol):
    """The upload bucket: files as they were sent, and provider-ready images of their pages."""

    def download(self, upload: Upload, file: Path) -> Mapping[str, str]:
        """Write an upload to ``file`` and return the metadata for its pages.

        Raises ``RejectDocument`` if it is too large or gone, and ``RetryableError``.
        """

    def store(self, image: Path, metadata: Mapping[str, str], *, document_id: str) -> StoredVersion:
        """Store a page's image; its name is the page's number. The key is the same on every attempt.

        Raises ``RetryableError``.
        """

    def is_there(self, upload: Upload) -> bool:
        """Tell whether an upload is still there. Raises ``RetryableError``."""

    def delete(self, image: StoredVersion) -> None:
        """Delete a page's image. Raises ``RetryableError``."""


class PagesQueue(Protocol):
    """The intake queue."""

    def enqueue_all(self, messages: Sequence[Page]) -> None:
        """Send messages. Raises ``RetryableError``; some of them may have been sent then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertUpload:
    """The use case. Images are made to fit ``base64_limit`` bytes of Base64."""

    pages: Pages
    queue: PagesQueue
    base64_limit: int

    def __call__(self, upload: Upload, document_id: str, *, deadline: float) -> None:
        """Store provider-ready images of an upload and enqueue its pages.

        ``deadline`` is on ``time.monotonic``'s clock. Raises ``RetryableError``.
        """
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as directory:
            pages, images = self._convert(upload, document_id, Path(directory), deadline=deadline)
        if not self.pages.is_there(upload):  # deleted meanwhile, so its pages must go too
            self._delete(images)
            pages = [_page(upload, DecodedPage(rejection="Document.Gone"))]
        self.queue.enqueue_all(pages)
        milliseconds = round((time.monotonic() - started) * 1000)
        log_event("document_converted", document_id=document_id, documents=len(pages), milliseconds=milliseconds)

    def _convert(
        self, upload: Upload, document_id: str, directory: Path, *, deadline: float
    ) -> tuple[list[Page], list[StoredVersion]]:
        """Return the pages and their images, or one rejection of the whole file."""
        file = directory / "upload"
        try:
            metadata = self.pages.download(upload, file)
        except RejectDocument as error:
            return [_page(upload, DecodedPage(rejection=error.code))], []
        if time.monotonic() + DECODING_SECONDS > deadline:
            raise NotStarted
        pages: list[Page] = []
        images: list[StoredVersion] = []
        for decoded in decode(file, directory, base64_limit=self.base64_limit):
            if decoded.image:
                images.append(self.pages.store(decoded.image, metadata, document_id=document_id))
                decoded.image.unlink()  # the disk has no room for all of them
                pages.append(_page(upload, decoded, key=images[-1].key))
            elif decoded.number:
                pages.append(_page(upload, decoded))
            else:
                self._delete(images)  # the whole file is rejected
                return [_page(upload, decoded)], []
        return pages, images

    def _delete(self, images: Sequence[StoredVersion]) -> None:
        for image in images:
            self.pages.delete(image)


def _page(upload: Upload, decoded: DecodedPage, *, key: str | None = None) -> Page:
    return Page(upload=upload, number=decoded.number, pages=decoded.pages, image=key, rejection=decoded.rejection)

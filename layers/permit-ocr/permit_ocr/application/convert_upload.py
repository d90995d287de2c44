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


@dataclass(frozen=True, slots=True)
class _ConvertedPage:
    page: Page
    image: StoredVersion | None = None


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
            converted = self._convert(upload, document_id, Path(directory), deadline=deadline)
        if not self.pages.is_there(upload):  # deleted meanwhile, so its pages must go too
            self._delete_images(converted)
            converted = [_rejected(upload, "Document.Gone")]
        self.queue.enqueue_all([one.page for one in converted])
        milliseconds = round((time.monotonic() - started) * 1000)
        log_event("document_converted", document_id=document_id, documents=len(converted), milliseconds=milliseconds)

    def _convert(self, upload: Upload, document_id: str, directory: Path, *, deadline: float) -> list[_ConvertedPage]:
        """Return the converted pages, or one rejection of the whole file."""
        file = directory / "upload"
        try:
            metadata = self.pages.download(upload, file)
        except RejectDocument as error:
            return [_rejected(upload, error.code)]
        if time.monotonic() + DECODING_SECONDS > deadline:
            raise NotStarted
        converted: list[_ConvertedPage] = []
        for decoded in decode(file, directory, base64_limit=self.base64_limit):
            if decoded.image:
                image = self.pages.store(decoded.image, metadata, document_id=document_id)
                decoded.image.unlink()  # the disk has no room for all of them
                converted.append(_ConvertedPage(_page(upload, decoded, key=image.key), image))
            elif decoded.number:
                converted.append(_ConvertedPage(_page(upload, decoded)))
            else:
                self._delete_images(converted)  # the whole file is rejected
                return [_ConvertedPage(_page(upload, decoded))]
        return converted

    def _delete_images(self, converted: Sequence[_ConvertedPage]) -> None:
        for one in converted:
            if one.image:
                self.pages.delete(one.image)


def _page(upload: Upload, decoded: DecodedPage, *, key: str | None = None) -> Page:
    return Page(upload=upload, number=decoded.number, pages=decoded.pages, image=key, rejection=decoded.rejection)


def _rejected(upload: Upload, code: str) -> _ConvertedPage:
    return _ConvertedPage(_page(upload, DecodedPage(rejection=code)))

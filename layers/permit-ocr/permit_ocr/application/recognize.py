"""Recognise one document: from its image to a published result.

published already, or deleted? ── yes ─▶ done
      │ no: record that it was started
refuse an image that the provider would refuse (nothing is paid)
      │
call one OCR action after the other until a response shows a card
(each response is stored before the next step, so that it is not paid for again)
      │
judge it as of today (responses are stored unjudged: a stored verdict would be out of date)
      │
publish (see ``publish``)
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from typing import Final

from permit_ocr.application.deletion.delete_document import EraseDocument
from permit_ocr.application.ports import (
    Lease,
    Ocr,
    OcrRequest,
    OcrResponse,
    Portraits,
    RecognitionStore,
    StoredRecognition,
    Submission,
)
from permit_ocr.application.publish import Publish
from permit_ocr.application.start_document import StartDocument
from permit_ocr.domain import identity
from permit_ocr.domain.card.answers import portrait_of, without_portrait
from permit_ocr.domain.errors import PermitOcrError, RejectDocument, RetryableError
from permit_ocr.domain.events import (
    Document,
    Provider,
    RecognizedEvent,
    RejectedEvent,
    recognized,
    recognized_event,
    rejected_event,
)
from permit_ocr.domain.judgement import has_key_field, judge_answer
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.images.formats import check_readable
from permit_ocr.images.metadata import without_metadata
from permit_ocr.tencent.actions import ACTIONS
from permit_ocr.tencent.error_table import look_up

_LEASE_MARGIN_SECONDS: Final = 15.0
"""How long a lease outlives the deadline: longer than Lambda lets a function run on after it."""
_NO_KEY_FIELD: Final = (
    "Document.NoKeyField",
    "Nothing that identifies a permit was read in the image.",
    "Check the document and side that were named, or send it as auto; else take another, sharp photo.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognize:
    """The use case."""

    ocr: Ocr
    recognitions: RecognitionStore
    start: StartDocument
    portraits: Portraits
    keep_image: Callable[[str, bytes], None]
    """Takes the id and the image of a document that is not in the bucket, but that a person has to look at."""
    publish: Publish
    erase: EraseDocument
    expiring_within_days: int
    event_source: str
    now: Callable[[], datetime]
    today: Callable[[], date]
    """The day in Shanghai, by which permits are valid."""

    def __call__(
        self, submission: Submission, *, deadline: float, before_call: Callable[[], None] = lambda: None
    ) -> str:
        """Return the published event of a document as JSON, after whatever steps are still missing: see ``Done``.

        ``deadline`` is on ``time.monotonic``'s clock; ``before_call`` is called right before each OCR call.

        Raises ``RetryableError`` or ``CircuitOpen``: nothing was published then, and no paid response is lost. A
        document that can never be recognised is published too, as a rejection. Raises ``Deleted`` for a deleted
        document, at the latest before its result is stored; nothing of it is left then.
        """
        submission = _with_content_hash(submission)
        requests = _ocr_requests(submission)
        with self.erase.erasing_if_deleted(submission.document, list(requests)):
            stored = self.start(submission.document, list(requests))
            if stored and stored.published:
                return stored.event
            try:
                if submission.content is not None:
                    check_readable(submission.content)
                call = partial(
                    self._call_once, document_id=submission.document.id, deadline=deadline, before_call=before_call
                )
                request, response, reused = _call_until_card(requests, call)
                event = self._judge(submission.document, request, response, reused=reused)
                return self.publish(event, keep_image=partial(self._keep_image, submission))
            except RejectDocument as error:  # also if the event is too large
                return self.publish(self._rejection(submission.document, submission.options, error))

    def reject(self, document: Document, error: RejectDocument) -> None:
        """Publish the rejection of a document that could not be fetched, unless that was done before.

        Raises ``RetryableError``, and ``Deleted`` for a deleted document; nothing of it is left then.
        """
        with self.erase.erasing_if_deleted(document):
            stored = self.start(document)
            if not (stored and stored.published):
                self.publish(self._rejection(document, RecognitionOptions(), error))

    def _call_once(
        self,
        recognition_id: str,
        request: OcrRequest,
        *,
        document_id: str,
        deadline: float,
        before_call: Callable[[], None],
    ) -> tuple[StoredRecognition, bool]:
        """Return the outcome of a request, and whether it was stored before; else call the provider and store it."""
        lease = self.recognitions.acquire_lease(
            recognition_id,
            request.kind,
            document_id=document_id,
            lease_seconds=deadline - time.monotonic() + _LEASE_MARGIN_SECONDS,
        )
        if not isinstance(lease, Lease):
            return lease, True
        before_call()
        outcome: StoredRecognition
        try:
            outcome = self._without_portrait(self.ocr.recognize(request, deadline=deadline), recognition_id)
        except PermitOcrError as error:
            # A rejection may differ next time: the image at a URL changes, and faults are fixed.
            may_differ = request.content is None or not look_up(error.code).permanent
            if may_differ or not isinstance(error, RejectDocument):
                with suppress(RetryableError):  # then it expires
                    self.recognitions.release_lease(lease)
                raise
            outcome = error
        self.recognitions.store_outcome(lease, outcome)
        return outcome, False

    def _keep_image(self, submission: Submission) -> None:
        if submission.content is not None and submission.document.key is None:
            self.keep_image(submission.document.id, submission.content)

    def _without_portrait(self, response: OcrResponse, recognition_id: str) -> OcrResponse:
        portrait = portrait_of(response.answer)
        key = self.portraits.store(portrait, recognition_id=recognition_id) if portrait else None
        return replace(response, answer=without_portrait(response.answer), portrait_key=key)

    def _judge(
        self, document: Document, request: OcrRequest, response: OcrResponse, *, reused: bool
    ) -> RecognizedEvent:
        judgement = judge_answer(
            response.answer,
            asked_side=request.side,
            as_of=self.today(),
            expiring_within_days=self.expiring_within_days,
            report=response.report,
            fallback=response.fallback,
        )
        provider = Provider(
            site=self.ocr.site,
            endpoint=response.endpoint,
            action=ACTIONS[request.kind].name,
            request_id=response.request_id,
            attempts=response.attempts,
            milliseconds=response.milliseconds,
            reused=reused,
            fallback=response.fallback,
        )
        data = recognized(document, judgement, provider, portrait_key=response.portrait_key)
        return recognized_event(data, source=self.event_source, time=self.now())

    def _rejection(self, document: Document, options: RecognitionOptions, error: RejectDocument) -> RejectedEvent:
        return rejected_event(
            document, error, kind=options.kind, side=options.side, source=self.event_source, time=self.now()
        )


def _call_until_card(
    requests: Mapping[str, OcrRequest], call: Callable[[str, OcrRequest], tuple[StoredRecognition, bool]]
) -> tuple[OcrRequest, OcrResponse, bool]:
    """Return the first request whose response shows a card, that response, and whether it was stored before.

    Raises the last ``RejectDocument`` if there is none.
    """
    rejection = RejectDocument(*_NO_KEY_FIELD)
    for recognition_id, request in requests.items():
        outcome, reused = call(recognition_id, request)
        if isinstance(outcome, OcrResponse):
            if has_key_field(outcome.answer):
                return request, outcome, reused
            rejection = RejectDocument(*_NO_KEY_FIELD)
        elif look_up(outcome.code).try_next_action:
            rejection = outcome
        else:
            raise outcome
    raise rejection


def kinds_and_sides(options: RecognitionOptions) -> tuple[tuple[Kind, Side | None], ...]:
    """Return the kinds and sides to request, in order.

    *auto* requests both sides of a travel permit, then a residence permit, whose response tells its side itself.
    """
    match options.kind:
        case Kind.RESIDENCE_PERMIT:
            return ((Kind.RESIDENCE_PERMIT, options.side),)
        case Kind.MAINLAND_PERMIT:
            return ((Kind.MAINLAND_PERMIT, options.side or Side.FRONT),)
        case None:
            sides = (options.side,) if options.side else (Side.FRONT, Side.BACK)
            return (*((Kind.MAINLAND_PERMIT, side) for side in sides), (Kind.RESIDENCE_PERMIT, options.side))


def _with_content_hash(submission: Submission) -> Submission:
    """Remove the image's metadata and add its hash to the document."""
    if submission.content is None:
        return submission
    content = without_metadata(submission.content)
    document = replace(submission.document, sha256=sha256(content).hexdigest())
    # A presigned URL has the file with its metadata, such as the place where the photo was taken.
    url = submission.url if content is submission.content else None
    return replace(submission, document=document, content=content, url=url)


def _ocr_requests(submission: Submission) -> dict[str, OcrRequest]:
    """Return the requests that may be made for a document, in order, by recognition id."""
    image = submission.document.sha256 or identity.without_signature(submission.url or "")
    portrait = submission.options.return_portrait
    return {
        identity.recognition_id(image=image, kind=kind, side=side, return_portrait=portrait): OcrRequest(
            kind=kind, side=side, return_portrait=portrait, content=submission.content, url=submission.url
        )
        for kind, side in kinds_and_sides(submission.options)
    }

"""One photograph in, one judged result on the queue: the whole job, step by step.

published already, or deleted? ── yes ─▶ done
      │ no: note that it is begun
refuse what cannot be read (nothing is paid)
      │
ask, one action after the other (each answer is kept before the next step, so that it is paid for once)
      │
judge today (the answer is kept raw: a verdict that waited would be stale)
      │
publish (see ``publish``)
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from typing import Final

from permit_ocr.application.delete_document import erase
from permit_ocr.application.ports import (
    Lease,
    OcrRequest,
    Services,
    StoredOutcome,
    StoredResponse,
    Submission,
)
from permit_ocr.application.publish import publish
from permit_ocr.domain.card.answers import portrait_of, without_portrait
from permit_ocr.domain.card.valid_date import today_in_shanghai
from permit_ocr.domain.errors import Deleted, PermitOcrError, RejectDocument, RetryableError
from permit_ocr.domain.events import (
    Document,
    Provider,
    RecognizedEvent,
    RejectedEvent,
    recognized,
    recognized_event,
    rejected_event,
)
from permit_ocr.domain.identity import recognition_id, without_signature
from permit_ocr.domain.judgement import has_key_field, judge_answer
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.images.formats import refuse_what_cannot_be_read
from permit_ocr.images.metadata import without_metadata
from permit_ocr.tencent.actions import ACTIONS
from permit_ocr.tencent.error_table import look_up

_LEASE_MARGIN_SECONDS: Final = 15.0
"""How long a claim outlives the deadline: longer than Lambda lets a function run on after it."""
_NO_KEY_FIELD: Final = (
    "Document.NoKeyField",
    "Nothing that identifies a permit was read in the image.",
    "Check the document and side that were named, or send it as auto; else take another, sharp photograph.",
)


def recognize(
    photograph: Submission, services: Services, *, deadline: float, before_call: Callable[[], None] = lambda: None
) -> str:
    """Return the published event of ``photograph`` as JSON, after doing whatever of the job is not done yet.

    ``deadline`` is on ``time.monotonic``'s clock; ``before_call`` is called right before each OCR call.

    Raises ``RetryableError`` or ``CircuitOpen``: nothing was published then, and nothing that was paid for is lost. A
    document that can never succeed is published too, as a rejection. Raises ``Deleted`` for a deleted document, at the
    latest before its result is stored; nothing of it is left then.
    """
    photograph = _identified(photograph)
    document, recognition_ids = photograph.document, _recognition_ids(photograph)
    try:
        if (kept := services.documents.begin(document, recognition_ids=recognition_ids)) and kept.published:
            return kept.event
        event = _read_and_judge(photograph, services, deadline=deadline, before_call=before_call)
        try:
            return publish(event, services)
        except RejectDocument as error:  # the event is too large
            return publish(_reject(photograph, error, services), services)
    except Deleted:
        erase(document, recognition_ids, services)
        raise


def reject_unread(document: Document, error: RejectDocument, services: Services) -> None:
    """Publish the rejection of a document that could not be fetched, unless that was done before.

    Raises ``RetryableError``, and ``Deleted`` for one that was deleted: nothing of it is left then.
    """
    recognition_of_nothing = Submission(document=document, options=RecognitionOptions())
    try:
        if (kept := services.documents.begin(document, recognition_ids=())) and kept.published:
            return
        publish(_reject(recognition_of_nothing, error, services), services)
    except Deleted:
        erase(document, (), services)
        raise


def _read_and_judge(
    photograph: Submission, services: Services, *, deadline: float, before_call: Callable[[], None]
) -> RecognizedEvent | RejectedEvent:
    try:
        if photograph.content is not None:
            refuse_what_cannot_be_read(photograph.content)
        question, kept, reused = _ask_in_turn(photograph, services, deadline=deadline, before_call=before_call)
        return _judge(photograph, question, kept, services, reused=reused)
    except RejectDocument as error:
        return _reject(photograph, error, services)


def _reject(photograph: Submission, error: RejectDocument, services: Services) -> RejectedEvent:
    return rejected_event(
        photograph.document,
        error,
        kind=photograph.options.kind,
        side=photograph.options.side,
        source=services.policy.event_source,
        time=services.now(),
    )


def ocr_requests_for(options: RecognitionOptions) -> tuple[tuple[Kind, Side | None], ...]:
    """Return what to ask, in order.

    *auto* asks for both sides of a travel permit, then for a residence permit, which tells its side itself.
    """
    match options.kind:
        case Kind.RESIDENCE_PERMIT:
            return ((Kind.RESIDENCE_PERMIT, options.side),)
        case Kind.MAINLAND_PERMIT:
            return ((Kind.MAINLAND_PERMIT, options.side or Side.FRONT),)
        case None:
            sides = (options.side,) if options.side else (Side.FRONT, Side.BACK)
            return (*((Kind.MAINLAND_PERMIT, side) for side in sides), (Kind.RESIDENCE_PERMIT, options.side))


def _identified(photograph: Submission) -> Submission:
    if photograph.content is None:
        return photograph
    if (cleaned := without_metadata(photograph.content)) is not photograph.content:
        # At our address there is the file as it came, with where it was taken.
        photograph = replace(photograph, content=cleaned, url=None)
    digest = sha256(cleaned).hexdigest()
    return replace(photograph, document=replace(photograph.document, sha256=digest))


def _recognition_id(photograph: Submission, kind: Kind, side: Side | None) -> str:
    image = photograph.document.sha256 or without_signature(photograph.url or "")
    return recognition_id(image=image, kind=kind, side=side, return_portrait=photograph.options.return_portrait)


def _recognition_ids(photograph: Submission) -> list[str]:
    """Return the ids of all readings that the photograph may come to."""
    return [_recognition_id(photograph, kind, side) for kind, side in ocr_requests_for(photograph.options)]


def _ask_in_turn(
    photograph: Submission, services: Services, *, deadline: float, before_call: Callable[[], None]
) -> tuple[OcrRequest, StoredResponse, bool]:
    """Return the question whose answer shows a card, that answer, and whether it was kept from before.

    Raises the last refusal if none does.
    """
    refusal = RejectDocument(*_NO_KEY_FIELD)
    for kind, side in ocr_requests_for(photograph.options):
        question = OcrRequest(
            kind=kind,
            side=side,
            return_portrait=photograph.options.return_portrait,
            content=photograph.content,
            url=photograph.url,
        )
        outcome, reused = _ask_once(photograph, question, services, deadline=deadline, before_call=before_call)
        if isinstance(outcome, StoredResponse):
            if has_key_field(outcome.reply.answer):
                return question, outcome, reused
            refusal = RejectDocument(*_NO_KEY_FIELD)
        elif look_up(outcome.code).try_next_action:
            refusal = outcome
        else:
            raise outcome
    raise refusal


def _ask_once(
    photograph: Submission,
    question: OcrRequest,
    services: Services,
    *,
    deadline: float,
    before_call: Callable[[], None],
) -> tuple[StoredOutcome, bool]:
    reading = _recognition_id(photograph, question.kind, question.side)
    claim = services.work.acquire_lease(
        reading,
        question.kind,
        document_id=photograph.document.id,
        lease_seconds=deadline - time.monotonic() + _LEASE_MARGIN_SECONDS,
    )
    if not isinstance(claim, Lease):
        return claim, True
    before_call()
    try:
        outcome = _pay_once(question, reading, services, deadline=deadline)
    except PermitOcrError:
        with suppress(RetryableError):  # the lease ends by itself
            services.work.release_lease(claim)
        raise
    services.work.store_outcome(claim, outcome)
    return outcome, False


def _pay_once(question: OcrRequest, reading: str, services: Services, *, deadline: float) -> StoredOutcome:
    try:
        reply = services.ocr.recognize(question, deadline=deadline)
    except RejectDocument as refusal:
        if question.content is None or not look_up(refusal.code).permanent:
            raise  # it may be another answer next time: what lies at an address changes, and faults are mended
        return refusal
    portrait = portrait_of(reply.answer)
    key = services.portraits.store(portrait, recognition_id=reading) if portrait else None
    return StoredResponse(reply=replace(reply, answer=without_portrait(reply.answer)), portrait_key=key)


def _judge(
    photograph: Submission, question: OcrRequest, kept: StoredResponse, services: Services, *, reused: bool
) -> RecognizedEvent:
    now = services.now()
    reply = kept.reply
    judgement = judge_answer(
        reply.answer,
        asked_side=question.side,
        as_of=today_in_shanghai(now),
        expiring_within_days=services.policy.expiring_within_days,
        confidences=reply.confidences,
        fallback=reply.fallback,
    )
    provider = Provider(
        site=services.ocr.site,
        endpoint=reply.endpoint,
        action=ACTIONS[question.kind].name,
        request_id=reply.request_id,
        attempts=reply.attempts,
        milliseconds=reply.milliseconds,
        reused=reused,
        fallback=reply.fallback,
    )
    data = recognized(photograph.document, judgement, provider, portrait_key=kept.portrait_key)
    return recognized_event(data, source=services.policy.event_source, time=now)

"""The messages on the results queue.

CloudEvents 1.0, and the only description of them (the JSON Schemas are generated from these classes).
"""

import json
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Literal

from permit_ocr.domain.card.answers import Answer, MainlandPermitAnswer, ResidencePermitAnswer
from permit_ocr.domain.card.normalized import NormalizedFields
from permit_ocr.domain.card.valid_date import Validity
from permit_ocr.domain.card_warnings import Authenticity, CardWarning
from permit_ocr.domain.checks import Check
from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.identity import pair_id
from permit_ocr.domain.judgement import Judgement
from permit_ocr.domain.pair import PairCheck, check_pair, decide_pair, validity_of_pair
from permit_ocr.domain.permits import Kind, PermitType, Side
from permit_ocr.domain.verdict import Verdict

MESSAGE_LIMIT: Final = 256 * 1024
"""Bytes of one SQS message that every consumer can take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What was handed in. An API request has neither bucket nor key."""

    id: str
    """Opaque id; the event's id and the queue's message group."""
    bucket: str | None = None
    """Bucket of the uploaded object."""
    key: str | None = None
    """Key of the uploaded object."""
    version: str | None = None
    """Version of the uploaded object, where the bucket keeps versions."""
    etag: str | None = None
    """ETag of the uploaded object."""
    sha256: str | None = None
    """SHA-256 of the image that was read, in hex: that of the file, unless it had metadata or had to be converted. Null
    where only its address was handed in."""
    case: str | None = None
    """What the sender calls the case that this side belongs to; opaque to us."""
    received: datetime | None = None
    """When it was handed in, where that is known: of two photographs of the same side in a case the newest counts."""
    page: int | None = None
    """Number of the page, from 1, in a file of pages (PDF, TIFF); null for an image."""
    pages: int | None = None
    """How many pages the file has; null for an image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who read the card, and at what price."""

    site: str
    """Site of the provider: ``intl`` or ``domestic``."""
    endpoint: str
    """Host that answered: another than the first where that has withdrawn the action."""
    action: str
    """Name of the OCR action that answered."""
    request_id: str
    """The provider's id of the answering request."""
    attempts: int
    """Calls made for this reading, the answering one included."""
    milliseconds: int
    """Time from the first call to the answer."""
    reused: bool = False
    """Whether an answer kept from an earlier reading of the same image was used; nothing was paid then."""
    fallback: bool = False
    """Whether another endpoint than the preferred one answered: a reason for a review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognized:
    """A card that was read and judged."""

    document: Document
    kind: Kind
    side: Side
    permit_type: PermitType | None
    """The document itself, where ``Type`` tells it."""
    fields: Answer
    """The provider's answer, every field named as its API page names it; the portrait is left out."""
    confidences: dict[str, float | None]
    """How sure each field of the answer is that was read, 0 to 1, one within another by ``outer.inner``; null where the
    endpoint that answered does not say, which is never the provider's own."""
    normalized: NormalizedFields
    validity: Validity
    checks: tuple[Check, ...]
    warnings: tuple[CardWarning, ...]
    authenticity: Authenticity
    verdict: Verdict
    reasons: tuple[str, ...]
    """Why the verdict is what it is."""
    portrait_key: str | None
    """Key of the portrait in the upload bucket, where it was asked for and found."""
    provider: Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why a document can never succeed as it is."""

    code: str
    """The provider's code, or one of ours beginning with ``Document.``."""
    meaning: str
    """What the code means."""
    advice: str
    """What the sender should do."""
    request_id: str | None
    """The provider's id of the refused request, where it was asked at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A document that failed for good."""

    document: Document
    kind: Kind | None
    """The kind the sender named; null for auto."""
    side: Side | None
    """The side the sender named, if any."""
    error: Rejection
    verdict: Literal["rejected"]
    reasons: tuple[str, ...]
    """The error's code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizedEvent:
    """``permit.recognized.v1``: a photograph was read and judged."""

    id: str
    """The document's id: the same on every retry."""
    source: str
    """The deployment that publishes."""
    time: datetime
    """When it was judged."""
    subject: str
    """The document's id."""
    data: Recognized
    specversion: Literal["1.0"] = "1.0"
    type: Literal["permit.recognized.v1"] = "permit.recognized.v1"
    datacontenttype: Literal["application/json"] = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedEvent:
    """``permit.rejected.v1``: a photograph can never be read as it is."""

    id: str
    """The document's id: the same on every retry."""
    source: str
    """The deployment that publishes."""
    time: datetime
    """When it was rejected."""
    subject: str
    """The document's id."""
    data: Rejected
    specversion: Literal["1.0"] = "1.0"
    type: Literal["permit.rejected.v1"] = "permit.rejected.v1"
    datacontenttype: Literal["application/json"] = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """Both sides of one card, judged together."""

    case: str
    """What the sender calls the case."""
    kind: Kind
    permit_type: PermitType | None
    """The document itself, where ``Type`` of a side tells it."""
    front: Recognized
    """The front's result, judged on the same day as the pair."""
    back: Recognized
    """The back's result, judged on the same day as the pair."""
    validity: Validity
    """By the side that carries the period."""
    checks: tuple[PairCheck, ...]
    """What the two sides say of each other."""
    verdict: Verdict
    """On the card as a whole: the worst of both sides', *review* at least if a check between them failed."""
    reasons: tuple[str, ...]
    """Those of both sides, and ``mismatch:<check>`` for each check between them that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedEvent:
    """``permit.completed.v1``: both sides of a card are in. A newer photograph of a side makes another event."""

    id: str
    """Made of the case and the ids of both documents: the same on every retry."""
    source: str
    """The deployment that publishes."""
    time: datetime
    """When the pair was judged."""
    subject: str
    """The case."""
    data: Completed
    specversion: Literal["1.0"] = "1.0"
    type: Literal["permit.completed.v1"] = "permit.completed.v1"
    datacontenttype: Literal["application/json"] = "application/json"


type ResultEvent = RecognizedEvent | RejectedEvent | CompletedEvent


def recognized(
    document: Document,
    answer: Answer,
    judgement: Judgement,
    provider: Provider,
    *,
    portrait_key: str | None,
    source: str,
    time: datetime,
) -> RecognizedEvent:
    """Return the event that says ``answer`` was read from ``document`` and judged."""
    data = recognized_data(document, answer, judgement, provider, portrait_key=portrait_key)
    return RecognizedEvent(id=document.id, source=source, time=time, subject=document.id, data=data)


def recognized_data(
    document: Document, answer: Answer, judgement: Judgement, provider: Provider, *, portrait_key: str | None
) -> Recognized:
    """Return what is said of one side, in its own event and in that of its pair."""
    return Recognized(
        document=document,
        kind=judgement.kind,
        side=judgement.side,
        permit_type=judgement.permit_type,
        fields=without_portrait(answer),
        confidences=judgement.confidences,
        normalized=judgement.normalized,
        validity=judgement.validity,
        checks=judgement.checks,
        warnings=judgement.warnings,
        authenticity=judgement.authenticity,
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        portrait_key=portrait_key,
        provider=provider,
    )


def rejected(
    document: Document, error: RejectDocument, *, kind: Kind | None, side: Side | None, source: str, time: datetime
) -> RejectedEvent:
    """Return the event that says ``document`` failed for good."""
    data = Rejected(
        document=document,
        kind=kind,
        side=side,
        error=Rejection(code=error.code, meaning=error.meaning, advice=error.advice, request_id=error.request_id),
        verdict="rejected",
        reasons=(error.code,),
    )
    return RejectedEvent(id=document.id, source=source, time=time, subject=document.id, data=data)


def completed(
    case: str, front: tuple[Recognized, Judgement], back: tuple[Recognized, Judgement], *, source: str, time: datetime
) -> CompletedEvent:
    """Return the event that says what front and back of a case come to together; each is given as it was judged."""
    (front_data, front_judgement), (back_data, back_judgement) = front, back
    checks = check_pair(front_judgement, back_judgement)
    verdict, reasons = decide_pair(front_judgement, back_judgement, checks)
    data = Completed(
        case=case,
        kind=front_data.kind,
        permit_type=front_data.permit_type or back_data.permit_type,
        front=front_data,
        back=back_data,
        validity=validity_of_pair(front_judgement, back_judgement),
        checks=checks,
        verdict=verdict,
        reasons=reasons,
    )
    event_id = pair_id(case=case, front=front_data.document.id, back=back_data.document.id)
    return CompletedEvent(id=event_id, source=source, time=time, subject=case, data=data)


def parse_document(payload: dict[str, Any]) -> Document:
    """Return the document in stored JSON. Fields that a later version of this code added are ignored."""
    known = _known_fields(Document, payload)
    if received := known.get("received"):
        known["received"] = datetime.fromisoformat(received)
    return Document(**known)


def parse_provider(payload: dict[str, Any]) -> Provider:
    """Return the provider in stored JSON. Fields that a later version of this code added are ignored."""
    return Provider(**_known_fields(Provider, payload))


def _known_fields(shape: type[Document | Provider], payload: dict[str, Any]) -> dict[str, Any]:
    return {field.name: payload[field.name] for field in fields(shape) if field.name in payload}


def without_portrait[AnswerT: Answer](answer: AnswerT) -> AnswerT:
    """Return ``answer`` without its portrait image."""
    if isinstance(answer, MainlandPermitAnswer):
        return replace(answer, Profile="")
    if answer.PortraitImageInfo:
        return replace(answer, PortraitImageInfo=replace(answer.PortraitImageInfo, PortraitImage=""))
    return answer


def portrait_of(answer: Answer) -> str:
    """Return the portrait of ``answer`` as Base64, empty if there is none."""
    if isinstance(answer, ResidencePermitAnswer):
        return answer.PortraitImageInfo.PortraitImage if answer.PortraitImageInfo else ""
    return answer.Profile


def to_json(event: ResultEvent) -> str:
    """Return ``event`` as one line of JSON, dates in ISO 8601.

    Raises ``RejectDocument`` if it would not fit an SQS message: only a provider gone wrong answers with that much
    text.
    """
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"), default=_in_json)
    if len(text.encode()) > MESSAGE_LIMIT:
        raise RejectDocument(
            "Document.AnswerTooLarge",
            f"The answer is larger than the {MESSAGE_LIMIT:,} bytes of a message.",
            "Take another photograph that shows the card alone.",
        )
    return text


def _in_json(value: object) -> object:
    if isinstance(value, date):  # a datetime is a date too
        return value.isoformat()
    if is_dataclass(value):  # one level at a time: ``asdict`` would copy all of it first
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")

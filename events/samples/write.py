"""Writes one complete sample of every event type, from specimen photos, judged as the application judges them.

Run by ``make schemas``; a contract test fails if a committed file differs.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256
from pathlib import Path
from typing import Any, Final

from permit_ocr.domain.card.notices import EXPIRED, Watch
from permit_ocr.domain.card.valid_date import start_of_day_in_shanghai, today_in_shanghai
from permit_ocr.domain.events import (
    EVENT_TYPES,
    CloudEvent,
    CompletedEvent,
    Document,
    ExpiredEvent,
    ExpiringEvent,
    Provider,
    Recognized,
    RecognizedEvent,
    RejectedEvent,
    ReviewedEvent,
    completed_event,
    recognized,
    recognized_event,
    rejected_event,
    reminder_event,
    reviewed_event,
    to_json,
    with_decision,
)
from permit_ocr.domain.identity import document_id_of_object, pair_id, review_id
from permit_ocr.domain.judgement import judge_answer
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.review.decision import Correction, Decision, DecisionReason, Review
from permit_ocr.domain.verdict import Verdict
from permit_ocr.images.metadata import without_metadata
from permit_ocr.images.rejections import rejection
from permit_ocr.tencent.actions import ACTIONS, SITE_ENDPOINT, Site
from permit_ocr.tencent.response_format import parse_answer

HERE: Final = Path(__file__).parent
SPECIMENS: Final = HERE.parent / "specimens"
_JUDGED: Final = datetime(2026, 11, 21, 4, 0, 1, tzinfo=UTC)
_UPLOADED: Final = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
_REVIEWED: Final = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
_REVIEWER: Final = "arn:aws:sts::111122223333:assumed-role/reviewers/desk-3"
_SOURCE: Final = "/permit-ocr/permit-ocr"
_BUCKET: Final = "permit-ocr-uploads-111122223333-ap-southeast-1"
_VERSION: Final = "3HL4kqtJvjVBH40Nrjfkd"
_TRACEPARENT: Final = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
_CASE: Final = "2026-0815"
_EXPIRING_WITHIN_DAYS: Final = 30
_NOTICE_DAYS: Final = 60
_SENT_AFTER_MIDNIGHT: Final = timedelta(minutes=10, seconds=5)
_SINGLE: Final = "hk-macao-permit-front-1.jpg"
_FRONT: Final = "residence-permit-front-1.jpg"
_BACK: Final = "residence-permit-back-1.jpg"


def documents() -> dict[str, str]:
    """Return every file's name and text."""
    return {
        f"{name}.json": _text(replace(_SAMPLES[event](), traceparent=_TRACEPARENT))
        for name, event in EVENT_TYPES.items()
    }


def _recognized() -> CloudEvent:
    return recognized_event(_read(_SINGLE), source=_SOURCE, time=_JUDGED)


def _rejected() -> CloudEvent:
    document = _document(_SINGLE, "auto", case=None)
    error = rejection("Document.TooSmall")
    return rejected_event(document, error, kind=None, side=None, source=_SOURCE, time=_JUDGED)


def _completed() -> CloudEvent:
    front, back = _read(_FRONT, case=_CASE), _read(_BACK, case=_CASE)
    event_id = pair_id(case=_CASE, front=front.document.id, back=back.document.id)
    return completed_event(_CASE, front, back, event_id=event_id, source=_SOURCE, time=_JUDGED)


def _reviewed() -> CloudEvent:
    """Return the event of a number of which one digit was misread."""
    read = _read(_SINGLE)
    review = Review(
        decision=Decision.ACCEPTED,
        reason=DecisionReason.CORRECTED,
        override=None,
        corrections=(
            Correction(field="Number", read=f"{read.normalized.number}"[:-1], corrected=f"{read.normalized.number}"),
        ),
        reviewer=_REVIEWER,
        verdict_before=Verdict.REVIEW,
        reasons_before=("check_failed:permit_number_format",),
        supersedes=None,
    )
    event_id = review_id(document_id=read.document.id, since=_JUDGED.timestamp(), supersedes=None)
    return reviewed_event(with_decision(read, review), event_id=event_id, source=_SOURCE, time=_REVIEWED)


def _expiring() -> CloudEvent:
    return _reminder(_NOTICE_DAYS)


def _expired() -> CloudEvent:
    return _reminder(EXPIRED)


def _reminder(notice: int) -> CloudEvent:
    """Return a reminder that is sent shortly after midnight in Shanghai."""
    card = _read(_SINGLE, case=_CASE)
    valid_until = card.validity.valid_until
    assert valid_until  # noqa: S101  a specimen's truth
    watch = Watch(
        document_id=card.document.id,
        case=_CASE,
        kind=card.kind,
        valid_until=valid_until,
        watched_on=today_in_shanghai(_JUDGED),
        sort_key="",
    )
    day = valid_until - timedelta(days=notice)
    sent = start_of_day_in_shanghai(day) + _SENT_AFTER_MIDNIGHT
    return reminder_event(watch, notice, today=day, source=_SOURCE, time=sent.astimezone(UTC))


_SAMPLES: Final[dict[type[CloudEvent], Callable[[], CloudEvent]]] = {
    RecognizedEvent: _recognized,
    RejectedEvent: _rejected,
    CompletedEvent: _completed,
    ReviewedEvent: _reviewed,
    ExpiringEvent: _expiring,
    ExpiredEvent: _expired,
}


def _read(file: str, *, case: str | None = None) -> Recognized:
    """Return the result for a specimen whose fields the provider read without an error."""
    truth = next(one for one in _truth() if one["file"] == file)
    action = ACTIONS[Kind(truth["kind"])]
    judgement = judge_answer(
        parse_answer(action, truth["answer"]),
        asked_side=Side(truth["side"]),
        as_of=today_in_shanghai(_JUDGED),
        expiring_within_days=_EXPIRING_WITHIN_DAYS,
    )
    provider = Provider(
        site=Site.INTL,
        endpoint=SITE_ENDPOINT[Site.INTL],
        action=action.name,
        request_id="3c140219-cfe9-470e-b241-907877d6fb03",
        attempts=1,
        milliseconds=640,
    )
    return recognized(_document(file, truth["document"], case=case), judgement, provider, portrait_key=None)


def _document(file: str, folder: str, *, case: str | None) -> Document:
    content = (SPECIMENS / file).read_bytes()
    key = f"uploads/{folder}/{f'case-{case}/' if case else ''}{file}"
    etag = md5(content, usedforsecurity=False).hexdigest()
    return Document(
        id=document_id_of_object(bucket=_BUCKET, key=key, version=_VERSION, etag=etag),
        bucket=_BUCKET,
        key=key,
        version=_VERSION,
        etag=etag,
        sha256=sha256(without_metadata(content)).hexdigest(),
        case=case,
        received=_UPLOADED,
    )


def _truth() -> list[dict[str, Any]]:
    specimens: list[dict[str, Any]] = json.loads((SPECIMENS / "truth.json").read_text())["specimens"]
    return specimens


def _text(event: CloudEvent) -> str:
    return json.dumps(json.loads(to_json(event)), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    for file, text in documents().items():
        (HERE / file).write_text(text)

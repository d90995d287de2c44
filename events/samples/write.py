"""Writes one whole sample of each message, of what the specimen photographs show, judged as the application judges it.

Run by ``make schemas``; a contract test fails when a committed file differs from what this writes.
"""

import json
from datetime import UTC, datetime
from hashlib import md5, sha256
from pathlib import Path
from typing import Any, Final

from permit_ocr.domain.card.answers import Answer
from permit_ocr.domain.card.valid_date import today_in_shanghai
from permit_ocr.domain.events import (
    Document,
    Provider,
    Recognized,
    ResultEvent,
    completed,
    recognized,
    recognized_data,
    rejected,
    to_json,
)
from permit_ocr.domain.identity import document_id_of_object
from permit_ocr.domain.judgement import Judgement, judge_answer
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.images.metadata import without_metadata
from permit_ocr.images.rejections import rejection
from permit_ocr.tencent.actions import ACTIONS, SITE_ENDPOINT, Site
from permit_ocr.tencent.response_format import parse_answer

HERE: Final = Path(__file__).parent
SPECIMENS: Final = HERE.parent / "specimens"
_JUDGED: Final = datetime(2026, 11, 21, 4, 0, 1, tzinfo=UTC)
_UPLOADED: Final = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
_SOURCE: Final = "/permit-ocr/permit-ocr"
_BUCKET: Final = "permit-ocr-uploads-111122223333-ap-southeast-1"
_VERSION: Final = "3HL4kqtJvjVBH40Nrjfkd"
_CASE: Final = "2026-0815"
_EXPIRING_WITHIN_DAYS: Final = 30
_SINGLE: Final = "hk-macao-permit-front-1.jpg"
_FRONT: Final = "residence-permit-front-1.jpg"
_BACK: Final = "residence-permit-back-1.jpg"


def documents() -> dict[str, str]:
    """Return every file's name and text."""
    events: tuple[ResultEvent, ...] = (_recognized(_SINGLE), _rejected(), _completed())
    return {f"{event.type}.json": _text(event) for event in events}


def _recognized(file: str) -> ResultEvent:
    document, answer, judgement, provider = _read(file)
    return recognized(document, answer, judgement, provider, portrait_key=None, source=_SOURCE, time=_JUDGED)


def _rejected() -> ResultEvent:
    document = _document(_SINGLE, "auto", case=None)
    error = rejection("Document.TooSmall")
    return rejected(document, error, kind=None, side=None, source=_SOURCE, time=_JUDGED)


def _completed() -> ResultEvent:
    return completed(_CASE, _side(_FRONT), _side(_BACK), source=_SOURCE, time=_JUDGED)


def _side(file: str) -> tuple[Recognized, Judgement]:
    document, answer, judgement, provider = _read(file, case=_CASE)
    return recognized_data(document, answer, judgement, provider, portrait_key=None), judgement


def _read(file: str, *, case: str | None = None) -> tuple[Document, Answer, Judgement, Provider]:
    """Return what the provider would answer about a specimen, and what the application makes of it."""
    truth = next(one for one in _truth() if one["file"] == file)
    action = ACTIONS[Kind(truth["kind"])]
    answer = parse_answer(action, truth["answer"])
    judgement = judge_answer(
        answer,
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
    return _document(file, truth["document"], case=case), answer, judgement, provider


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


def _text(event: ResultEvent) -> str:
    return json.dumps(json.loads(to_json(event)), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    for file, text in documents().items():
        (HERE / file).write_text(text)

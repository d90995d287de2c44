"""A document's result as it was published, and how it is judged again."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from permit_ocr.domain.card.answers import Answer
from permit_ocr.domain.events import (
    Document,
    Provider,
    Recognized,
    parse_document,
    parse_provider,
    recognized,
    with_decision,
)
from permit_ocr.domain.judgement import judge_answer
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.reader_report import ReaderReport
from permit_ocr.domain.review.decision import Review, judge_checked, parse_review
from permit_ocr.domain.verdict import Verdict
from permit_ocr.tencent.actions import ACTIONS
from permit_ocr.tencent.report_format import parse_report
from permit_ocr.tencent.response_format import parse_answer


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResult:
    """What ``permit.recognized.v1`` or ``permit.reviewed.v1`` says: what was read, and what was decided about it."""

    document: Document
    kind: Kind
    side: Side
    answer: Answer
    report: ReaderReport
    provider: Provider
    portrait_key: str | None
    verdict: Verdict
    reasons: tuple[str, ...]
    review: Review | None


def parse_result(data: dict[str, Any]) -> StoredResult:
    """Return the result in the JSON of its event's ``data``, or of a side of a pair."""
    kind = Kind(data["kind"])
    return StoredResult(
        document=parse_document(data["document"]),
        kind=kind,
        side=Side(data["side"]),
        answer=parse_answer(ACTIONS[kind], data["fields"]),
        report=parse_report(ACTIONS[kind], data),
        provider=parse_provider(data["provider"]),
        portrait_key=data["portrait_key"],
        verdict=Verdict(data["verdict"]),
        reasons=tuple(data["reasons"]),
        review=parse_review(data["review"]) if "review" in data else None,
    )


def judge_again(result: StoredResult, *, as_of: date, expiring_within_days: int) -> Recognized:
    """Judge a result as of the day ``as_of`` in Shanghai, with its reviewer's decision, if there is one."""
    if result.review:
        return with_decision(
            judge_corrected(result, as_of=as_of, expiring_within_days=expiring_within_days), result.review
        )
    judgement = judge_answer(
        result.answer,
        asked_side=result.side,
        as_of=as_of,
        expiring_within_days=expiring_within_days,
        report=result.report,
        fallback=result.provider.fallback,
    )
    return recognized(result.document, judgement, result.provider, portrait_key=result.portrait_key)


def judge_corrected(result: StoredResult, *, as_of: date, expiring_within_days: int) -> Recognized:
    """Judge a result whose fields a person has checked, without that person's decision."""
    judgement = judge_checked(
        result.answer,
        side=result.side,
        as_of=as_of,
        expiring_within_days=expiring_within_days,
        report=result.report,
    )
    return recognized(result.document, judgement, result.provider, portrait_key=result.portrait_key)


def with_fields(result: StoredResult, answer: Answer, corrected: frozenset[str]) -> StoredResult:
    """Return a result with other fields; nothing is known about the confidence in those that were ``corrected``."""
    confidences = {name: value for name, value in result.report.confidences.items() if name not in corrected}
    return replace(result, answer=answer, report=replace(result.report, confidences=confidences))

"""``permit.completed.v1``: both sides of a card were read and judged together."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from permit_ocr.domain.card.valid_date import Validity
from permit_ocr.domain.events.envelope import CloudEvent
from permit_ocr.domain.events.recognized import Recognized
from permit_ocr.domain.pair import PairCheck, check_pair, decide_pair, mismatches_of, validity_of_pair, verdict_in_pair
from permit_ocr.domain.permits import Kind, PermitType
from permit_ocr.domain.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """Both sides of one card, judged together."""

    case: str
    """The sender's name for the case."""
    kind: Kind
    permit_type: PermitType | None
    """The document type, if ``Type`` on either side gives it."""
    front: Recognized
    """The front's result, judged on the same day as the pair; not *accepted* if the sides do not match."""
    back: Recognized
    """The back's result, in the same way."""
    validity: Validity
    """From the side that carries the period of validity."""
    checks: tuple[PairCheck, ...]
    """The checks between the two sides."""
    verdict: Verdict
    """On the card as a whole: the worse of the two sides' verdicts, and at least *review* if a check between the sides
    failed."""
    reasons: tuple[str, ...]
    """Those of both sides, and ``mismatch:<check>`` for each check between the sides that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedEvent(CloudEvent):
    """``permit.completed.v1``: both sides of a card were read. A newer photo of a side produces another event."""

    data: Completed
    type: Literal["permit.completed.v1"] = "permit.completed.v1"


def completed_event(
    case: str,
    front: Recognized,
    back: Recognized,
    *,
    event_id: str,
    source: str,
    time: datetime,
    overridden: Collection[str] = (),
) -> CompletedEvent:
    """Return the event of a pair; both sides must be judged as of the same day.

    ``overridden`` are mismatches that a reviewer has overridden.
    """
    checks = check_pair(front, back)
    mismatches = mismatches_of(checks, overridden=overridden)
    verdict, reasons = decide_pair(front, back, mismatches)
    data = Completed(
        case=case,
        kind=front.kind,
        permit_type=front.permit_type or back.permit_type,
        front=_in_pair(front, mismatches, verdict),
        back=_in_pair(back, mismatches, verdict),
        validity=validity_of_pair(front, back),
        checks=checks,
        verdict=verdict,
        reasons=reasons,
    )
    return CompletedEvent(id=event_id, source=source, time=time, subject=case, data=data)


def _in_pair(side: Recognized, mismatches: tuple[str, ...], pair_verdict: Verdict) -> Recognized:
    verdict, reasons = verdict_in_pair(side, mismatches, pair_verdict)
    return replace(side, verdict=verdict, reasons=reasons)

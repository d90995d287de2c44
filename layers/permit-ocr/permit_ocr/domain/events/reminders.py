"""``permit.expiring.v1`` and ``permit.expired.v1``: reminders of a card that was read before."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Literal

from permit_ocr.domain.card.notices import EXPIRED, Watch
from permit_ocr.domain.events.envelope import CloudEvent
from permit_ocr.domain.identity import reminder_id
from permit_ocr.domain.permits import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """A card that has expired."""

    document_id: str
    """The document that showed the card. Its result is kept for ``KeepDays`` only."""
    case: str | None
    """The sender's name for the case, if the document has one."""
    kind: Kind
    """The card family."""
    valid_until: date
    """Last day of validity."""
    days_remaining: int
    """Days from ``as_of`` to ``valid_until``: negative once the card has expired, 0 on its last day."""
    as_of: date
    """The day the reminder was sent, in Shanghai's time zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring(Expired):
    """A card that expires soon."""

    notice_days: int
    """The notice in ``ExpiryNoticeDays`` that was due; days that were missed make ``days_remaining`` smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiringEvent(CloudEvent):
    """``permit.expiring.v1``: a card that was read before expires soon. Each notice produces one event."""

    data: Expiring
    type: Literal["permit.expiring.v1"] = "permit.expiring.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiredEvent(CloudEvent):
    """``permit.expired.v1``: a card that was read before has expired."""

    data: Expired
    type: Literal["permit.expired.v1"] = "permit.expired.v1"


def reminder_event(
    watch: Watch, notice: int, *, today: date, source: str, time: datetime
) -> ExpiringEvent | ExpiredEvent:
    """Return the reminder of a card; its id is the same however often the reminder is sent."""
    event_id = reminder_id(document=watch.document_id, valid_until=watch.valid_until, notice=notice)
    expired = Expired(
        document_id=watch.document_id,
        case=watch.case,
        kind=watch.kind,
        valid_until=watch.valid_until,
        days_remaining=(watch.valid_until - today).days,
        as_of=today,
    )
    if notice == EXPIRED:
        return ExpiredEvent(id=event_id, source=source, time=time, subject=watch.document_id, data=expired)
    expiring = Expiring(**asdict(expired), notice_days=notice)
    return ExpiringEvent(id=event_id, source=source, time=time, subject=watch.document_id, data=expiring)

"""Send the reminders that are due, continuing where the last invocation stopped.

all days up to today done? ── yes ─▶ nothing to do: one read
      │ no
take the lease ── somebody has it ─▶ nothing to do
      │
for each day that is not done, the earliest first, and each last day of validity of which a reminder is due on it:
    read a page of cards ─▶ send their reminders to each queue, and store which has got them ─▶ store the position

An invocation that is killed has sent reminders of at most one page whose position is not stored. The next one takes the
lease within four minutes and sends that page again, with the same ids, which the queue then drops. Only one page is in
memory, however many cards are due.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import uuid4

from permit_ocr.application.reminders.ports import Progress, ReminderProgress, ReminderPublisher, WatchedCards
from permit_ocr.domain.card.notices import Watch, last_days_due, notice_due
from permit_ocr.domain.errors import InProgress, RetryableError
from permit_ocr.domain.events import reminder_event, to_json
from permit_ocr.trace_context import current_traceparent

PAGE: Final = 100
"""Cards that one read returns: as many as DynamoDB returns by key at once."""
_FIRST_CATCH_UP_DAYS: Final = 30
"""How far back the first invocation looks, in case that the schedule was broken from the beginning."""
LEASE_MARGIN_SECONDS: Final = 20
"""How long after its deadline an invocation may still be sending a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What an invocation did, and the first day that is not done."""

    reminders: int
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReminders:
    """The use case. ``notices`` are those of ``ExpiryNoticeDays``."""

    cards: WatchedCards
    progress: ReminderProgress
    publisher: ReminderPublisher
    notices: Sequence[int]
    event_source: str
    now: Callable[[], datetime]

    def __call__(self, *, today: date, deadline: float) -> Sent:
        """Send what is due up to ``today`` in Shanghai, until ``deadline`` on ``time.monotonic``'s clock.

        Raises ``RetryableError``.
        """
        first = Progress(day=today - timedelta(days=_FIRST_CATCH_UP_DAYS))
        progress = self.progress.get()
        if progress and progress.day > today:
            return Sent(reminders=0, day=progress.day)
        owner = uuid4().hex
        try:
            stored = self.progress.acquire_lease(owner, seconds=deadline - time.monotonic() + LEASE_MARGIN_SECONDS)
        except InProgress:
            return Sent(reminders=0, day=(progress or first).day)
        try:
            return self._send(stored or first, owner, today=today, deadline=deadline)
        finally:
            with suppress(RetryableError):  # then it expires
                self.progress.release_lease(owner)

    def _send(self, progress: Progress, owner: str, *, today: date, deadline: float) -> Sent:
        reminders = 0
        while progress.day <= today and time.monotonic() < deadline:
            last_day = self._last_day(progress)
            if last_day is None:
                progress = Progress(day=progress.day + timedelta(days=1))
                continue
            is_continued = last_day == progress.valid_until
            progress = replace(
                progress,
                valid_until=last_day,
                position=progress.position if is_continued else None,
                queues=progress.queues if is_continued else 0,
            )
            page = self.cards.with_last_day(last_day, after=progress.position, limit=PAGE)
            events = self._events(page.watches, day=progress.day, today=today)
            if not self._publish(events, progress, owner):
                break
            reminders += len(events)
            following = page.following
            progress = Progress(
                day=progress.day,
                valid_until=last_day if following else last_day + timedelta(days=1),
                position=following,
            )
            # What nothing was sent of need not be stored now: reading it again does no harm.
            if events and not self.progress.store(owner, progress):
                break
        else:
            self.progress.store(owner, progress)
        return Sent(reminders=reminders, day=progress.day)

    def _events(self, watches: Sequence[Watch], *, day: date, today: date) -> list[tuple[str, str]]:
        """Return the events that are due of a page, each with its id first."""
        events = [
            reminder_event(watch, notice, today=today, source=self.event_source, time=self.now())
            for watch in watches
            if (notice := notice_due(watch, self.notices, day=day, today=today)) is not None
        ]
        traceparent = current_traceparent()
        return [(event.id, to_json(replace(event, traceparent=traceparent))) for event in events]

    def _publish(self, events: Sequence[tuple[str, str]], progress: Progress, owner: str) -> bool:
        """Send a page to the queues that have not got it yet. Return whether the lease is still held.

        A queue that fails is tried again by the next invocation, and those before it do not get the page once more.
        """
        for queue in range(progress.queues, self.publisher.queues if events else 0):
            if queue > progress.queues and not self.progress.store(owner, replace(progress, queues=queue)):
                return False
            self.publisher.publish_all(events, queue=queue)
        return True

    def _last_day(self, progress: Progress) -> date | None:
        """Return the last day of validity to go on with, None if the day is done.

        ``ExpiryNoticeDays`` may have been changed since the progress was stored.
        """
        due = last_days_due(progress.day, self.notices)
        return next((one for one in due if progress.valid_until is None or one >= progress.valid_until), None)

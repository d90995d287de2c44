"""One invocation of the expiry function: sends the reminders that are due, as many as its time allows."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from permit_ocr.application.reminders.send_reminders import SendReminders
from permit_ocr.domain.card.valid_date import start_of_day_in_shanghai
from permit_ocr.domain.errors import RetryableError
from permit_ocr.metrics import record_metric
from permit_ocr.observability import log_event

SECONDS_TO_FINISH: Final = 15.0
"""Reserved at the end of an invocation, for the page that is being sent."""
DAY_BEGINS: Final = timedelta(minutes=10)
"""How long after midnight the reminders of a day begin. By then a card that was read on the day before is stored, and
is in the index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryDependencies:
    """What the expiry function uses."""

    send_reminders: SendReminders
    today: Callable[[], date]
    now: Callable[[], datetime]


def process(dependencies: ExpiryDependencies, *, seconds: float) -> None:
    """Send reminders for up to ``seconds``. What is left is for the next invocation, also after an error."""
    started, today = time.monotonic(), dependencies.today()
    try:
        sent = dependencies.send_reminders(today=today, deadline=started + seconds - SECONDS_TO_FINISH)
    except RetryableError as error:
        log_event("reminders_failed", code=error.code)
        return
    late = (dependencies.now() - start_of_day_in_shanghai(sent.day)).total_seconds() if sent.day <= today else 0
    record_metric("RemindersLateSeconds", late)
    if sent.reminders:
        record_metric("RemindersSent", sent.reminders)
        milliseconds = round((time.monotonic() - started) * 1000)
        log_event("reminders_sent", messages=sent.reminders, milliseconds=milliseconds)

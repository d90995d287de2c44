"""Expiry: sends the reminders of cards that expire."""

from functools import partial
from typing import Any

from permit_ocr.bootstrap import now, send_reminders, today
from permit_ocr.entrypoints.expiry import DAY_BEGINS, ExpiryDependencies, process
from permit_ocr.observability import observed

# Built when the environment starts, not with its first event.
_dependencies = ExpiryDependencies(
    send_reminders=send_reminders(), today=partial(today, after_midnight=DAY_BEGINS), now=now
)


@observed
def handler(event: dict[str, Any], context: Any) -> None:  # noqa: ANN401, ARG001  Lambda's signature
    """Handle one invocation by the schedule."""
    process(_dependencies, seconds=context.get_remaining_time_in_millis() / 1000)

"""Invokes functions by their schedules, as EventBridge Scheduler does.

A schedule also runs when the sandbox starts, and as soon as the sandbox's date is changed, so that nobody has to wait
for the reminders of that day.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sandbox.errors import SandboxError
from sandbox.lambda_runtime.invocation import Invoke
from sandbox.template.deployed_stack import Schedule

_CRON: Final = re.compile(r"cron\((\S+) (\S+) \* \* \? \*\)")
_FIELD: Final = re.compile(r"\*|(\d+)(?:/(\d+)|-(\d+))?")
_CHECK_SECONDS: Final = 0.5


class ScheduleRunner:
    """Runs one schedule; ``today_file`` has the sandbox's date."""

    def __init__(self, schedule: Schedule, invoke: Invoke, *, today_file: Path, report: Callable[[str], None]) -> None:
        """Check the schedule. Raises ``SandboxError`` if the sandbox cannot run it."""
        is_due_at(schedule, datetime.now(UTC))
        self._schedule = schedule
        self._invoke = invoke
        self._today_file = today_file
        self._report = report

    async def run(self) -> None:
        """Invoke the function until cancelled."""
        while True:
            result = await self._invoke({"source": "aws.scheduler", "detail-type": "Scheduled Event"})
            if result.function_error:
                self._report(f"{self._schedule.function_name} failed: see its log")
            await self._until_due()

    async def _until_due(self) -> None:
        minute, today = _minute(), self._today()

        def is_due() -> bool:
            return _minute() != minute and is_due_at(self._schedule, datetime.now(UTC))

        while self._today() == today and not is_due():  # noqa: ASYNC110  a clock and a file have no event
            await asyncio.sleep(_CHECK_SECONDS)

    def _today(self) -> str:
        return self._today_file.read_text(encoding="utf-8") if self._today_file.exists() else ""


def is_due_at(schedule: Schedule, time: datetime) -> bool:
    """Return whether a schedule is due in the minute of ``time``. Raises ``SandboxError`` for an unknown form."""
    match = _CRON.fullmatch(schedule.expression)
    if match is None:
        raise SandboxError(f"{schedule.logical_id}: the sandbox runs only cron(MINUTES HOURS * * ? *)")
    local = time.astimezone(ZoneInfo(schedule.timezone))
    return _matches(match[1], local.minute, schedule) and _matches(match[2], local.hour, schedule)


def _matches(field: str, value: int, schedule: Schedule) -> bool:
    match = _FIELD.fullmatch(field)
    if match is None:
        raise SandboxError(f"{schedule.logical_id}: the sandbox cannot read {field} in its schedule")
    if field == "*":
        return True
    first, step, last = (int(part) if part else None for part in match.groups())
    assert first is not None  # noqa: S101  the pattern's
    if step:
        return value >= first and (value - first) % step == 0
    return first <= value <= (first if last is None else last)


def _minute() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)

"""Schedules: when they are due, and that the sandbox runs them at its start and when its date changes."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.lambda_runtime.invocation import InvocationResult, Json
from sandbox.lambda_runtime.schedules import ScheduleRunner, is_due_at
from sandbox.template.deployed_stack import Schedule
from tests.unit.virtual_time import VirtualTime


def schedule(expression: str, timezone: str = "UTC") -> Schedule:
    return Schedule(logical_id="Schedule", function_name="expiry", expression=expression, timezone=timezone)


@pytest.mark.parametrize(
    ("expression", "timezone", "due", "not_due"),
    [
        ("cron(0/2 * * * ? *)", "UTC", ["00:00", "13:58"], ["00:01"]),
        ("cron(5/10 * * * ? *)", "UTC", ["00:05", "00:15"], ["00:00", "00:10"]),
        ("cron(10 0 * * ? *)", "Asia/Shanghai", ["16:10"], ["00:10", "16:11"]),
        ("cron(30 1-3 * * ? *)", "UTC", ["01:30", "03:30"], ["00:30", "04:30"]),
    ],
)
def test_a_schedule_is_due_in_its_minutes(expression: str, timezone: str, due: list[str], not_due: list[str]) -> None:
    for text in (*due, *not_due):
        time = datetime.fromisoformat(f"2027-03-01T{text}:30+00:00")
        assert is_due_at(schedule(expression, timezone), time) is (text in due), text


@pytest.mark.parametrize("expression", ["rate(2 minutes)", "cron(0 0 1 * ? *)", "cron(0,30 * * * ? *)", ""])
def test_other_schedules_are_refused(expression: str) -> None:
    with pytest.raises(SandboxError, match="Schedule: the sandbox"):
        is_due_at(schedule(expression), datetime.now(UTC))


def test_a_schedule_runs_at_the_start_and_when_the_date_changes(tmp_path: Path) -> None:
    events: list[Json] = []

    async def invoke(event: Json) -> InvocationResult:
        events.append(event)
        return InvocationResult(payload=b"null", function_error=len(events) > 1)

    reports: list[str] = []
    today_file = tmp_path / "today"
    never = schedule(f"cron({(datetime.now(UTC).minute + 30) % 60} * * * ? *)")
    runner = ScheduleRunner(never, invoke, today_file=today_file, report=reports.append)

    async def change_the_date() -> None:
        task = asyncio.create_task(runner.run())
        await asyncio.sleep(5)
        assert len(events) == 1
        today_file.write_text("2027-03-01")
        await asyncio.sleep(5)
        task.cancel()

    asyncio.run(change_the_date(), loop_factory=VirtualTime)
    assert len(events) == 2
    assert reports == ["expiry failed: see its log"]

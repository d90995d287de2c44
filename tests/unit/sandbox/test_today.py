"""The sandbox's date: a text that is no date is reported, and stops nothing."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from permit_ocr import bootstrap
from permit_ocr.domain.card.valid_date import today_in_shanghai
from permit_ocr.settings import Settings
from sandbox.today import watch_date
from tests.unit.test_bootstrap import ENVIRONMENT
from tests.unit.virtual_time import VirtualTime


def test_each_text_that_is_no_date_is_reported_once(tmp_path: Path) -> None:
    today_file = tmp_path / "today"
    reports: list[str] = []

    async def change_the_date() -> None:
        task = asyncio.create_task(watch_date(today_file, reports.append))
        for text in (b"2036-01-03\n", b"3 January", b"", b"\xff", b"2036-01-04"):
            today_file.write_bytes(text)
            await asyncio.sleep(5)
        today_file.unlink()
        await asyncio.sleep(5)
        task.cancel()

    asyncio.run(change_the_date(), loop_factory=VirtualTime)
    assert reports == [f"{today_file}: must be a date such as 2036-01-31; until then the real one applies"] * 3


@pytest.mark.parametrize("text", [b"", b"3 January", b"2036-02-30", b"\xff"])
def test_a_function_has_the_real_date_if_the_file_has_none(
    text: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "today").write_bytes(b"2036-01-03\n")
    here = Settings.from_environment(ENVIRONMENT | {"TODAY_FILE": str(tmp_path / "today")})
    monkeypatch.setattr(bootstrap, "settings", lambda: here)
    monkeypatch.setattr(bootstrap, "now", lambda: datetime(2026, 11, 30, tzinfo=UTC))
    assert bootstrap.today() == date(2036, 1, 3)
    (tmp_path / "today").write_bytes(text)
    assert bootstrap.today() == today_in_shanghai(bootstrap.now()) == date(2026, 11, 30)

"""Draws the template's dashboard from a run of the sandbox: some minutes of work with an outage in it.

One document in ten needs a review, and nobody decides. Reminders of all cards become due when the outage begins.

.venv/bin/python -m bench.alarms.dashboard docs/dashboard.svg
"""

import json
import random
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from bench.alarms.troubles import FAST, request_recognition, unreadable_message
from bench.environment.fake_provider import LAST_DAY
from bench.environment.running_sandbox import RunningSandbox, running_sandbox
from sandbox.cloudwatch.dashboard import draw
from sandbox.cloudwatch.recorder import DEFINITIONS_FILE, RecordedMetrics

_MINUTES: Final = 5
_SHARE_OF_UNREADABLE_FILES: Final = 0.3
_NOTICE_DAYS: Final = 30
_DUE: Final = LAST_DAY - timedelta(days=_NOTICE_DAYS)
_PARAMETERS: Final = (
    *("MainlandPermitRate=9", "ResidencePermitRate=9", "PricePer1000Calls=20"),
    *(f"ExpiryNoticeDays={_NOTICE_DAYS}", "ReviewHoursAlarm=1"),
)


def main() -> int:
    """Write the SVG to the file that the command line names."""
    with running_sandbox(
        *(*FAST, "--fault=InternalError=0.03"),
        parameters=_PARAMETERS,
        today=_DUE - timedelta(days=1),
        doubtful_every=10,
    ) as sandbox:
        began = time.time()
        work(sandbox, until=began + _MINUTES * 60)
        state = Path(sandbox.endpoints["logs"]).parent
        (dashboard,) = json.loads((state / DEFINITIONS_FILE).read_text())["dashboards"]
        logs = [line for log in (state / "logs").glob("*.log") for line in log.read_text().splitlines()]
        metrics = RecordedMetrics(state).refresh()
        Path(sys.argv[1]).write_text(draw(dashboard, metrics, logs, start=began, end=time.time()), encoding="utf-8")
    return 0


def work(sandbox: RunningSandbox, *, until: float) -> None:
    """Upload photos and unreadable files, call the API and measure; stop the provider for a minute in the middle."""
    stop, start = until - _MINUTES * 36, until - _MINUTES * 24
    unreadable_message(sandbox)
    while (now := time.time()) < until:
        if stop < now < start and sandbox.provider.process:
            sandbox.provider.stop()
            Path(sandbox.endpoints["today_file"]).write_text(_DUE.isoformat(), encoding="utf-8")
        elif now > start and not sandbox.provider.process:
            sandbox.provider.start(*FAST)
        sandbox.upload(random.randint(1, 12), prefix=f"uploads/mainland-permit/{time.time_ns()}-")
        if random.random() < _SHARE_OF_UNREADABLE_FILES:
            key = f"uploads/{time.time_ns()}.jpg"
            sandbox.s3.put_object(Bucket=sandbox.endpoints["upload_bucket"], Key=key, Body=b"no photo")
        request_recognition(sandbox)
        measure_reviews(sandbox)
        sandbox.receive_results()
        time.sleep(1)


def measure_reviews(sandbox: RunningSandbox) -> None:
    """Have the age of the oldest review measured, as the schedule does four times an hour."""
    body = json.dumps({"measure_reviews": {}})
    sandbox.sqs.send_message(QueueUrl=sandbox.endpoints["intake_queue_url"], MessageBody=body)


if __name__ == "__main__":
    sys.exit(main())

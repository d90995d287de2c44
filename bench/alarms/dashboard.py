"""Draws the template's dashboard from a run of the sandbox: some minutes of work with an outage in it.

.venv/bin/python -m bench.alarms.dashboard docs/dashboard.svg
"""

import json
import random
import sys
import time
from pathlib import Path
from typing import Final

from bench.alarms.troubles import FAST, request_recognition, unreadable_message
from bench.environment.running_sandbox import RunningSandbox, running_sandbox
from sandbox.cloudwatch.dashboard import draw
from sandbox.cloudwatch.recorder import DEFINITIONS_FILE, RecordedMetrics

_MINUTES: Final = 5
_SHARE_OF_UNREADABLE_FILES: Final = 0.3
_PARAMETERS: Final = ("MainlandPermitRate=9", "ResidencePermitRate=9", "PricePer1000Calls=20")


def main() -> int:
    """Write the SVG to the file that the command line names."""
    with running_sandbox(*FAST, "--fault=InternalError=0.03", parameters=_PARAMETERS) as sandbox:
        began = time.time()
        work(sandbox, until=began + _MINUTES * 60)
        state = Path(sandbox.endpoints["logs"]).parent
        (dashboard,) = json.loads((state / DEFINITIONS_FILE).read_text())["dashboards"]
        logs = [line for log in (state / "logs").glob("*.log") for line in log.read_text().splitlines()]
        metrics = RecordedMetrics(state).refresh()
        Path(sys.argv[1]).write_text(draw(dashboard, metrics, logs, start=began, end=time.time()), encoding="utf-8")
    return 0


def work(sandbox: RunningSandbox, *, until: float) -> None:
    """Upload photos and unreadable files and call the API; stop the provider for a minute in the middle."""
    stop, start = until - _MINUTES * 36, until - _MINUTES * 24
    unreadable_message(sandbox)
    while (now := time.time()) < until:
        if stop < now < start and sandbox.provider.process:
            sandbox.provider.stop()
        elif now > start and not sandbox.provider.process:
            sandbox.provider.start(*FAST)
        sandbox.upload(random.randint(1, 12), prefix=f"uploads/mainland-permit/{time.time_ns()}-")
        if random.random() < _SHARE_OF_UNREADABLE_FILES:
            key = f"uploads/{time.time_ns()}.jpg"
            sandbox.s3.put_object(Bucket=sandbox.endpoints["upload_bucket"], Key=key, Body=b"no photo")
        request_recognition(sandbox)
        sandbox.receive_results()
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())

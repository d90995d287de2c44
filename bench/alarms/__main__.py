"""Measures how long each alarm takes after its trouble began, in real time, and prints the table of docs/operations.md.

    .venv/bin/python -m bench.alarms

It takes a quarter of an hour, of which next to nothing is processor time: several sandboxes run at a time. The time
that metrics take to arrive in CloudWatch is not in it: allow another minute.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from bench.alarms.groups import GROUPS, Group, sandbox_of
from bench.environment.running_sandbox import RunningSandbox
from sandbox.cloudwatch.alarms import read_alarms
from sandbox.cloudwatch.recorder import DEFINITIONS_FILE, RecordedMetrics

TIMEOUT_SECONDS: Final = 840.0
SANDBOXES: Final = 4


def main() -> int:
    """Print the table; return 1 if an alarm did not fire."""
    print("| trouble | alarm | minutes |\n|---|---|---|")
    silent = 0
    with ThreadPoolExecutor(SANDBOXES) as sandboxes:
        for measured in sandboxes.map(_measure_in_sandbox, GROUPS):
            for description, alarm, minutes in measured:
                silent += minutes is None
                print(f"| {description} | `{alarm}` | {'none' if minutes is None else f'{minutes:.1f}'} |", flush=True)
    return int(silent > 0)


def _measure_in_sandbox(group: Group) -> list[tuple[str, str, float | None]]:
    with sandbox_of(group) as sandbox:
        return measure(group, sandbox)


def measure(group: Group, sandbox: RunningSandbox) -> list[tuple[str, str, float | None]]:
    """Cause every trouble of a group; return the minutes until each of its alarms fired, None if it did not."""
    began: dict[tuple[str, str], float] = {}
    for trouble in group.troubles:
        began |= {(trouble.description, alarm): time.time() for alarm in trouble.alarms}
        trouble.cause(sandbox)
    deadline = time.time() + TIMEOUT_SECONDS
    fired: dict[tuple[str, str], float] = {}
    while time.time() < deadline and fired.keys() != began.keys():
        time.sleep(60 - time.time() % 60 + 1)
        fired = {key: at for key in began if (at := alarmed_at(sandbox, key[1], since=began[key]))}
    return [(*key, (fired[key] - start) / 60 if key in fired else None) for key, start in began.items()]


def alarmed_at(sandbox: RunningSandbox, name: str, *, since: float) -> float | None:
    """Return when an alarm went to ALARM, evaluated on what the sandbox has recorded."""
    state = Path(sandbox.endpoints["logs"]).parent
    definitions = json.loads((state / DEFINITIONS_FILE).read_text())
    metrics = RecordedMetrics(state).refresh()
    (alarm,) = (one for one in read_alarms(definitions["alarms"]) if one.name == name)
    changes = alarm.changes(metrics, start=since, end=time.time())
    return next((at for at, now in changes if now == "ALARM"), None)


if __name__ == "__main__":
    sys.exit(main())

"""A trouble sets off its alarms in the sandbox. Messages need not wait: they are made visible at once.

``python -m bench.alarms`` causes all troubles, in real time.
"""

import json
import time
from pathlib import Path

import pytest

from bench.alarms.groups import GROUPS, Group, sandbox_of
from bench.environment.running_sandbox import RunningSandbox
from sandbox.cloudwatch.alarms import read_alarms
from sandbox.cloudwatch.recorder import DEFINITIONS_FILE, RecordedMetrics

SECONDS = 240.0  # only a guard


def firing(sandbox: RunningSandbox, *, since: float) -> set[str]:
    """Return the alarms that fire by the end of this minute."""
    state = Path(sandbox.endpoints["logs"]).parent
    metrics = RecordedMetrics(state).refresh()
    alarms = read_alarms(json.loads((state / DEFINITIONS_FILE).read_text())["alarms"])
    end = time.time() + 60
    return {
        alarm.name for alarm in alarms if "ALARM" in {now for _, now in alarm.changes(metrics, start=since, end=end)}
    }


@pytest.mark.parametrize(
    "group", [group for group in GROUPS if group.is_tested], ids=lambda group: group.troubles[0].description
)
def test_a_trouble_sets_off_its_alarms(group: Group) -> None:
    expected = {alarm for trouble in group.troubles for alarm in trouble.alarms}
    with sandbox_of(group) as sandbox:
        began = time.time()
        assert firing(sandbox, since=began) == set()
        for trouble in group.troubles:
            trouble.cause(sandbox)
        deadline = began + SECONDS
        while not expected <= firing(sandbox, since=began) and time.time() < deadline:
            time.sleep(2)
            sandbox.make_messages_visible()
        assert firing(sandbox, since=began) >= expected

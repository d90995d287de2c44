"""docs/operations.md: an entry for every alarm, and queries that find what the functions log."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from permit_ocr.observability import LogEvent
from sandbox.template.transform import read_template
from tests.contract.template.deployed_template import TEMPLATE, alarms_in

PAGE = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
ENTRIES = {
    name: entry
    for names, entry in re.findall(r"^### (.+)\n\n((?:.+\n)+)", PAGE, re.MULTILINE)
    for name in names.split(", ")
}
ALARMS = {
    name: resource["Properties"]
    for name, resource in read_template(TEMPLATE)["Resources"].items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}
LASTING = [name for name, alarm in ALARMS.items() if alarm.get("DatapointsToAlarm", 99) < alarm["EvaluationPeriods"]]
"""They stay in ALARM until the last period that breached has left their window."""
PARTS = ("Meaning", "Check", "Do", "Over")


def test_every_alarm_has_its_entry(transformed: dict[str, Any]) -> None:
    assert set(ENTRIES) == set(alarms_in(transformed))


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_says_what_it_means_and_what_to_do(name: str) -> None:
    assert re.findall(r"^- \*\*(\w+)\*\*: ", ENTRIES[name], re.MULTILINE) == list(PARTS)


def test_entries_are_checked_for_every_alarm_that_lasts(transformed: dict[str, Any]) -> None:
    alarms = alarms_in(transformed).items()
    assert {name for name, alarm in alarms if alarm.datapoints_to_alarm < alarm.evaluation_periods} == set(LASTING)


@pytest.mark.parametrize("name", LASTING)
def test_an_entry_says_when_the_alarm_ends_as_the_template_does(name: str, transformed: dict[str, Any]) -> None:
    minutes = alarms_in(transformed)[name].window_seconds // 60
    words = {10: "[Tt]en minutes", 15: "15 minutes", 60: "An hour", 65: "65 minutes"}
    assert re.search(words[minutes], ENTRIES[name].partition("**Over**")[2])


def test_queries_name_events_that_are_logged() -> None:
    queries = re.findall(r"```insights\n(.*?)```", PAGE, re.DOTALL)
    assert queries
    for query in queries:
        for named in re.findall(r'message (?:= |in \[)("[^\]\n]+?")(?:\]|\n| )', query):
            for event in re.findall(r'"(\w+)"', named):
                assert event in get_args(LogEvent.__value__), event

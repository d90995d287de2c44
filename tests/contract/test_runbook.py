"""docs/operations.md: an entry for every alarm, and queries that find what the functions log."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from permit_ocr.observability import LogEvent
from tests.contract.deployed_template import alarms_in

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
ENTRIES = {
    name: entry
    for names, entry in re.findall(r"^### (.+)\n\n((?:.+\n)+)", PAGE, re.MULTILINE)
    for name in names.split(", ")
}
PARTS = ("Meaning", "Check", "Do", "Over")


def test_every_alarm_has_its_entry(transformed: dict[str, Any]) -> None:
    assert set(ENTRIES) == set(alarms_in(transformed))


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_says_what_it_means_and_what_to_do(name: str) -> None:
    assert re.findall(r"^- \*\*(\w+)\*\*: ", ENTRIES[name], re.MULTILINE) == list(PARTS)


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_says_when_the_alarm_ends_as_the_template_does(name: str, transformed: dict[str, Any]) -> None:
    alarm = alarms_in(transformed)[name]
    minutes = alarm.window_seconds // 60
    if alarm.datapoints_to_alarm < alarm.evaluation_periods:
        words = {10: "[Tt]en minutes", 15: "15 minutes", 60: "An hour", 65: "65 minutes"}
        assert re.search(words[minutes], ENTRIES[name].partition("**Over**")[2])


def test_queries_name_events_that_are_logged() -> None:
    queries = re.findall(r"```insights\n(.*?)```", PAGE, re.DOTALL)
    assert queries
    for query in queries:
        for named in re.findall(r'message (?:= |in \[)("[^\]\n]+?")(?:\]|\n| )', query):
            for event in re.findall(r'"(\w+)"', named):
                assert event in get_args(LogEvent.__value__), event

"""The model of a day of reminders: limits that hold whatever the assumptions are."""

from bench.cost import prices
from bench.reminders.model import EVERY_SECONDS, INVOCATION_SECONDS, Day, dollars_of_watching
from permit_ocr.entrypoints.expiry import SECONDS_TO_FINISH
from sandbox.template.transform import read_template
from tests.contract.template.deployed_template import TEMPLATE


def test_the_model_has_the_templates_schedule_and_timeout() -> None:
    function = read_template(TEMPLATE)["Resources"]["ExpiryFunction"]["Properties"]
    assert function["Timeout"] - SECONDS_TO_FINISH == INVOCATION_SECONDS
    assert (
        function["Events"]["Schedule"]["Properties"]["ScheduleExpression"] == f"cron(0/{EVERY_SECONDS // 60} * * * ? *)"
    )


def test_a_million_cards_are_reminded_of_before_the_alarm() -> None:
    alarm = read_template(TEMPLATE)["Resources"]["RemindersLateAlarm"]["Properties"]
    assert Day(cards=1_000_000).minutes * 60 < alarm["Threshold"]


def test_what_is_sent_costs_at_least_its_messages_and_reads() -> None:
    million = Day(cards=1_000_000)
    assert million.dollars > 100_000 * prices.SQS_FIFO_REQUEST + 1_000_000 * prices.DYNAMODB_READ_UNIT
    assert Day(cards=1_000_000, webhooks=True).dollars - million.dollars > 0
    assert dollars_of_watching(1_000_000) > 1_000_000 * prices.DYNAMODB_WRITE_UNIT


def test_the_next_invocation_is_waited_for_only_after_a_full_one() -> None:
    assert Day(cards=1).minutes < 0.1
    assert Day(cards=200_000).minutes > Day(cards=100_000).minutes > INVOCATION_SECONDS / 60

"""What a deployment costs: the page shows what the command computes, from the calls that a document makes."""

import re

import pytest

from bench.cost.__main__ import COMMAND, PAGE, figures
from bench.cost.bill import DOCUMENTS, RECORDED, for_an_idle_month, for_documents
from bench.markdown import END


def test_the_page_shows_what_the_command_computes() -> None:
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"<!-- figures: written by {COMMAND} -->")
    assert rest.partition(END)[0].strip() == figures().strip(), f"run {COMMAND}"


@pytest.mark.parametrize(
    ("call", "item", "quantity"),
    [
        ("S3 GET", "S3, reads", DOCUMENTS),
        ("SQS SendMessage", "SQS, results queue", DOCUMENTS),
        ("DynamoDB UpdateItem limiter#", "DynamoDB, writes", 1.2 * DOCUMENTS),
        ("DynamoDB UpdateItem document#", "DynamoDB, writes", 4 * DOCUMENTS),
    ],
)
def test_one_more_recorded_call_costs_more(call: str, item: str, quantity: float) -> None:
    def quantity_of(calls: tuple[str, ...]) -> float:
        (one,) = (one for one in for_documents(calls) if one.name == item)
        return one.quantity

    assert quantity_of((*RECORDED, call)) - quantity_of(RECORDED) == pytest.approx(quantity)


def test_every_recorded_call_to_aws_is_in_the_bill() -> None:
    """A new kind of call must be priced, too."""
    priced = re.compile(r"S3 GET|DynamoDB UpdateItem |SQS SendMessage$|Logs PutLogEvents|OCR ")
    assert [call for call in RECORDED if not priced.match(call)] == []


def test_an_idle_month_counts_alarms_polls_and_the_secret() -> None:
    quantities = {item.name: item.quantity for item in for_an_idle_month()}
    assert quantities.keys() >= {"CloudWatch, alarms", "SQS, empty polls", "Secrets Manager"}
    assert all(quantities.values())
    assert 2 < sum(item.dollars for item in for_an_idle_month()) < 10

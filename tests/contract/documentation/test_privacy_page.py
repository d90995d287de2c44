"""The page for a privacy review names every store of the template, its retention and the functions that read it."""

import re
from pathlib import Path
from typing import Any

import pytest

from permit_ocr.adapters.dynamodb.watched_cards import KEEP_DAYS_AFTER_EXPIRY
from tests.contract.template.deployed_template import Resources, listed, role_statements

PAGE = (Path(__file__).parents[3] / "docs" / "privacy.md").read_text(encoding="utf-8")
STORES = {"AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::Logs::LogGroup"}
READS = {
    *("s3:GetObject", "s3:GetObjectVersion", "sqs:ReceiveMessage"),
    *("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"),
}
DAY = 86_400


def rows() -> dict[str, list[str]]:
    """Return the cells of each row whose first cell names a resource."""
    lines = [[cell.strip() for cell in line.strip("| \n").split(" | ")] for line in PAGE.splitlines()]
    return {match[1]: cells for cells in lines if (match := re.match(r"`(\w+)`", cells[0]))}


def parameter_days(name: str, source: dict[str, Any]) -> str:
    default = source["Parameters"][name]["Default"]
    return f"`{name}` ({default} days)"


def retention(resource: dict[str, Any], source: dict[str, Any]) -> str:
    """Return how long a store keeps data, as the page has it."""
    properties = resource["Properties"]
    match resource["Type"]:
        case "AWS::S3::Bucket":
            days = [rule.get("ExpirationInDays") for rule in properties["LifecycleConfiguration"]["Rules"]]
            (name,) = (one["Ref"] for one in days if isinstance(one, dict))
            return parameter_days(name, source)
        case "AWS::SQS::Queue":
            seconds = properties["MessageRetentionPeriod"]
            if isinstance(seconds, dict):
                return parameter_days(seconds["Fn::FindInMap"][1]["Ref"], source)
            return f"{seconds // DAY} days"
        case "AWS::DynamoDB::Table" if "by_last_day" in str(properties):  # watched cards
            return f"until {KEEP_DAYS_AFTER_EXPIRY} days after the card's last day of validity"
        case "AWS::DynamoDB::Table":
            return parameter_days("KeepDays", source) if "TimeToLiveSpecification" in properties else "as the stack"
    return parameter_days(properties["RetentionInDays"]["Ref"], source)


def readers(name: str, resources: Resources) -> set[str]:
    """Return the functions whose role may read a store."""
    roles = {key: role for key, role in resources.items() if role["Type"] == "AWS::IAM::Role"}
    return {
        key.removesuffix("Role")
        for key, role in roles.items()
        for statement in role_statements(role)
        if statement["Effect"] == "Allow" and READS.intersection(listed(statement["Action"]))
        if re.search(rf"\b{name}\b", str(statement["Resource"]))
    }


def test_the_page_names_every_store(resources: Resources) -> None:
    stores = {name for name, resource in resources.items() if resource["Type"] in STORES}
    assert rows().keys() == stores


@pytest.mark.parametrize("name", rows())
def test_a_store_keeps_data_as_long_as_the_page_says(name: str, resources: Resources, source: dict[str, Any]) -> None:
    assert rows()[name][2].startswith(retention(resources[name], source))


@pytest.mark.parametrize("name", rows())
def test_a_store_is_read_by_the_functions_that_the_page_names(name: str, resources: Resources) -> None:
    named = set(re.findall(r"\b(Uploads|Images|Api|Webhooks|Console|Expiry)\b", rows()[name][3]))
    assert named == readers(name, resources)

"""Counts of the failures of messages."""

from typing import TYPE_CHECKING

import pytest

from permit_ocr.adapters.dynamodb.failure_counts import DynamoDbFailureCounts
from permit_ocr.domain.errors import RetryableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def test_each_message_has_its_own_count_that_expires(dynamodb: "DynamoDBClient") -> None:
    failures = DynamoDbFailureCounts(dynamodb, table="work", clock=lambda: 1_000_000.0)
    assert [failures.count("a"), failures.count("a"), failures.count("b"), failures.count("a")] == [1, 2, 1, 3]
    item = dynamodb.get_item(TableName="work", Key={"id": {"S": "failures#a"}})["Item"]
    assert item["expires_at"] == {"N": str(1_000_000 + 14 * 86_400)}
    assert item.keys() == {"id", "failures", "expires_at"}


def test_an_unavailable_table_is_retried_later(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(RetryableError, match=r"DynamoDB\.ResourceNotFoundException"):
        DynamoDbFailureCounts(dynamodb, table="absent").count("a")

"""A clock that a test moves, and the documents by it."""

from typing import TYPE_CHECKING

import pytest

from permit_ocr.adapters.dynamodb.documents import DynamoDbDocuments
from tests.unit.fakes.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def documents(dynamodb: "DynamoDBClient", clock: Clock) -> DynamoDbDocuments:
    return DynamoDbDocuments(dynamodb, table="work", keep_days=1, clock=clock)
